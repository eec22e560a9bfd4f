"""Whether the machine slept: one clock stands still while it does, another goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

_LEAST = 2.0  # seconds; below it the clocks may only have been read at different moments, or set right by a little

Clock = Callable[[], float]


class SleepWatch:
    """Any one thread.  Both clocks in seconds; only their differences matter."""

    def __init__(self, awake: Clock | None = None, always: Clock | None = None) -> None:
        """`awake` stands still in sleep, `always` goes on; by default the machine's own."""
        self._awake = awake or _awake
        self._always = always or _always
        self._ahead = self._always() - self._awake()

    def slept(self) -> float:
        """Seconds of sleep since the last call; 0.0 for none.

        Where the wall clock has to serve (macOS, Windows), setting it forward looks like sleep, and is taken for it.
        """
        ahead = self._always() - self._awake()
        gone, self._ahead = ahead - self._ahead, ahead
        return gone if gone >= _LEAST else 0.0


def _always() -> float:
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)  # clock_gettime(2): also while suspended
    else:  # noqa: RET505 - so that each platform's type check sees its own branch
        return time.time()


def _awake() -> float:
    if sys.platform == "win32":
        import ctypes

        ticks = ctypes.c_ulonglong()  # of 100 ns, without sleep; time.monotonic() counts it on Windows
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        return ticks.value / 1e7
    return time.monotonic()  # CLOCK_MONOTONIC, mach_absolute_time: not while suspended
