"""The wallet: what it has and signed, what waits for the person, and addresses that are only looked at."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.actions.group import Requests
from app.chain import wallet_looking as looking
from app.chain.meaning import network_text, worth_text
from app.chain.rates import rate_text
from app.chain.signing import deadline_of
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.wallet_results import (
    AccountView,
    AskRow,
    HistoryRow,
    Movements,
    WalletAsks,
    WalletChanged,
    WalletView,
)
from p2p.networks import has_real_value
from p2p.wallet_wire import meaning_from_map
from storage.wallet_asks import WalletAsk

HISTORY = 100  # transactions that are shown


async def wallet(node: Node, index: int = 0) -> WalletView:
    """Everything at a glance; what the chain does not tell just now is left out, and why is said.

    Errors: CommandFailed("locked"), WorkerFailed("wallet-account"), VaultError.
    """
    vault = node.vault.vault
    chain = await node.blocking(vault.chains.used)
    address = str((await node.ask_wallet("wallet_account", index=index))["address"])
    seen = await looking.sight(node, chain)
    found, problem = await looking.balances(node, seen, address) if chain else ((), "")
    policy = await looking.policy(node)
    delegates = tuple(looking.delegate_row(one, policy, seen, _now(node)) for one in policy.delegates)
    waiting = await node.blocking(vault.wallet_asks.count)
    rate = await node.blocking(rate_text, vault, node.language)
    if chain is None:
        return WalletView(
            "", "", None, "", False, False, "", "", index, address, (), (), None, None, delegates, waiting, rate
        )
    network = policy.network(chain.chain_id)
    return WalletView(
        chain.name,
        chain.kind,
        chain.chain_id,
        network_text(chain.chain_id, node.language),
        has_real_value(chain.chain_id),
        network.on,
        worth_text(chain.chain_id, node.language),
        problem,
        index,
        address,
        found,
        looking.limits_rows(policy, network, seen),
        seen.money(network.fee, ""),
        seen.money(policy.fees_today(chain.chain_id), ""),
        delegates,
        waiting,
        rate,
    )


async def wallet_history(node: Node, limit: int = HISTORY) -> tuple[HistoryRow, ...]:
    """What was signed and sent, on every chain, newest first; told from the vault, without the chain."""
    vault = node.vault.vault
    rows = await node.blocking(vault.transactions.latest, limit)
    chains = {(row.chain_id, row.genesis): row for row in await node.blocking(vault.chains.list)}
    seen = {key: await looking.sight(node, chains.get(key)) for key in {(row.chain_id, row.genesis) for row in rows}}
    return tuple(looking.history_row(row, seen[row.chain_id, row.genesis]) for row in rows)


async def wallet_pending(node: Node) -> tuple[AskRow, ...]:
    """What waits for the person, oldest first."""
    asks = await node.blocking(node.vault.vault.wallet_asks.waiting)
    return tuple([await _ask_row(node, one) for one in asks])


async def decide_wallet_ask(node: Node, name: str, agreed: bool) -> AskRow:
    """`name`: the digest of what was shown, or its beginning.  Errors: VaultError `unknown-wallet-ask`,
    `ambiguous-wallet-ask`, `wallet-ask-used`."""
    vault = node.vault.vault
    found = await node.blocking(vault.wallet_asks.get, name)
    decided = await node.blocking(vault.wallet_asks.decide, found.digest, agreed)
    waiting = await node.blocking(vault.wallet_asks.count)
    node.listener(WalletAsks(decided.digest, waiting, decided.task))
    node.swarm.settling.nudge()  # a job that waited for it goes on
    if node.swarm.running:
        node.swarm.negotiating.rechecking.nudge()
    return await _ask_row(node, decided)


async def wallet_account(node: Node, index: int) -> AccountView:
    """One of the sixteen accounts.  Errors: WorkerFailed("wallet-account")."""
    chain = await node.blocking(node.vault.vault.chains.used)
    address = str((await node.ask_wallet("wallet_account", index=index))["address"])
    return await looking.account(node, await looking.sight(node, chain), address)


async def watch_address(node: Node, address: str, name: str = "") -> AccountView:
    """Look at an address whose key is elsewhere.  Errors: VaultError `wallet-address`, `too-many-watched`."""
    row = await node.blocking(node.vault.vault.watched.add, address, name)
    node.listener(WalletChanged())
    return await _watched(node, row.address)


async def unwatch_address(node: Node, address: str) -> None:
    """Errors: VaultError `wallet-address`, `unknown-watched`."""
    await node.blocking(node.vault.vault.watched.remove, await _address(node, address))
    node.listener(WalletChanged())


async def watching(node: Node) -> tuple[AccountView, ...]:
    """In the order they were added."""
    rows = await node.blocking(node.vault.vault.watched.list)
    return tuple([await _watched(node, row.address) for row in rows])


async def movements(node: Node, address: str = "") -> Movements:
    """Payments of the chain's token from and to an address: a watched one, by name too, any other, or "" for one's own.

    Errors: CommandFailed("chain-none" | "airplane"), ChainError, VaultError `wallet-address`.
    """
    at = await node.chains.connected()
    own = str((await node.ask_wallet("wallet_account", index=0))["address"])
    found = await _address(node, address) if address else own
    token = at.contracts.get("token", "")
    if not token:
        raise CommandFailed("wallet-no-token")
    first, logs, times = await node.chains.ask(looking.transfers, at, token, found)
    seen = await looking.sight(node, await node.blocking(node.vault.vault.chains.used))
    rows = tuple(looking.movement(log, times, found, seen) for log in logs)
    return Movements(found, seen.names.addresses.get(found, ""), first, rows)


async def _watched(node: Node, address: str) -> AccountView:
    chain = await node.blocking(node.vault.vault.chains.used)
    return await looking.account(node, await looking.sight(node, chain), address)


async def _ask_row(node: Node, one: WalletAsk) -> AskRow:
    """With the names of the chain that it is for: the one in use, or the first that has its id."""
    chains = node.vault.vault.chains
    known = [await node.blocking(chains.used), *await node.blocking(chains.list)]
    wanted = dict(meaning_from_map(one.meaning).values).get("chain", "")
    chain = next((row for row in known if row is not None and str(row.chain_id) == wanted), None)
    deadline = await node.blocking(deadline_of, node.vault.vault, one.task)
    return looking.ask_row(one, await looking.sight(node, chain), _now(node), deadline)


async def _address(node: Node, given: str) -> str:
    """An address, or the name of one that is looked at."""
    rows = await node.blocking(node.vault.vault.watched.list)
    named = [row.address for row in rows if row.name and row.name.casefold() == given.strip().casefold()]
    return named[0] if len(named) == 1 else given.strip().lower()


def _now(node: Node) -> float:
    return node.surroundings.now()


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await wallet(node, args.get("index", 0)))


async def _history(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"history": [asdict(row) for row in await wallet_history(node, args.get("limit", HISTORY))]}


async def _movements(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await movements(node, args.get("address", "")))


async def _pending(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"pending": [asdict(row) for row in await wallet_pending(node)]}


async def _decide(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await decide_wallet_ask(node, args["digest"], args["agreed"]))


async def _account(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await wallet_account(node, args["index"]))


async def _watch(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await watch_address(node, args["address"], args.get("name", "")))


async def _unwatch(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await unwatch_address(node, args["address"])
    return {"unwatched": args["address"]}


async def _watching(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"watching": [asdict(row) for row in await watching(node)]}


REQUESTS: Requests = {
    "wallet": (_show, True),
    "wallet-history": (_history, True),
    "wallet-movements": (_movements, True),
    "wallet-pending": (_pending, True),
    "wallet-decide": (_decide, True),
    "wallet-account": (_account, True),
    "wallet-watch": (_watch, True),
    "wallet-unwatch": (_unwatch, True),
    "wallet-watching": (_watching, True),
}
