"""A folder of files kept in step with the vault: what a folder of notes and any other folder have in common.

A file is read again when its size or time differs from what was read.  It may disappear for a moment while an editor
saves it, so its records stay for `GRACE` seconds.  Where most of a folder is gone at once a disk may be away, or what
synchronises the folder may be at fault: for `PATIENCE` seconds nothing is taken out of the vault, and the source says
so.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from storage.ledger import Ledger
from storage.records import Broken
from storage.sources import folder_events, walk
from storage.sources.file_items import FileItems
from storage.sync import Account, Report, Stop, Synced, SyncFailed

GRACE = 60.0  # seconds
PATIENCE = 24 * 3600.0  # seconds
_MANY = 20  # files: of fewer, people do delete most
_SETTLED = 2.0  # seconds: a file younger than this may change once more within one tick of a coarse clock

Wanted = Callable[[walk.Source], bool]


@dataclass(frozen=True)
class _Listing:
    """`files` by key; `unread`: keys of folders and files that are there but could not be looked at."""

    files: Mapping[str, walk.Source]
    unread: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    empty: bool  # the folder itself holds nothing at all, as a mount point without its disk


class WatchedFolder:
    """The driver of both kinds.  Config: `path`, absolute or beginning with "~"."""

    def __init__(
        self,
        wanted: Callable[[Path], Wanted],
        clock: Callable[[], float] = time.time,
        polling: bool | None = None,
    ) -> None:
        """`wanted` is given the folder, and tells which of its files are read.  `polling`: look at the folder every
        few seconds instead of waiting for file events; None: where there are no events."""
        self._wanted = wanted
        self._clock = clock
        self._polling = polling

    def check(self, account: Account) -> tuple[str, ...]:
        _root(account)
        return ()

    def sync(self, account: Account, ledger: Ledger, report: Report, stop: Stop) -> Synced:
        root = _root(account)
        listing = _listing(root, self._wanted(root))
        known = ledger.known("")
        before = {key.partition("\n")[0]: "" for key in known} | {k: v for k, v in known.items() if "\n" not in k}
        now = self._clock()
        changed = {key: file for key, file in listing.files.items() if before.get(key) != version(file)}
        lost = {key for key in before if key not in listing.files and not _within(key, listing.unread)}
        renamed = _renamed(lost, changed, before)
        items = FileItems(ledger, known, len(changed), report, stop, account.extract)
        for key, file in changed.items():
            if file.size == 0 and key in before and now - file.modified < GRACE:
                continue  # an editor that empties a file before it writes it
            mark = "?" if now - file.modified < _SETTLED else ""
            items.read(key, file, version(file) + mark, renamed.get(key))
        items.finish()
        gone = 0
        if not stop():
            self._check_loss(ledger, listing, len(lost) - len(renamed), len(before), now)
            ledger.missing("", [key for key in known if key.partition("\n")[0] in lost])
            gone = ledger.sweep(now - GRACE)
        return Synced(items.new, items.changed, gone, (*listing.failed, *items.failed))

    def watch(self, account: Account, changed: Callable[[], None], stop: Stop) -> None:
        """Calls `changed` once more when what went missing may be taken out."""
        root = _root(account)
        due: float | None = None
        for happened in folder_events.wait(root, stop, self._polling):
            if happened:
                changed()
                due = time.monotonic() + GRACE + _SETTLED
            elif due is not None and time.monotonic() >= due:
                changed()
                due = None

    def _check_loss(self, ledger: Ledger, listing: _Listing, lost: int, before: int, now: float) -> None:
        """Errors: SyncFailed while so much is gone, and not for long, that it hardly was meant."""
        away = lost > 0 and (listing.empty or (before >= _MANY and lost * 2 > before))
        since = ledger.state("").get("lost since")
        if not away:
            if since is not None:
                ledger.set_state("", {})
            return
        if since is None:
            since = now
            ledger.set_state("", {"lost since": now})
        if now - since < PATIENCE:
            raise SyncFailed(
                "source-gone",
                f"{lost} of {before} files of the folder are gone at once. They stay in the vault for a day, in case a "
                "disk is not connected.",
            )


def version(file: walk.Source) -> str:
    return f"{file.size}-{file.modified!r}"


def _root(account: Account) -> Path:
    """Errors: ValueError for what is no path, SyncFailed `source-gone` where no folder is."""
    given = account.config.get("path")
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        raise ValueError("Choose a folder.")
    try:
        path = Path(given).expanduser()
        if not path.is_absolute():
            raise ValueError("Give the whole path of the folder.")
        if not stat.S_ISDIR(path.stat().st_mode):
            raise ValueError("This is a file; choose the folder that it is in.")
        with os.scandir(path) as entries:
            next(entries, None)
    except RuntimeError as error:  # "~somebody" whom this machine does not know
        raise ValueError("Give the whole path of the folder.") from error
    except PermissionError as error:
        raise SyncFailed("source-refused", "Reading the folder is not permitted.") from error
    except OSError as error:
        raise SyncFailed("source-gone", "The folder is not there. Is its disk connected?") from error
    return path


def _listing(root: Path, wanted: Wanted) -> _Listing:
    files: dict[str, walk.Source] = {}
    unread: list[str] = []
    failed: list[tuple[str, str]] = []
    shown = walk.shown(root)
    for found in walk.sources(root):
        if isinstance(found, Broken):
            unread.append(_readable(found.origin.removeprefix(shown).lstrip("/\\")))
            failed.append((found.origin, found.reason))
        elif wanted(found):
            files[_key(root, found.path)] = found
    with os.scandir(root) as entries:
        empty = next(entries, None) is None
    return _Listing(files, tuple(unread), tuple(failed), empty)


def _key(root: Path, path: Path) -> str:
    return _readable(walk.shown(path.relative_to(root)))


def _readable(path: str) -> str:
    """A path as a key: "\\n" would divide it from the message within the file."""
    return path.replace("\n", "\u2424")


def _within(key: str, places: tuple[str, ...]) -> bool:
    return any(not place or key == place or key.startswith((f"{place}/", f"{place}\\")) for place in places)


def _renamed(lost: set[str], changed: Mapping[str, walk.Source], before: Mapping[str, str]) -> dict[str, str]:
    """New key → old key, where one file went and one of the same size and time came: an editor's rename."""
    gone: dict[str, list[str]] = {}
    for key in lost:
        if before[key]:
            gone.setdefault(before[key].rstrip("?"), []).append(key)
    came: dict[str, list[str]] = {}
    for key, file in changed.items():
        if key not in before:
            came.setdefault(version(file), []).append(key)
    return {new[0]: gone[mark][0] for mark, new in came.items() if len(new) == len(gone.get(mark, [])) == 1}
