"""What is known before a task is given, so that a person chooses instead of types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import trio

from app.actions.peers import names
from app.chain.wallet_looking import Sight, sight
from app.node import Node
from app.results import CommandFailed
from app.swarm import offered
from app.swarm.negotiating import task_asked
from app.swarm.token_prices import seen_from
from app.swarm_results import Offerable, PeerOffer, PeerOffers
from p2p.host_errors import HostFailed

PATIENCE = 12.0  # seconds for all that are asked


async def peer_offers(node: Node, peers: tuple[str, ...] = ()) -> tuple[PeerOffers, ...]:
    """What these contacts offer, by peer id, all where it is empty; who cannot be reached now is left out.

    Errors: CommandFailed("airplane"), VaultError, HostFailed where this node cannot run.
    """
    contacts = await node.blocking(node.vault.vault.peers.contacts)
    called = await names(node)
    seen = await sight(node, await node.blocking(node.vault.vault.chains.used))
    found: dict[str, PeerOffers] = {}

    async def look(peer: str) -> None:
        try:
            told = await offered.asked(node, peer)
            found[peer] = PeerOffers(peer, called(peer), tuple(_seen(one, seen) for one in told))
        except (HostFailed, CommandFailed):
            return  # away, or an older version

    async with node.swarm.up():
        with trio.move_on_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                for peer in sorted(contacts & set(peers) if peers else contacts):
                    nursery.start_soon(look, peer)
    return tuple(found[peer] for peer in sorted(found, key=lambda one: called(one).casefold()))


def _seen(offer: PeerOffer, seen: Sight) -> PeerOffer:
    return offer if offer.tokens is None else replace(offer, tokens=seen_from(offer.tokens, seen))


async def offers_of(node: Node, name: str) -> dict[str, Any]:
    """What one contact offers; `here`: it answered.  Errors: as `peer_offers`; VaultError `unknown-peer`, …"""
    found = await node.blocking(node.vault.vault.peers.find, name)
    told = await peer_offers(node, (found.id,)) if found.standing == "contact" else ()
    offers = [asdict(one) for peer in told for one in peer.offers]
    return {"peer_id": found.id, "name": found.name, "here": bool(told), "offers": offers}


async def meeting_times(node: Node, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The times that a meeting would be asked for: all that others would learn of the calendar; nothing leaves.

    Errors: CommandFailed("task-meeting-…").
    """
    asked = await task_asked(node.swarm.kinds(), "meeting", arguments)
    return tuple(datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in asked.spec["slots"])


async def offerable(node: Node) -> Offerable:
    """What can be named in an offer of skills or models.  Errors: VaultError."""
    entries = await node.blocking(offered.task_entries, node.vault.vault, node.language)
    return Offerable(entries, await node.blocking(offered.all_models, node))
