"""The notes that contacts left here for each other (meeting.py).  In memory alone, bounded, and for a time.

Pure: the caller brings the clock, and says who may still leave notes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from p2p.meeting import (
    KEPT,
    BadRequest,
    Find,
    Forget,
    Keep,
    found_bytes,
    kept_bytes,
    read_request,
)

EACH = 256  # notes of one contact: 128 contacts of theirs, under the names of two days
ALL = 8192  # notes, 1 KiB each
SWEEP = 60.0  # seconds between two looks for notes whose time is over


@dataclass(frozen=True)
class _Note:
    author: str
    until: float
    note: bytes = field(repr=False)


class MeetingPoint:
    """`now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._notes: dict[bytes, _Note] = {}
        self._count: Counter[str] = Counter()  # by author
        self._swept = -SWEEP

    def __len__(self) -> int:
        return len(self._notes)

    def answer(self, peer_id: str, data: bytes, may: Callable[[str], bool]) -> bytes:
        """Of one request of a contact.  `may`: whether a peer is one still.  Errors: BadRequest."""
        match read_request(data):
            case Keep(notes):
                return kept_bytes(sum([self._keep(peer_id, name, note) for name, note in notes]))
            case Find(names):
                return found_bytes([self._find(name, may) for name in names])
            case Forget():
                self.forget(peer_id)
                return kept_bytes(0)
        raise BadRequest("bad-field")

    def forget(self, author: str) -> None:
        """Drop all notes of one contact."""
        self._retain(lambda one: one.author != author)

    def clear(self) -> None:
        self._retain(lambda _: False)

    def _keep(self, author: str, name: bytes, note: bytes) -> bool:
        """A name belongs to whoever was first, while the note lasts."""
        before = self._notes.get(name)
        if before is not None and before.author != author and before.until > self._now():
            return False
        if (before is None or before.author != author) and not self._has_room(author):
            return False
        if before is not None:
            self._count[before.author] -= 1
        self._notes[name] = _Note(author, self._now() + KEPT, note)
        self._count[author] += 1
        return True

    def _has_room(self, author: str) -> bool:
        now = self._now()
        if self._is_full(author) and now - self._swept >= SWEEP:
            self._swept = now
            self._retain(lambda one: one.until > now)
        return not self._is_full(author)

    def _is_full(self, author: str) -> bool:
        return len(self._notes) >= ALL or self._count[author] >= EACH

    def _retain(self, wanted: Callable[[_Note], bool]) -> None:
        self._notes = {name: one for name, one in self._notes.items() if wanted(one)}
        self._count = Counter(one.author for one in self._notes.values())

    def _find(self, name: bytes, may: Callable[[str], bool]) -> bytes | None:
        found = self._notes.get(name)
        here = found is not None and found.until > self._now() and may(found.author)
        return found.note if found is not None and here else None
