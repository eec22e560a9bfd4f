"""Which agent of a registry a contact's node is: `/nuee/agent/1.0.0`, contacts only.

    request   [1, {"chain": chain id, "genesis": 32 bytes, "registry": 20 bytes}]    the registry that is meant
    answer    [1, number as text]     or [1] where it is none there

It is a hint: the agent counts as theirs once the chain, its file and both signatures say so (app.chain.agents).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.results import CommandFailed
from p2p.canonical import BadEncoding, Value, decode, encode
from storage.agents import Registry

if TYPE_CHECKING:
    from app.node import Node

PROTOCOL = "/nuee/agent/1.0.0"
VERSION = 1
WITHIN = 10.0  # seconds
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


async def answer(node: Node, _peer: str, request: bytes) -> bytes:
    """See p2p.host_serving.Handler; only contacts get here."""
    from p2p.node import Refused

    try:
        match decode(request):
            case [1, {"chain": int(chain), "genesis": bytes(genesis), "registry": bytes(registry)}] if (
                len(genesis) == 32 and len(registry) == 20
            ):
                place = Registry("0x" + genesis.hex(), chain, "0x" + registry.hex())
            case _:
                raise Refused("garbled")
    except BadEncoding as error:
        raise Refused("garbled") from error
    mine = await node.blocking(node.vault.vault.agents.mine, place)
    return encode([VERSION] if mine is None else [VERSION, str(mine.agent)])


async def asked(node: Node, peer: str, registry: Registry) -> int | None:
    """The number that this contact says it has there.  Errors: HostFailed, CommandFailed("peer-garbled" | …)."""
    place: dict[str, Value] = {
        "chain": registry.chain,
        "genesis": bytes.fromhex(registry.genesis[2:]),
        "registry": bytes.fromhex(registry.address[2:]),
    }
    await node.swarm.reach(peer, ())
    data = await node.swarm.host.request(peer, PROTOCOL, encode([VERSION, place]), WITHIN)
    try:
        match decode(data):
            case [1]:
                return None
            case [1, str(number)] if _NUMBER.fullmatch(number):
                return int(number)
    except BadEncoding as error:
        raise CommandFailed("peer-garbled") from error
    raise CommandFailed("peer-garbled")
