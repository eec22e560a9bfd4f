"""What a person sees while a step runs.

On a terminal one line is rewritten; elsewhere (a log file, a build server) a line is added now and then, so that a
long step never looks dead and never floods.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

QUIET_SECONDS = 10.0  # between two lines where output is not a terminal


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"


class Progress:
    """One step's line.  Use as a context manager; `note` says how far it is, `say` adds a line that stays."""

    def __init__(self, title: str, out: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.title = title
        self._out = out or sys.stdout
        self._now = now
        self._start = now()
        self._printed = self._start
        self._live = self._out.isatty()
        self._text = ""

    @property
    def elapsed(self) -> float:
        return self._now() - self._start

    def __enter__(self) -> Progress:
        if self._live:
            self._rewrite()
        else:
            self._line(f"{self.title} ...")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        ending = "done" if kind is None else "stopped"
        self._line(f"{self.title}: {ending} ({duration(self.elapsed)})")

    def note(self, text: str) -> None:
        """How far it is now."""
        self._text = text
        self.tick()

    def tick(self) -> None:
        """Call at least once a second: keeps the clock going."""
        if self._live:
            self._rewrite()
        elif self._text and self._now() - self._printed >= QUIET_SECONDS:
            self._line(f"  {self._text} ({duration(self.elapsed)})")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._line(f"  {text}")

    def _rewrite(self) -> None:
        text = f"{self.title}: {self._text or '...'} ({duration(self.elapsed)})"
        width = shutil.get_terminal_size().columns - 1
        self._out.write("\r\x1b[2K" + text[:width])
        self._out.flush()

    def _line(self, text: str) -> None:
        self._out.write(("\r\x1b[2K" if self._live else "") + text + "\n")
        self._out.flush()
        self._printed = self._now()
