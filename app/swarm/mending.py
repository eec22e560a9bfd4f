"""A host that ended by an error is begun again, after a pause that grows while it ends again and again."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import trio

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 5 * 60.0  # seconds; twice as long each time
WELL = 60.0  # seconds that a host has run for its next fall to count as the first one


class Mending:
    """Trio thread.  `again` begins the host where it is still wanted and does not run; it raises nothing."""

    def __init__(self, nursery: trio.Nursery, again: Callable[[], Awaitable[None]]) -> None:
        self._nursery = nursery
        self._again = again
        self._falls = 0
        self._began = 0.0
        self._waiting = False

    def began(self) -> None:
        """The host runs."""
        self._began = trio.current_time()

    def fell(self, *, ran: bool) -> None:
        """It ended by an error; `ran`: not before it had begun."""
        if ran and trio.current_time() - self._began >= WELL:
            self._falls = 0
        pause = min(FIRST_PAUSE * 2.0 ** min(self._falls, 12), LONGEST_PAUSE) * random.uniform(0.8, 1.2)
        self._falls += 1
        if not self._waiting:
            self._waiting = True
            self._nursery.start_soon(self._wait, pause)

    async def _wait(self, pause: float) -> None:
        try:
            await trio.sleep(pause)
        finally:
            self._waiting = False
        await self._again()
