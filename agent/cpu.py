"""What this machine gives a model on its processor: threads, and memory for context."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

MAX_CONTEXT = 8192  # tokens; more costs memory and, on a processor, more patience than a chat has
MIN_CONTEXT = 1024


def threads() -> tuple[int, int]:
    """Threads for answering and for reading the prompt.

    Answering waits on memory, and a second thread on one core only adds waiting; reading a prompt gains from it a
    little.  Never more than this process may run on: llama.cpp's threads spin, and one that is not scheduled holds up
    all the others.
    """
    logical = _usable()
    physical = psutil.cpu_count(logical=False) or logical
    return max(1, min(logical, physical)), max(1, logical)


def context_that_fits(model_context: int, model_size: int, cache_bytes_per_token: int, free: int | None = None) -> int:
    """Tokens of context for a model: its own, at most MAX_CONTEXT, halved until its cache fits into the free memory
    beside it.  Sizes in bytes; `free` is the machine's when not given."""
    free = psutil.virtual_memory().available if free is None else free
    room = free * 4 // 5 - model_size
    context = min(model_context or MAX_CONTEXT, MAX_CONTEXT)
    while context > MIN_CONTEXT and context * cache_bytes_per_token > room:
        context //= 2
    return context


class Pace:
    """How many threads are worth running now, beside everything else on this machine.

    llama.cpp's threads meet hundreds of times per token, and wait for each other spinning.  When one of them has to
    share its processor, all wait for it: with the processors busy elsewhere (an import, say), two threads on two
    processors answered 10 to 30 times slower than one.  So a thread is run for each processor that others leave free.
    """

    EVERY = 0.25  # seconds between two looks; the kernel counts in hundredths

    def __init__(self, most: int, busy: Callable[[], tuple[float, float]] | None = None) -> None:
        """`busy` returns seconds of processor time that everybody, and this process alone, have used so far."""
        self._most = most
        self._busy = busy or _busy
        self._looked = time.monotonic()
        self._all, self._own = self._busy()
        self.threads = most

    def look(self) -> bool:
        """Look again, if it is time; whether `threads` changed."""
        passed = time.monotonic() - self._looked
        if passed < self.EVERY or self._most == 1:
            return False
        everybody, own = self._busy()
        others = ((everybody - self._all) - (own - self._own)) / passed
        self._looked, self._all, self._own = self._looked + passed, everybody, own
        before, self.threads = self.threads, max(1, min(self._most, int(self._most - others + 0.4)))
        return self.threads != before


def _busy() -> tuple[float, float]:
    own = psutil.Process().cpu_times()
    mine = set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    everybody = 0.0
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        if mine is None or number in mine:
            everybody += times.user + times.system
    return everybody, own.user + own.system


def _usable() -> int:
    """Logical processors this process may use: its affinity, and the quota of its control group (cgroup v2)."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(affinity, -(-int(quota) // int(period))))
    except (OSError, ValueError):  # no quota, or "max"
        return affinity
