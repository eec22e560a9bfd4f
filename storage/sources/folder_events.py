"""The only importer of watchfiles: waits for changes within a folder, by the system's file events where it has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from storage.sync import Stop, SyncFailed

_QUIET_MS = 500  # this long without a change ends a burst of them; also how often `stop` is asked
_BURST_MS = 5000  # a burst that goes on is told of this often
_TICK_MS = 2000
_POLL_MS = 5000  # between two looks at every file


@dataclass(frozen=True)
class _Stopping:
    stop: Stop

    def is_set(self) -> bool:
        return self.stop()


def wait(root: Path, stop: Stop, polling: bool | None = None) -> Iterator[bool]:
    """True for each burst of changes under `root`, False every few seconds without one; ends on `stop`.

    Hidden files and folders do not count: editors keep their state there.  `polling`: see `WatchedFolder`.
    Errors: SyncFailed `source-gone` when the folder goes away.
    """
    while not stop():
        place = _identity(root)
        try:
            for changes in _watch(root, stop, polling):
                yield bool(changes)
                if _identity(root) != place:
                    break  # another folder, or another disk, at the same path: events come from the old one
            else:
                return
        except (OSError, RuntimeError) as error:  # the second is what the library's own errors are
            if polling:
                raise SyncFailed("source-gone", "The folder can no longer be watched.") from error
            polling = True  # out of watches, or a file system without events
        yield True  # for what may have happened between the two watches


def _watch(root: Path, stop: Stop, polling: bool | None) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    def counts(_change: watchfiles.Change, path: str) -> bool:
        return not any(part.startswith(".") for part in Path(os.path.relpath(path, root)).parts if part != "..")

    return watchfiles.watch(
        root,
        watch_filter=counts,
        debounce=_BURST_MS,
        step=_QUIET_MS,
        stop_event=_Stopping(stop),
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        force_polling=polling,
        poll_delay_ms=_POLL_MS,
        ignore_permission_denied=True,
    )


def _identity(root: Path) -> tuple[int, int]:
    try:
        status = root.stat()
    except OSError as error:
        raise SyncFailed("source-gone", "The folder is not there. Is its disk connected?") from error
    return status.st_dev, status.st_ino
