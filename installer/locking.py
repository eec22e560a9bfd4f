"""One set-up at a time.

The lock belongs to an open file, and the programs that the installer starts inherit it (Job.locks): when an installer
is killed while pip or the compiler goes on, the next one waits for them instead of working on the same files.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def exclusive(path: Path, waiting: Callable[[], None], poll: float = 0.5) -> Iterator[int]:
    """Hold `path`; yields its descriptor.  `waiting` is called every `poll` seconds while somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not _try_lock(descriptor):
            waiting()
            time.sleep(poll)
        yield descriptor
    finally:
        os.close(descriptor)
