"""A message of the person's leaves: at once where the contact is there, else when it comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.swarm.letters import Correspondence
from app.swarm.negotiating import Negotiating

if TYPE_CHECKING:
    from app.node import Node


def correspondence(node: Node) -> Correspondence:
    """Of the host that runs; else one that only keeps what is to be sent."""
    return (node.swarm.negotiating if node.swarm.running else Negotiating(node)).letters


async def send(
    node: Node, peer: str, text: str, *, why: str = "typed", automatic: bool = False, records: Sequence[str] = ()
) -> str:
    """Its id.  Nothing waits for the contact.  Errors: as Correspondence.send."""
    return await correspondence(node).send(peer, text, why=why, automatic=automatic, records=records)
