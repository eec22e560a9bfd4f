"""Invites that nobody has used yet: look at them, take one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from app.node import Node
from app.swarm_results import PeersChanged


@dataclass(frozen=True)
class InviteRow:
    """`name`: whom it was made for, "" where that was not said.  The link itself is kept nowhere."""

    id: int
    name: str
    expires: str


async def open_invites(node: Node) -> tuple[InviteRow, ...]:
    """Those that still work, oldest first."""
    found = await node.blocking(node.vault.vault.peers.invites)
    return tuple(
        InviteRow(one.id, one.name, datetime.fromtimestamp(one.expires, UTC).isoformat(timespec="seconds"))
        for one in found
    )


async def withdraw_invite(node: Node, number: int) -> None:
    """Nobody can use it any more.  Errors: VaultError `unknown-invite`."""
    await node.blocking(node.vault.vault.peers.withdraw, number)
    node.listener(PeersChanged())
