"""A chain that a contact hosts: what it is, what stands on it, and whether that is what it should be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.chain.adding import RESERVED, checked_name
from app.errors import code
from app.results import CommandFailed
from p2p.chain import Chain, ChainError, stream_endpoint
from p2p.chain_hosting import CONTRACTS, FULL, WELCOME
from p2p.host_errors import HostFailed
from p2p.methods import ROLES
from p2p.networks import EMBEDDED
from p2p.wallet_requests import WalletRefused
from p2p.wallet_requests import address as plain_address
from storage.chains import DIALECTS, ChainRow

if TYPE_CHECKING:
    from app.node import Node


async def joined(node: Node, peer: str, name: str) -> ChainRow:
    """Keep the chain that this contact hosts, as it shows itself now; known already, it stays as it is.

    Errors: CommandFailed("chain-not-hosted" | "peer-unreachable" | "airplane" | …), ChainError, VaultError.
    """
    found = await node.blocking(node.vault.vault.peers.find, peer)
    offered = await _asked(node, found.id, CONTRACTS, [])
    contracts = _contracts(offered)
    endpoint = stream_endpoint(found.id, lambda request: node.chains.carrying.carry(found.id, request))
    identity = await node.chains.thread(Chain([endpoint]).identity, abandon=True)
    if identity.chain_id not in EMBEDDED:  # what is signed there must be worth nothing anywhere else
        raise ChainError("chain-nonsense", "This is not the number of a chain in a process.")
    store = node.vault.vault.chains
    rows = await node.blocking(store.list)
    known = next((row for row in rows if (row.kind, row.genesis) == ("peer", identity.genesis)), None)
    if known is None:
        taken = {row.name for row in rows}
        called = checked_name(name) if name else _free(found.name, taken)
        row = ChainRow(
            called, "peer", identity.chain_id, identity.genesis, (found.id,), contracts, offered["dialect"]
        )  # fmt: skip
        await node.blocking(store.add, row)
        known = await node.blocking(store.get, called)
    return known


async def welcomed(node: Node, row: ChainRow, address: str) -> bool:
    """Ask for what newcomers get; whether it came now.  Errors: CommandFailed, ChainError."""
    return bool(await _asked(node, row.endpoints[0], WELCOME, [address]))


async def _asked(node: Node, peer_id: str, method: str, params: list[Any]) -> Any:
    """One question of ours to the host of a chain.  Errors: CommandFailed, ChainError."""
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    try:
        found = json.loads(await node.chains.carrying.asked(peer_id, request))
        if "error" in found:
            full = isinstance(found["error"], dict) and found["error"].get("code") == FULL
            raise CommandFailed("chain-full" if full else "chain-not-hosted")
        return found["result"]
    except HostFailed as failed:
        refused = failed.code in ("not-served", "peer-error")
        raise CommandFailed("chain-not-hosted" if refused else "peer-unreachable") from failed
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ChainError("chain-nonsense", "The answer is none of a chain.", code(error)) from error


def _contracts(offered: Any) -> Mapping[str, str]:
    """Errors: ChainError."""
    try:
        found = {str(role): plain_address(at) for role, at in offered["contracts"].items()}
        if set(found) == set(ROLES) and len(set(found.values())) == len(found) and offered["dialect"] in DIALECTS:
            return found
    except (WalletRefused, LookupError, TypeError, AttributeError) as error:
        raise ChainError("chain-nonsense", "These are not the contracts of a chain.") from error
    raise ChainError("chain-nonsense", "These are not the contracts of a chain.")


def _free(name: str, taken: set[str]) -> str:
    """A name for the chain of somebody of that name."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in name)[:30].strip("-").lower() or "peer"
    number, found = 1, plain
    while found in taken or found in RESERVED:
        number += 1
        found = f"{plain}-{number}"
    return found
