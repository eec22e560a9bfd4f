"""What a command tells while it works: to whom, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable

import trio

Report = Callable[[object], None]
REPORT_EVERY = 0.05  # seconds: twenty updates a second are smooth, more are work


def quiet(_event: object) -> None:
    """The report of a caller who asked for none."""


def throttled(report: Report, token: trio.lowlevel.TrioToken) -> Report:
    """`report` for another thread: hops to the trio thread, and lets through what a person can see."""
    last = 0.0

    def hop(event: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_EVERY:
            last = now
            token.run_sync_soon(report, event)

    return hop
