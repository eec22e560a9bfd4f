"""A meeting that was agreed on, in the person's own calendar: put in once, taken out when it is off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.policy import OWN
from app.results import LibraryChanged
from app.texts import text
from storage import agenda, calendar
from storage.records import Record
from storage.sources import calendar_file
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

ORIGIN = "nuee"
OFF = "meeting.off"  # in the list of what the agent did


@dataclass(frozen=True)
class Meeting:
    """`initiator`: the peer whose conversation it is.  `at`: seconds since the epoch.  `peers`: the others."""

    conversation: str
    initiator: str
    title: str
    at: float
    seconds: float
    peers: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        return uid(self.initiator, self.conversation)


def uid(initiator: str, conversation: str) -> str:
    """By what a calendar knows it; nobody names another's, since the initiator's key is part of it."""
    return f"{conversation}.{initiator}@nuee"


async def book(node: Node, meeting: Meeting) -> None:
    """Put it into the calendar, once: not again after a restart, nor when the person took it out since.

    Errors: VaultError.
    """
    vault = node.vault.vault
    known = {peer.id: peer.name for peer in await node.blocking(vault.peers.list)}
    names = ", ".join(known.get(peer) or f"…{peer[-6:]}" for peer in meeting.peers)
    about = text("swarm.meeting.agreed", node.language, names=names)
    if await node.blocking(agree, vault, meeting, about):
        node.embedding.nudge()
        node.listener(LibraryChanged(0))


def agree(vault: Vault, meeting: Meeting, about: str) -> bool:
    """Blocking; any thread.  Whether it was put in now.  Errors: VaultError."""
    starts, ends = (datetime.fromtimestamp(at, UTC) for at in (meeting.at, meeting.at + meeting.seconds))
    raw = calendar.compose(meeting.uid, meeting.title, starts, ends, "", about, starts)
    (found,) = (one for one in calendar_file.records(raw, ORIGIN, "Nuée") if isinstance(one, Record))
    record = replace(found, origin=ORIGIN)
    if agenda.named(vault, meeting.uid, ORIGIN) or vault.library.was_forgotten(record):
        return False
    added = vault.library.add([record]).ids
    said = {"title": meeting.title, "start": f"{starts.astimezone():%Y-%m-%d %H:%M}"}
    undo = {"function": "event.add", "arguments": {"id": added[0]}}
    vault.activity.add(OWN, "event.add", said, undo=undo, records=added)
    return True


async def release(node: Node, initiator: str, conversation: str) -> None:
    """Take it out again, if it is there.  Errors: CommandFailed, VaultError."""
    from app.actions import privacy  # which knows the node, as this does not yet when it is read

    vault = node.vault.vault
    name = await node.blocking(agenda.named, vault, uid(initiator, conversation), ORIGIN)
    if not name:
        return
    title = (await node.blocking(vault.library.get, name)).record.title
    await privacy.forget(node, [name])
    await node.blocking(lambda: vault.activity.add(OWN, OFF, {"title": title}))
