"""From what a source reads into the vault: in batches, with progress, cancel, and a list of what failed.

One broken message never stops the rest, and memory does not grow with the mailbox: at most one batch is held.
Blocking; call from a worker thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.database import VaultError
from storage.progress import Mark, Resumed
from storage.records import Broken, Record
from storage.vault import Vault

BATCH_RECORDS = 64
BATCH_BYTES = 1024 * 1024  # of originals and bodies, about

Read = Callable[[Path], Iterator[Record | Broken | Mark | Resumed]]
Count = Callable[[Path], int | None]
Progress = Callable[[int, int | None, str], None]  # records done, of how many if known, what is being read
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Report:
    """`failed`: (path, reason), in the order met; also kept in the vault, see `Library.failures`."""

    imported: int
    duplicates: int
    failed: tuple[tuple[str, str], ...]
    seconds: float
    cancelled: bool = False


def import_paths(
    vault: Vault,
    paths: Iterable[Path],
    read: Read,
    progress: Progress = lambda _done, _total, _item: None,
    cancelled: Cancelled = lambda: False,
    count: Count = lambda _path: None,
) -> Report:
    """Import every record of `paths`.

    `cancelled` is asked between records; what was imported before stays.  Marks that `read` yields are stored with the
    records before them, so that importing again goes on from there, after a kill too; what is read twice counts as a
    duplicate.  Callbacks run on this thread.  Errors: VaultError (a full disk, a locked vault) ends
    the import; everything else is a failure of the item it concerns.
    """
    return _Import(vault, read, progress, cancelled).run(list(paths), count)


class _Import:
    def __init__(self, vault: Vault, read: Read, progress: Progress, cancelled: Cancelled) -> None:
        self._vault = vault
        self._read = read
        self._progress = progress
        self._cancelled = cancelled
        self._total: int | None = None
        self._done = 0
        self._imported = 0
        self._duplicates = 0
        self._failed: list[tuple[str, str]] = []
        self._batch: list[Record] = []
        self._batch_bytes = 0
        self._marks: dict[str, Mark] = {}

    def run(self, paths: Sequence[Path], count: Count) -> Report:
        started = time.monotonic()
        self._total = _total(paths, count)
        stopped = False
        try:
            for path in paths:
                stopped = self._path(path)
                if stopped:
                    break
        finally:
            self._flush()
        seconds = time.monotonic() - started
        return Report(self._imported, self._duplicates, tuple(self._failed), seconds, stopped)

    def _path(self, path: Path) -> bool:
        """Import one path; whether the user cancelled."""
        try:
            if not path.exists():
                self._fail(str(path), "There is no such file or folder.")
                return False
            items = self._read(path)
            for item in items:
                if self._is_full() and not isinstance(item, Mark):  # the mark after the last record belongs to it
                    self._flush()
                self._item(item)
                if self._cancelled():
                    if isinstance(mark := next(items, None), Mark):
                        self._item(mark)
                    return True
        except VaultError:
            raise
        except OSError as error:
            self._fail(str(path), f"It cannot be read: {error.strerror or type(error).__name__}.")
        except Exception as error:  # noqa: BLE001 - a source that fails on one path must not stop the others
            self._fail(str(path), f"It cannot be read ({type(error).__name__}).")
        return self._cancelled()

    def _item(self, item: Record | Broken | Mark | Resumed) -> None:
        if isinstance(item, Mark):
            self._marks[item.path] = item
            return
        if isinstance(item, Resumed):
            self._done += item.number
            self._progress(self._done, self._total, item.origin)
            return
        if isinstance(item, Broken):
            self._fail(item.origin, item.reason)
        else:
            self._batch.append(item)
            self._batch_bytes += len(item.raw) + len(item.body)
        self._done += 1
        self._progress(self._done, self._total, item.origin)

    def _is_full(self) -> bool:
        return len(self._batch) >= BATCH_RECORDS or self._batch_bytes >= BATCH_BYTES

    def _flush(self) -> None:
        """Store the batch; where it fails as a whole, each record by itself, so that only the bad one is left out."""
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        marks, self._marks = tuple(self._marks.values()), {}
        if not batch and not marks:
            return
        try:
            self._add(batch, marks)
        except VaultError as error:
            if error.code != "too-large":
                raise
            self._add_singly(batch, marks)
        except Exception:  # noqa: BLE001 - whatever one record did to us, the others are innocent
            self._add_singly(batch, marks)

    def _add_singly(self, batch: Sequence[Record], marks: Sequence[Mark]) -> None:
        for record in batch:
            try:
                self._add([record])
            except VaultError as error:
                if error.code != "too-large":
                    raise
                self._fail(record.origin, "It is too large for the vault to store.")
            except Exception as error:  # noqa: BLE001 - see above
                self._fail(record.origin, f"It cannot be stored ({type(error).__name__}).")
        self._add((), marks)

    def _add(self, batch: Sequence[Record], marks: Sequence[Mark] = ()) -> None:
        added = self._vault.library.add(batch, marks)
        self._imported += len(added.ids)
        self._duplicates += added.duplicates

    def _fail(self, path: str, reason: str) -> None:
        self._failed.append((path, reason))
        self._vault.library.note_failures([(path, reason)])


def _total(paths: Sequence[Path], count: Count) -> int | None:
    """How many records there are in all, or None when any path cannot tell."""
    total = 0
    for path in paths:
        try:
            some = count(path) if path.exists() else 0
        except Exception:  # noqa: BLE001 - a total is a comfort; reading the path will say what is wrong with it
            return None
        if some is None:
            return None
        total += some
    return total
