"""A chain at addresses that the person gives: what it shows is kept, and nothing else is believed there afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from app import online
from app.chain.linking import GWEI, MOST_CONFIRMATIONS, confirmations
from app.results import CommandFailed
from p2p.chain import Chain, ChainError, ChainIdentity, http_endpoint
from p2p.methods import ROLES
from p2p.networks import EMBEDDED
from p2p.published import published
from p2p.wallet_requests import WalletRefused
from p2p.wallet_requests import address as plain_address
from storage.chains import DIALECTS, ChainRow, Dialect

if TYPE_CHECKING:
    from app.node import Node

RESERVED = ("none", "rehearsal")
MOST_ENDPOINTS = 8
LONGEST_URL = 2_000
MOST_GWEI = 100_000
_NAME = re.compile(r"[\w.-]{1,40}\Z")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Wanted:
    """`contracts`: "ROLE=ADDRESS", over those that are known for the network.  `most_fee`: gwei for a unit of gas.

    `insecure`: the person insists on an address that is not https: though anybody on the way could read and change it.
    `change`: of one that is known by this name, what is not None or empty: its endpoints are all replaced, or more are
    added.
    """

    name: str
    urls: tuple[str, ...]
    contracts: tuple[str, ...] = ()
    confirmations: int | None = None
    most_fee: float | None = None
    dialect: str = ""
    insecure: bool = False
    change: Literal["", "replace", "also"] = ""


async def added(node: Node, wanted: Wanted) -> ChainRow:
    """Errors: CommandFailed("chain-known-add" | …), ChainError, VaultError."""
    name = checked_name(wanted.name)
    contracts = given_contracts(wanted.contracts)
    urls = checked_urls(wanted.urls, wanted.insecure)
    _checked(wanted)
    store = node.vault.vault.chains
    if wanted.change:
        return await _changed(node, await node.blocking(store.get, name), wanted, contracts, urls)
    if name in {row.name for row in await node.blocking(store.list)}:
        raise CommandFailed("chain-known-add", name=name)
    online.network_allowed(node)
    identity = await node.chains.thread(shown_by, urls, abandon=True)
    known = {**published(identity.chain_id), **contracts}
    count = wanted.confirmations or confirmations(identity.chain_id)
    settings = _settings(wanted.most_fee)
    row = ChainRow(
        name, "rpc", identity.chain_id, identity.genesis, urls, known, _dialect(wanted.dialect or "prose"), count,
        settings,
    )  # fmt: skip
    await node.blocking(store.add, row)
    return await node.blocking(store.get, name)


async def without(node: Node, name: str, url: str) -> ChainRow:
    """One endpoint less.  Errors: VaultError `unknown-chain`; CommandFailed("chain-endpoint" | …)."""
    store = node.vault.vault.chains
    row = await node.blocking(store.get, name)
    if row.kind != "rpc" or url not in row.endpoints:
        raise CommandFailed("chain-endpoint", name=name, url=url[:100])
    left = tuple(one for one in row.endpoints if one != url)
    if not left:
        raise CommandFailed("chain-last-endpoint", name=name)
    await node.blocking(store.put, replace(row, endpoints=left))
    return await node.blocking(store.get, name)


async def _changed(
    node: Node, row: ChainRow, wanted: Wanted, contracts: Mapping[str, str], urls: tuple[str, ...]
) -> ChainRow:
    """The same chain at other endpoints; what was sent to it goes on.  Errors: as `added`."""
    if row.kind != "rpc":
        raise CommandFailed("chain-not-rpc", name=row.name)
    every = tuple(dict.fromkeys((*row.endpoints, *urls))) if wanted.change == "also" else urls
    if len(every) > MOST_ENDPOINTS:
        raise CommandFailed("chain-url", url=urls[-1][:100])
    online.network_allowed(node)
    if await node.chains.thread(shown_by, urls, abandon=True) != ChainIdentity(row.chain_id, row.genesis):
        raise CommandFailed("chain-replace-other", name=row.name)
    together = {**row.contracts, **contracts}
    if len(set(together.values())) < len(together):
        raise CommandFailed("chain-contract", given=", ".join(wanted.contracts)[:80], roles=", ".join(ROLES))
    changed = replace(
        row, endpoints=every, contracts=together, dialect=_dialect(wanted.dialect or row.dialect),
        confirmations=wanted.confirmations or row.confirmations,
        settings={**row.settings, **_settings(wanted.most_fee)},
    )  # fmt: skip
    store = node.vault.vault.chains
    await node.blocking(store.put, changed)
    return await node.blocking(store.get, row.name)


def _checked(wanted: Wanted) -> None:
    """What is said of itself, before anybody is asked.  Errors: CommandFailed."""
    if wanted.dialect:
        _dialect(wanted.dialect)
    _settings(wanted.most_fee)
    if wanted.confirmations is not None and not 1 <= wanted.confirmations <= MOST_CONFIRMATIONS:
        raise CommandFailed("chain-confirmations", most=MOST_CONFIRMATIONS)


def shown_by(urls: Sequence[str]) -> ChainIdentity:
    """The one chain that all of these show.  Blocking.

    Errors: ChainError, "chain-other" where two differ, or where one shows the number of a chain in a process.
    """
    found = {Chain([http_endpoint(url)]).identity() for url in urls}
    if len(found) > 1:
        raise ChainError("chain-other", "These addresses lead to different chains.")
    (identity,) = found
    if identity.chain_id in EMBEDDED or not 0 < identity.chain_id < 2**53:
        raise ChainError("chain-nonsense", "This is not the number of a public chain.")
    return identity


def checked_name(name: str) -> str:
    """Errors: CommandFailed("chain-name")."""
    if not _NAME.match(name) or name in RESERVED:
        raise CommandFailed("chain-name")
    return name


def checked_urls(urls: Sequence[str], insecure: bool) -> tuple[str, ...]:
    """Errors: CommandFailed("chain-url" | "chain-insecure")."""
    if not 1 <= len(urls) <= MOST_ENDPOINTS:
        raise CommandFailed("chain-url", url="")
    for url in urls:
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        if parts.scheme not in ("https", "http") or not host or len(url) > LONGEST_URL or not url.isprintable():
            raise CommandFailed("chain-url", url=url[:100])
        if parts.scheme == "http" and host not in _LOOPBACK and not insecure:
            raise CommandFailed("chain-insecure", url=url[:100])
    return tuple(dict.fromkeys(urls))


def given_contracts(given: Sequence[str]) -> Mapping[str, str]:
    """Errors: CommandFailed("chain-contract")."""
    found: dict[str, str] = {}
    for one in given:
        role, _, address = one.partition("=")
        try:
            found[role] = plain_address(address.strip())
        except WalletRefused as error:
            raise CommandFailed("chain-contract", given=one[:80], roles=", ".join(ROLES)) from error
    if not set(found) <= set(ROLES) or len(set(found.values())) < len(found):
        raise CommandFailed("chain-contract", given=", ".join(given)[:80], roles=", ".join(ROLES))
    return found


def _dialect(given: str) -> Dialect:
    if given not in DIALECTS:
        raise CommandFailed("chain-dialect")
    return given


def _settings(most_fee: float | None) -> dict[str, Any]:
    if most_fee is None:
        return {}
    if not 0 < most_fee <= MOST_GWEI:
        raise CommandFailed("chain-most-fee", most=MOST_GWEI)
    return {"most_fee": int(most_fee * GWEI)}
