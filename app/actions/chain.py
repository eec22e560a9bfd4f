"""The chains that this node knows: which one is in use and how it stands, what an account holds; more, and fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import trio

from app.actions.group import Requests
from app.chain import adding, joining, looking
from app.chain.hosting import MOST_KEPT, SETTING
from app.chain.rehearsal import NAME
from app.chain_results import Balance, ChainChanged, ChainRowView, ChainStatus, ChainUsed, Hosting
from app.node import Node
from app.reports import Report, quiet, throttled
from app.results import CommandFailed, Progress, as_json
from app.workers import WorkerFailed
from p2p.networks import has_real_value, network_name
from p2p.wallet_requests import address as plain_address
from storage.chains import ChainRow

NOBODY = "none"  # the name that means: no chain


async def chain_status(node: Node) -> ChainStatus:
    """How the chain in use stands, as far as it can be seen."""
    return await looking.status(node)


async def chains(node: Node) -> tuple[ChainRowView, ...]:
    store = node.vault.vault.chains
    used = await node.blocking(store.used)
    return tuple(looking.row_view(row, used) for row in await node.blocking(store.list))


async def balance(node: Node, address: str = "") -> Balance:
    """What an account of the chain in use holds; the wallet's own where none is named.

    Errors: ChainError, CommandFailed, WalletRefused("wallet-address").
    """
    return await looking.balance(node, plain_address(address) if address else "")


async def use_chain(node: Node, name: str, proof: str = "", anyway: bool = False, report: Report = quiet) -> ChainUsed:
    """From now on this one; "none" for none; "rehearsal" makes the chain in the process where there is none yet.

    `proof`: the passphrase or the recovery phrase, which a network with real value takes before the wallet learns of
    its contracts; without it the answer asks for it, and nothing has changed.  `anyway`: though something goes on at
    the one in use.  Errors: VaultError `unknown-chain`, CommandFailed("chain-pending"), WorkerFailed("wrong-secret").
    """
    store = node.vault.vault.chains
    if not anyway:
        await _nothing_pending(node, name)
    if name == NOBODY:
        await node.blocking(store.use, "")
        await _changed(node)
        return ChainUsed("", "", "", False, False)
    row = await _begun(node, report) if name == NAME else await node.blocking(store.get, name)
    real = has_real_value(row.chain_id)
    try:
        await node.chains.signing.introduce(row.chain_id, row.contracts, proof)
    except WorkerFailed as failed:
        if failed.code != "wallet-secret":
            raise
        return ChainUsed(row.name, row.kind, network_name(row.chain_id), real, False, proof=True)
    await node.blocking(store.use, row.name)
    await _changed(node)
    return ChainUsed(row.name, row.kind, network_name(row.chain_id), real, await node.chains.signing.on(row.chain_id))


async def add_chain(node: Node, wanted: adding.Wanted) -> ChainRowView:
    """Ask the endpoints which chain it is, and keep that: from now on only this one is believed.

    Errors: CommandFailed("airplane" | "chain-name" | "chain-url" | …), ChainError, VaultError `chain-known`.
    """
    row = await adding.added(node, wanted)
    node.listener(ChainChanged())
    return looking.row_view(row, await node.blocking(node.vault.vault.chains.used))


async def remove_chain(node: Node, name: str, anyway: bool = False) -> str:
    """Forget it; the chain in the process is gone with all that was on it.

    Errors: VaultError `unknown-chain`, CommandFailed("chain-pending").
    """
    store = node.vault.vault.chains
    row = await node.blocking(store.get, name)
    if not anyway:
        await _refuse_pending(node, row)
    remove = node.chains.rehearsal.remove if row.kind == "embedded" else store.remove
    await node.chains.thread(remove, row.name)
    await _changed(node)
    return row.name


async def host_chain(node: Node, on: bool, report: Report = quiet) -> Hosting:
    """Whether contacts may use the chain in this process, while the node runs; it is made where there is none yet.

    Errors: VaultError, ChainError.
    """
    row = await _begun(node, report) if on else await node.blocking(node.chains.rehearsal.row)
    await node.blocking(node.vault.vault.settings.set, SETTING, on)
    node.listener(ChainChanged())
    kept = await node.blocking(node.chains.rehearsal.size)
    return Hosting(on, 0 if row is None else row.chain_id, "" if row is None else row.genesis, kept, MOST_KEPT)


async def join_chain(node: Node, peer: str, name: str = "", anyway: bool = False) -> ChainUsed:
    """Use the chain that a contact hosts, and get what newcomers get there to try it.

    Errors: CommandFailed("chain-not-hosted" | "peer-unreachable" | "chain-pending" | …), ChainError, VaultError.
    """
    if not anyway:
        await _nothing_pending(node, "")
    try:
        row = await joining.joined(node, peer, name)
        await joining.welcomed(node, row, await node.chains.signing.address())
    finally:
        await node.chains.carrying.close()  # the chain in use opens it again
    return await use_chain(node, row.name, anyway=True)


async def _begun(node: Node, report: Report) -> ChainRow:
    """The chain in the process, with its contracts: seconds the first time."""
    tell = throttled(report, trio.lowlevel.current_trio_token())

    def step(done: int, total: int) -> None:
        tell(Progress("deploying", done, total))

    address = await node.chains.signing.address()
    return await node.chains.thread(node.chains.rehearsal.begin, address, step)


async def _nothing_pending(node: Node, name: str) -> None:
    used = await node.blocking(node.vault.vault.chains.used)
    if used is not None and used.name != name:
        await _refuse_pending(node, used)


async def _refuse_pending(node: Node, row: ChainRow) -> None:
    transactions, jobs = await node.blocking(node.vault.vault.chains.unfinished, row.chain_id, row.genesis)
    if transactions or jobs:
        raise CommandFailed("chain-pending", name=row.name, transactions=transactions, jobs=jobs)


async def _changed(node: Node) -> None:
    await node.chains.reopen()
    node.listener(ChainChanged())


async def _status(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await chain_status(node))


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"chains": [as_json(row) for row in await chains(node)]}


async def _balance(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await balance(node, args.get("address") or ""))


async def _use(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    return as_json(await use_chain(node, args["name"], args.get("proof") or "", bool(args.get("anyway")), report))


async def _add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await add_chain(node, wanted(args)))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"removed": await remove_chain(node, args["name"], bool(args.get("anyway")))}


def wanted(args: Mapping[str, Any]) -> adding.Wanted:
    """From a command's arguments.  `contracts`: texts such as "token=0x…"."""
    urls: Sequence[str] = args["urls"]
    return adding.Wanted(
        args["name"],
        tuple(urls),
        tuple(args.get("contracts") or ()),
        args.get("confirmations"),
        args.get("most_fee"),
        args.get("dialect") or "prose",
        bool(args.get("insecure")),
    )


async def _host(node: Node, args: dict[str, Any], report: Report) -> dict[str, Any]:
    return as_json(await host_chain(node, bool(args["on"]), report))


async def _join(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return as_json(await join_chain(node, args["peer"], args.get("name") or "", bool(args.get("anyway"))))


REQUESTS: Requests = {
    "chain-status": (_status, True),
    "chains": (_list, True),
    "chain-balance": (_balance, True),
    "chain-use": (_use, True),
    "chain-add": (_add, True),
    "chain-remove": (_remove, True),
    "chain-host": (_host, True),
    "chain-join": (_join, True),
}
