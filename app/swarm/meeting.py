"""Finding contacts again at meeting points: contacts of both sides that agreed to keep sealed notes (p2p.meeting).

At every point that the person named, this node leaves a note for each of its contacts: where it can be reached.  When a
contact cannot be reached at the addresses that are known, its note for this node is looked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from p2p import meeting
from p2p.host_errors import HostFailed
from p2p.identity import host_key_seed
from p2p.invite import acceptable
from p2p.meeting import AT_ONCE, MEET_PROTOCOL, BadNote, BadRequest, Find, Forget, Keep
from p2p.meeting_point import EACH, MeetingPoint
from storage.settings import Settings

if TYPE_CHECKING:
    from app.swarm.swarm import Swarm
    from p2p.node import Host

_POINTS, _MEETS = "swarm_meeting_points", "swarm_meets"
MOST = 4  # points that a person may name
FOR = EACH // 2  # contacts for whom notes are left: a point keeps those of two days
RENEW = meeting.KEPT / 4  # seconds after which notes are left again
LOOK = 10.0  # seconds between two looks whether something changed
AGAIN = 5.0  # seconds before the notes of the same contact are looked for again
WITHIN = 5.0  # for one question to a point


def points(settings: Settings) -> tuple[str, ...]:
    """The peer ids of the points.  Blocking.  Errors: VaultError."""
    listed = settings.get(_POINTS, [])
    return tuple(one for one in listed if isinstance(one, str))[:MOST] if isinstance(listed, list) else ()


def name_point(settings: Settings, peer_id: str, on: bool) -> bool:
    """Whether there was room for it.  Blocking.  Errors: VaultError."""
    others = [one for one in points(settings) if one != peer_id]
    if on and len(others) >= MOST:
        return False
    settings.set(_POINTS, [*others, peer_id] if on else others)
    return True


def agreed(settings: Settings) -> bool:
    """Whether this node keeps notes of its contacts for each other.  Blocking.  Errors: VaultError."""
    return settings.get(_MEETS, False) is True


def agree(settings: Settings, on: bool) -> None:
    settings.set(_MEETS, on)


@dataclass(frozen=True)
class _Left:
    """What was left at a point, and when."""

    addresses: tuple[str, ...]
    contacts: frozenset[str]
    at: float


class Meeting:
    """Trio thread.  `clock`: seconds since the epoch."""

    def __init__(self, swarm: Swarm, clock: Callable[[], float] = time.time) -> None:
        self._swarm = swarm
        self._clock = clock
        self._point = MeetingPoint()
        self._wake = trio.Event()
        self._ready = trio.Event()
        self._seed = b""
        self._points: tuple[str, ...] = ()
        self._shared: dict[str, bytes] = {}
        self._left: dict[str, _Left] = {}
        self._asked: dict[str, float] = {}

    # As a point for others

    def serve(self, host: Host) -> None:
        """Keep notes of contacts for each other, in memory, while this host runs."""
        self._point.clear()
        host.serve(MEET_PROTOCOL, self._answer)

    async def _answer(self, peer_id: str, request: bytes) -> bytes:
        from p2p.node import Refused

        try:
            return self._point.answer(peer_id, request, lambda one: one in self._swarm.gate.contacts)
        except BadRequest as error:
            self._swarm.misbehaved(peer_id, error.code)
            raise Refused(error.code) from error

    # As one of those who meet

    def nudge(self) -> None:
        """Points or contacts are others now."""
        self._wake.set()

    def arrived(self, peer_id: str) -> None:
        """A peer has connected; a point that was away may have forgotten what was left there."""
        if self._left.pop(peer_id, None) is not None or peer_id in self._points:
            self._wake.set()

    async def run(self, host: Host) -> None:
        """Until cancelled."""
        self._seed = host_key_seed(await self._swarm.host_key())
        try:
            while True:
                self._wake = trio.Event()
                self._points = await self._swarm.blocking(points, self._swarm.vault.settings)
                self._ready.set()
                for point in self._points:
                    if point in host.connected and point in self._swarm.gate.contacts:
                        await self._leave_notes(host, point)
                with trio.move_on_after(LOOK):
                    await self._wake.wait()
        finally:
            self._ready = trio.Event()
            self._seed, self._points = b"", ()
            for kept in (self._shared, self._left, self._asked):
                kept.clear()

    async def find(self, host: Host, peer_id: str) -> tuple[str, ...]:
        """Where a contact says it can be reached, from the newest of its notes; not asked again within `AGAIN`."""
        with trio.move_on_after(WITHIN):
            await self._ready.wait()
        now = trio.current_time()
        asked = now - self._asked.get(peer_id, -AGAIN) < AGAIN
        if asked or peer_id not in self._swarm.gate.contacts or not self._secret_with(peer_id):
            return ()
        self._asked = {one: when for one, when in self._asked.items() if now - when < AGAIN} | {peer_id: now}
        found: list[tuple[float, tuple[str, ...]]] = []
        for point in self._points:
            if point != peer_id and point in self._swarm.gate.contacts:
                found += await self._ask(host, point, peer_id)
        return max(found, default=(0.0, ()))[1]

    async def _ask(self, host: Host, point: str, peer_id: str) -> list[tuple[float, tuple[str, ...]]]:
        """What the notes of a contact at one point say; bad ones count for nothing."""
        now, shared = self._clock(), self._secret_with(peer_id)
        names = [meeting.name_of(shared, peer_id, day) for day in meeting.days_to_ask(now)]
        answer = await self._request(host, point, Find(tuple(names)))
        if answer is None:
            return []
        try:
            notes = meeting.read_found(answer, len(names))
        except BadRequest as error:
            self._swarm.misbehaved(point, error.code)
            return []
        said = []
        for name, note in zip(names, notes, strict=True):
            try:
                if note is not None:
                    said.append(meeting.unseal(shared, peer_id, name, now, note))
            except BadNote:
                self._swarm.misbehaved(point, "bad-note")
        return said

    async def _leave_notes(self, host: Host, point: str) -> None:
        """A note for each contact, where they are not left already."""
        through = self._swarm.relaying.addresses[:2]  # they first: where there are any, they lead here from anywhere
        addresses, now = acceptable((*through, *self._swarm.addresses)), trio.current_time()
        contacts = frozenset(sorted(self._swarm.gate.contacts - {point, host.peer_id})[:FOR])
        before = self._left.get(point)
        if (
            before is not None
            and (before.addresses, before.contacts) == (addresses, contacts)
            and now < before.at + RENEW
        ):
            return
        if before is not None and before.contacts - contacts and await self._request(host, point, Forget()) is None:
            return
        day = meeting.day_of(self._clock())
        notes = [self._note(contact, day, addresses) for contact in contacts if self._secret_with(contact)]
        for start in range(0, len(notes), AT_ONCE):
            if await self._request(host, point, Keep(tuple(notes[start : start + AT_ONCE]))) is None:
                return
        self._left[point] = _Left(addresses, contacts, now)

    def _note(self, contact: str, day: int, addresses: tuple[str, ...]) -> tuple[bytes, bytes]:
        own, shared = self._swarm.peer_id, self._secret_with(contact)
        name = meeting.name_of(shared, own, day)
        return name, meeting.seal(shared, own, name, self._clock(), addresses)

    def _secret_with(self, contact: str) -> bytes:
        """b"" with a key of which no secret can be made, as nobody has who plays fair; and before `run`."""
        if contact not in self._shared and self._seed:
            try:
                self._shared[contact] = meeting.shared_secret(self._seed, self._swarm.peer_id, contact)
            except ValueError:
                self._shared[contact] = b""
        return self._shared.get(contact, b"")

    async def _request(self, host: Host, point: str, request: meeting.Request) -> bytes | None:
        """The answer, or None where there is none: a point that is gone or does not agree is no reason to stop."""
        try:
            return await host.request(point, MEET_PROTOCOL, meeting.request_bytes(request), WITHIN)
        except HostFailed:
            return None
