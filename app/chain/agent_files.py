"""Where an agent's registration file is had from: out of the chain itself, or from a host when a person asks for it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app import online
from app.results import CommandFailed
from app.stoppable import Flag
from p2p.cid import raw_digest
from p2p.registration import FILE_LIMIT, from_data_uri
from storage.sources.fetch import Fetcher, Stopped, Validators, Wanted, normalised, public

if TYPE_CHECKING:
    from app.functions.fetching import Reach  # which brings a reader of pages along
    from app.node import Node

GATEWAY = "ipfs_gateway"  # setting: the address of a gateway that the person chose, "" for none
_WANTED = Wanted("registration file", "application/json, */*;q=0.1", FILE_LIMIT, 20.0)


def lies_in(uri: str) -> str:
    """ "nowhere", "chain", "web", "ipfs", or "elsewhere"."""
    scheme = uri.partition(":")[0].lower()
    if not uri:
        return "nowhere"
    return {"data": "chain", "https": "web", "ipfs": "ipfs"}.get(scheme, "elsewhere")


async def brought(node: Node, uri: str, *, fetch: bool, reach: Reach | None = None) -> bytes:
    """The file at `uri`.  `fetch`: a person asked to see it, so its host may learn that somebody here does.

    `reach`: None for every public address.  What lies on IPFS is read through the gateway that the person chose, if
    they chose one, and only where its name says which bytes it has to give.

    Errors: CommandFailed("agent-no-file" | "agent-file-remote" | "agent-file-ipfs" | "agent-file-cid" |
    "agent-file-forged" | "agent-file-scheme" | "airplane"), RegistrationError, SyncFailed.
    """
    match lies_in(uri):
        case "nowhere":
            raise CommandFailed("agent-no-file")
        case "chain":
            return from_data_uri(uri)
        case "ipfs":
            return await _from_ipfs(node, uri, fetch, reach)
        case "web" if not fetch:
            raise CommandFailed("agent-file-remote")
        case "web":
            return await _fetched(node, uri, reach)
        case _:
            raise CommandFailed("agent-file-scheme")


def hosted(uri: str) -> str:
    """An address where a person hosts their file, as one to ask.  Errors: CommandFailed("agent-uri")."""
    if not uri.lower().startswith("https://"):
        raise CommandFailed("agent-uri")
    try:
        return normalised(uri, secure=True)
    except ValueError as error:
        raise CommandFailed("agent-uri") from error


async def _from_ipfs(node: Node, uri: str, fetch: bool, reach: Reach | None) -> bytes:
    """Errors: as `brought`'s."""
    gateway = str(await node.blocking(node.vault.vault.settings.get, GATEWAY, ""))
    if not gateway:
        raise CommandFailed("agent-file-ipfs")
    named = raw_digest(uri)
    if named is None:
        raise CommandFailed("agent-file-cid")
    if not fetch:
        raise CommandFailed("agent-file-remote")
    cid, digest = named
    found = await _fetched(node, f"{gateway}/ipfs/{cid}?format=raw", reach)
    if hashlib.sha256(found).digest() != digest:
        raise CommandFailed("agent-file-forged")
    return found


async def _fetched(node: Node, uri: str, reach: Reach | None) -> bytes:
    """Over HTTPS from a public address alone, along no redirect to another host; nothing is told but the address."""
    address = hosted(uri)
    flag = Flag()
    fetcher = Fetcher(
        _WANTED,
        public if reach is None else reach.allowed,
        lambda: flag.is_set() or node.airplane,
        resolve=None if reach is None else reach.resolve,
        tls=None if reach is None else reach.tls,
        follows=lambda target: target.startswith("https://") and urlsplit(target).netloc == urlsplit(address).netloc,
    )
    online.network_allowed(node)
    try:
        found = await node.interruptible(lambda: fetcher.fetch(address, Validators()), flag)
    except Stopped as stopped:
        raise CommandFailed("airplane") from stopped
    return found.body or b""
