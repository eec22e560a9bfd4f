"""What the wallet may do: limits, networks, whom it obeys besides; and showing a key.

What makes more possible with real money takes the passphrase (`secret`): the key-holder says so and checks it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from app import services
from app.actions.group import Requests
from app.actions.wallet import wallet
from app.chain import wallet_looking as looking
from app.chain.amounts import amount_of, plain_symbol
from app.chain.meaning import COIN_DECIMALS, network_text
from app.chain.rates import RATE
from app.chain.wallet_names import decimals_of, learn_token
from app.node import Node
from app.profile import Profile
from app.reports import Report
from app.results import CommandFailed
from app.views.plain import one_line
from app.wallet_results import DelegateRow, WalletChanged, WalletView
from p2p.identity import BadIdentity, identity_key_of
from p2p.networks import KNOWN_NETWORKS, TEST_NETWORKS, has_real_value
from p2p.spending import Limits
from p2p.wallet_requests import address
from p2p.wallet_state import ANY, Delegate, network_to_map
from storage.chains import ChainRow
from storage.database import VaultError

FIELDS = {"task": "task", "day": "day", "peer": "counterparty", "ask_above": "ask_above"}
MAX_NAME = 60  # characters
_RATE = re.compile(r"\d{1,12}([.,]\d{1,9})?\Z", re.ASCII)


async def set_limits(
    node: Node, wanted: Mapping[str, str], token: str = "", chain: str = "", secret: str = ""
) -> WalletView:
    """`wanted`: amounts as typed, by task, day, peer, ask_above (in tokens) or fees (in the chain's coin).

    `token`: its address, "" for the chain's own.  `chain`: "" for the one in use.
    Errors: CommandFailed("amount" | "amount-decimals" | "wallet-limit-what" | …), WorkerFailed("wallet-secret" | …).
    """
    row, number = await _chain(node, chain)
    of = address(token) if token else (row.contracts.get("token", "") if row else "")
    policy = await looking.policy(node)
    network = policy.network(number)
    changed = {FIELDS[name]: typed for name, typed in wanted.items() if name in FIELDS}
    if not wanted or (changed and not of and row is not None):
        raise CommandFailed("wallet-limit-what" if not wanted else "wallet-no-token")
    if changed:
        decimals = await _decimals(node, row, of)
        limits = network.limits.get(of) or network.limits.get(ANY) or Limits()
        amounts = {name: amount_of(typed, decimals) for name, typed in changed.items()}
        network = replace(network, limits={**network.limits, of or ANY: replace(limits, **amounts)})
    if "fees" in wanted:
        network = replace(network, fee=amount_of(wanted["fees"], COIN_DECIMALS))
    await _set_network(node, network_to_map(network), secret)
    return await wallet(node)


async def turn_network(node: Node, name: str, on: bool, secret: str = "") -> WalletView:
    """Have the wallet sign for a network, or not.  Errors: CommandFailed("wallet-network"), WorkerFailed."""
    _row, number = await _chain(node, name)
    network = (await looking.policy(node)).network(number)
    await _set_network(node, network_to_map(replace(network, on=on)), secret)
    return await wallet(node)


async def set_rate(node: Node, currency: str, rate: str) -> WalletView:
    """What one token of the chain's is worth to the person, for their own eyes; `rate` "" for none.

    Errors: CommandFailed("wallet-rate").
    """
    settings = node.vault.vault.settings
    called = plain_symbol(currency)
    if not rate:
        await node.blocking(settings.unset, RATE)
    elif not _RATE.match(rate) or not called:
        raise CommandFailed("wallet-rate", value=rate[:20])
    else:
        await node.blocking(settings.set, RATE, [called, rate.replace(",", ".")])
    node.listener(WalletChanged())
    return await wallet(node)


async def add_delegate(
    node: Node, who: str, name: str, until: str, limits: Mapping[str, str], secret: str, chain: str = ""
) -> DelegateRow:
    """Let another key ask for signatures, until the end of a day (YYYY-MM-DD, local), within limits in tokens.

    `who`: a contact, whose proven identity it is then, or a did:key.  In place of what the key could do before.
    Errors: CommandFailed("wallet-until" | "wallet-delegate-who" | "amount" | …), WorkerFailed("wallet-secret" | …).
    """
    row, number = await _chain(node, chain)
    did, called = await _who(node, who)
    decimals = await _decimals(node, row, row.contracts.get("token", "") if row else "")
    amounts = {FIELDS[key]: amount_of(typed, decimals) for key, typed in limits.items() if typed}
    if not amounts:
        raise CommandFailed("wallet-limit-what")
    amounts = {name: amounts.get(name, min(amounts.values())) for name in ("task", "day", "counterparty")}
    # What is asked of the person first is for the wallet's own limits to say; fees too are limited by those.
    given = Limits(**{**amounts, "ask_above": 0, "fee": (await looking.policy(node)).network(number).fee})
    shown = one_line(name or called)[:MAX_NAME]
    delegate = Delegate(did, shown, number, _until(until, node.surroundings.now()), given)
    await node.ask_wallet("wallet_delegate", delegate=asdict(delegate), secret=secret)
    node.listener(WalletChanged())
    return next(one for one in await delegates(node) if one.did == did)


async def remove_delegate(node: Node, who: str) -> DelegateRow:
    """Its next request is refused.  `who`: its key, the name given to it, or a contact.

    Errors: CommandFailed("wallet-delegate-who").
    """
    found = await delegates(node)
    named = [one for one in found if who in (one.did, one.name)]
    if not named:
        did, _called = await _who(node, who)
        named = [one for one in found if one.did == did]
    if len(named) != 1:
        raise CommandFailed("wallet-delegate-who", value=who[:80])
    await node.ask_wallet("wallet_undelegate", did=named[0].did)
    node.listener(WalletChanged())
    return named[0]


async def delegates(node: Node) -> tuple[DelegateRow, ...]:
    policy = await looking.policy(node)
    seen = await looking.sight(node, await node.blocking(node.vault.vault.chains.used))
    now = node.surroundings.now()
    return tuple(looking.delegate_row(one, policy, seen, now) for one in policy.delegates)


def exported(profile: Profile, secret: str, index: int) -> str:
    """The private key of an account, 0x and 64 hexadecimal digits: a secret.  Blocking.

    A key-holder of its own reads the key file and ends; the one that works stays as it is, open or not.
    Errors: WorkerFailed `wrong-secret`, "wallet-account", ….
    """
    keeper = services.start("keyholder")
    try:
        paths = {"path": str(profile.wallet), "key_path": str(profile.key_file)}
        return str(keeper.call("wallet_export", **paths, secret=secret, index=index)["key"])
    finally:
        keeper.kill()


async def export_key(node: Node, secret: str, index: int = 0) -> str:
    """As `exported`, for the window.  Errors: also CommandFailed("absent")."""
    if not node.profile.exists:
        raise CommandFailed("absent")
    return await node.blocking(exported, node.profile, secret, index)


def written(path: Path, key: str) -> None:
    """Into a new file that only this user reads.  Errors: CommandFailed("wallet-export-file")."""
    import os

    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w") as file:
            file.write(key + "\n")
    except OSError as error:
        raise CommandFailed("wallet-export-file", path=str(path)) from error


async def _set_network(node: Node, network: dict[str, Any], secret: str) -> None:
    await node.ask_wallet("wallet_network", network=network, **({"secret": secret} if secret else {}))
    node.listener(WalletChanged())


async def _chain(node: Node, name: str) -> tuple[ChainRow | None, int]:
    """A chain that is known here, a public network, or a number; "" for the one in use."""
    chains = node.vault.vault.chains
    if not name:
        used = await node.blocking(chains.used)
        if used is None:
            raise CommandFailed("chain-none")
        return used, used.chain_id
    for row in await node.blocking(chains.list):
        if row.name == name:
            return row, row.chain_id
    wanted = _letters(name)
    for number, called in {**TEST_NETWORKS, **KNOWN_NETWORKS}.items():
        if wanted and wanted in (_letters(called), _letters(network_text(number, "en"))):
            return None, number
    if name.isascii() and name.isdigit() and 0 < int(name) < 2**63:
        return None, int(name)
    raise CommandFailed("wallet-network")


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


async def _decimals(node: Node, row: ChainRow | None, token: str) -> int:
    """Of the token.  Errors: CommandFailed("wallet-no-token") where it never said: nobody could know what was typed."""
    if row is None or not token:
        raise CommandFailed("wallet-no-token")
    used = await node.blocking(node.vault.vault.chains.used)
    if used is not None and used.name == row.name:
        at = await node.chains.connected()
        found = await learn_token(node, at, token)
        if found is not None:
            return found[1]
    seen = await looking.sight(node, row)
    if token not in seen.names.tokens:
        raise CommandFailed("wallet-no-token")
    return decimals_of(seen.names, token)


async def _who(node: Node, who: str) -> tuple[str, str]:
    """The did:key, and a name for it."""
    try:
        identity_key_of(who)
        return who, ""
    except BadIdentity:
        pass
    try:
        found = await node.blocking(node.vault.vault.peers.find, who)
    except VaultError as error:
        raise CommandFailed("wallet-delegate-who", value=who[:80]) from error
    if not found.identity:
        raise CommandFailed("wallet-delegate-who", value=who[:80])
    return found.identity, found.name


def _until(day: str, now: float) -> int:
    try:
        found = int(datetime.combine(date.fromisoformat(day), time(23, 59, 59)).timestamp())
    except (ValueError, OverflowError, OSError) as error:
        raise CommandFailed("wallet-until", value=day[:20]) from error
    if found <= now:
        raise CommandFailed("wallet-until", value=day[:20])
    return found


async def _limits(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    given = args.get("token", ""), args.get("chain", ""), args.get("proof", "")
    return asdict(await set_limits(node, args["limits"], *given))


async def _network(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    shown = asdict(await turn_network(node, args["name"], args["on"], args.get("proof", "")))
    _row, number = await _chain(node, args["name"])
    turned = {"chain_id": number, "name": network_text(number, node.language), "on": args["on"]}
    return {**shown, "turned": {**turned, "real": has_real_value(number)}}


async def _rate(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await set_rate(node, args.get("currency", ""), args.get("rate", "")))


async def _add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    given = args["until"], args["limits"], args.get("proof", ""), args.get("chain", "")
    return asdict(await add_delegate(node, args["who"], args.get("name", ""), *given))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await remove_delegate(node, args["who"]))


async def _delegates(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"delegates": [asdict(row) for row in await delegates(node)]}


REQUESTS: Requests = {
    "wallet-limits": (_limits, True),
    "wallet-network": (_network, True),
    "wallet-rate": (_rate, True),
    "wallet-delegate-add": (_add, True),
    "wallet-delegate-remove": (_remove, True),
    "wallet-delegates": (_delegates, True),
}
