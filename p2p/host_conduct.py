"""Remembers how peers behave: when a failed dial may be tried again, and who is refused for a time.  Pure: the caller
brings the clock and the chance.
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from p2p.host_limits import Gate, Standing

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds before the next dial of a peer that was not reached
JITTER = 0.5  # the wait is shortened by up to this share, so that peers do not all come at once
BAN_AT = 100.0  # points
HALF_LIFE = 600.0  # seconds in which points fade to a half
FIRST_BAN, LONGEST_BAN = 600.0, 86_400.0  # seconds; every ban of the same peer is twice the one before
REMEMBERED = 4096  # peers; the one heard of longest ago is forgotten first

# What breaking the protocol costs.
TOO_MANY_STREAMS = 2.0
BROKEN_STREAM = 5.0
TOO_LARGE = 20.0
OVER_WINDOW = 50.0
FALSE_MESSAGE = 20.0  # for the layers above: a signature that is none, a message that is no message


class Bans(Protocol):
    """Where bans survive a restart.  Called in the trio thread; must not block for long."""

    def load(self) -> Mapping[str, tuple[float, int]]:
        """Peer id to (until: seconds since the epoch, how many bans it has had)."""
        ...

    def save(self, peer_id: str, until: float, count: int) -> None: ...


class NoBans:
    """Bans that end with the process."""

    def load(self) -> Mapping[str, tuple[float, int]]:
        return {}

    def save(self, peer_id: str, until: float, count: int) -> None:
        """Kept nowhere."""


@dataclass
class _Record:
    points: float = 0.0
    since: float = 0.0
    failures: int = 0
    dial_from: float = 0.0


class Conduct:
    """`now` is a monotonic clock and `today` the wall clock, both in seconds; `chance` gives 0 to 1."""

    def __init__(
        self,
        bans: Bans | None = None,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = bans or NoBans()
        self._now, self._today, self._chance = now, today, chance
        self._bans = dict(self._store.load())
        self._records: OrderedDict[str, _Record] = OrderedDict()

    # Dialling

    def wait(self, peer_id: str) -> float:
        """Seconds until this peer may be dialled again; 0 is now."""
        record = self._records.get(peer_id)
        return max(0.0, record.dial_from - self._now()) if record else 0.0

    def not_reached(self, peer_id: str) -> None:
        record = self._record(peer_id)
        longest: float = min(FIRST_WAIT * 2.0**record.failures, LONGEST_WAIT)
        record.failures = min(record.failures + 1, 32)
        record.dial_from = self._now() + longest * (1 - JITTER * self._chance())

    def reached(self, peer_id: str) -> None:
        record = self._record(peer_id)
        record.failures, record.dial_from = 0, 0.0

    # Misbehaviour

    def report(self, peer_id: str, points: float) -> bool:
        """Count a breach of the protocol; whether it was the one too many, and the peer is banned now."""
        record, now = self._record(peer_id), self._now()
        record.points = record.points * 0.5 ** ((now - record.since) / HALF_LIFE) + points
        record.since = now
        if record.points < BAN_AT:
            return False
        record.points = 0.0
        _, count = self._bans.get(peer_id, (0.0, 0))
        until = self._today() + min(FIRST_BAN * 2.0 ** min(count, 32), LONGEST_BAN)
        self._bans[peer_id] = (until, count + 1)
        self._forget_old_bans()
        self._store.save(peer_id, until, count + 1)
        return True

    def banned_until(self, peer_id: str) -> float | None:
        """Seconds since the epoch, or None."""
        until, _ = self._bans.get(peer_id, (0.0, 0))
        return until if until > self._today() else None

    def pardon(self, peer_id: str) -> None:
        """End a ban and forget what led to it."""
        self._records.pop(peer_id, None)
        if self._bans.pop(peer_id, None):
            self._store.save(peer_id, 0.0, 0)

    def _record(self, peer_id: str) -> _Record:
        record = self._records.setdefault(peer_id, _Record())
        self._records.move_to_end(peer_id)
        if len(self._records) > REMEMBERED:
            self._records.popitem(last=False)
        return record

    def _forget_old_bans(self) -> None:
        if len(self._bans) > REMEMBERED:
            del self._bans[min(self._bans, key=lambda peer: self._bans[peer][0])]


@dataclass(frozen=True)
class BanningGate:
    """A gate that blocks whoever is banned and asks another one about everybody else."""

    gate: Gate
    conduct: Conduct

    def standing(self, peer_id: str) -> Standing:
        if self.conduct.banned_until(peer_id) is not None:
            return Standing.BLOCKED
        return self.gate.standing(peer_id)
