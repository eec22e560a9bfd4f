"""peer.send: one message to a contact, in the person's name.  Policy has said yes.

Where no person read it, it says that an agent wrote it, and goes to the same contact once a day at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.functions.given import Given, failed, from_vault, refused
from app.functions.port import Answer, Context
from app.results import CommandFailed
from app.swarm import outgoing
from p2p.letters import LETTER_LIMIT

if TYPE_CHECKING:
    from app.node import Node

MAX_ID = 80  # characters of a peer id


async def send(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
    """`peer`: a contact's peer id.  Returns {"sent": id}: kept, and under way while the contact is there."""
    given = Given(context, arguments, "peer", "text")
    peer, said = given.text("peer", most=MAX_ID, line=True), given.text("text", most=LETTER_LIMIT)
    vault = node.vault.vault
    called = (await from_vault(node, context, vault.peers.get, peer)).name
    automatic = not context.approved
    if automatic:
        early: list[str] = await from_vault(node, context, vault.automatic.reserve, [peer], context.now.timestamp())
        if early:
            raise failed("PermissionError", "once-a-day", context, address=called)
    records = tuple(sorted({one.record for one in context.taint.sources if one.record}))
    try:
        name = await outgoing.send(
            node, peer, said, why="always" if automatic else "once", automatic=automatic, records=records
        )
    except CommandFailed as error:
        if automatic:
            await from_vault(node, context, vault.automatic.release, [peer])
        raise refused(error, context) from error
    return Answer({"sent": name}, did={"peer": called}, records=records)
