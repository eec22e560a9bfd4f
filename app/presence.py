"""Whether a person is there: the vault is locked when nobody has been for a while, and after the machine slept.

A person is there while a command of theirs runs and whenever the window reports their input.  A sync, embedding, or
whatever else goes on by itself does not count.  A command is never cut off: an answer or an import that outlasts the
time is finished first, and the vault locked behind it.  Sleep locks at once, whatever runs.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import trio

from app.slept import SleepWatch

DEFAULT_MINUTES = 15
MOST_MINUTES = 24 * 60
TICK = 1.0  # seconds: how long the vault is open at most after the machine woke

Clock = Callable[[], float]


class Presence:
    """Trio thread only."""

    def __init__(
        self,
        is_open: Callable[[], bool],
        minutes: Callable[[], Awaitable[object]],
        lock: Callable[[], Awaitable[None]],
        clock: Clock = time.monotonic,
        sleep: SleepWatch | None = None,
    ) -> None:
        """`minutes`: what is set for `lock_after_minutes`; None for nothing.  `clock`: seconds."""
        self._is_open = is_open
        self._minutes = minutes
        self._lock = lock
        self._clock = clock
        self._sleep = sleep or SleepWatch()
        self._seen = clock()
        self._busy = 0

    def touch(self) -> None:
        """Somebody is there."""
        self._seen = self._clock()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """For the time of a command: somebody waits for it."""
        self._busy += 1
        self.touch()
        try:
            yield
        finally:
            self._busy -= 1
            self.touch()

    async def check(self) -> None:
        """Lock if it is time to."""
        slept = self._sleep.slept()
        if not self._is_open():
            return
        if slept:
            await self._lock()
        elif not self._busy and (away := self._clock() - self._seen) >= 60:
            minutes = _valid(await self._minutes())
            if minutes and away >= minutes * 60 and self._is_open():
                await self._lock()

    async def watch(self) -> None:
        """Check for as long as the node lives."""
        while True:
            await trio.sleep(TICK)
            await self.check()


def _valid(minutes: object) -> int:
    """0 for never.  What is no number of minutes counts as the default: a vault is not left open by a mistake."""
    if type(minutes) is int and 0 <= minutes <= MOST_MINUTES:
        return minutes
    return DEFAULT_MINUTES
