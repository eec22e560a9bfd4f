"""Bytes in, records out: mail (mbox, Maildir, .eml, message files), notes, documents, calendars and contacts.

Everything here treats what it reads as hostile: sizes, depths and counts are bounded, nothing is fetched, nothing is
unpacked to the disk, and one damaged message never stops the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storage.documents import Extract, no_reader
from storage.progress import Mark, Marks, Resumed, nothing
from storage.records import Broken, Record
from storage.sources import archive, detect, mbox, walk
from storage.sources.reading import MAX_MESSAGE, MAX_NOTE, Item, Reader

__all__ = ["MAX_MESSAGE", "MAX_NOTE", "Item", "count", "read", "resumable"]


def read(path: Path, extract: Extract = no_reader) -> Iterator[Record | Broken]:
    """Everything readable at or under `path`, in a fixed order, one message at a time.

    `extract` reads documents (`storage.documents`).  Raises nothing: what cannot be read comes as a `Broken` with a
    sentence for the user.  Blocking; any thread.
    """
    for item in resumable(path, extract):
        if not isinstance(item, Mark | Resumed):
            yield item


def resumable(path: Path, extract: Extract = no_reader, marks: Marks = nothing) -> Iterator[Item]:
    """As `read`, from where `marks` says that an earlier import of the same bytes stopped, with new marks between.

    The mark after an item covers it.  Blocking; any thread.
    """
    return Reader(extract, marks).items(path)


def count(path: Path) -> int | None:
    """About how many items `read` will yield, for a progress bar; None where that is unknown."""
    return sum(_estimates(walk.sources(path), given=not walk.is_folder(path))) or None


def _estimates(sources: Iterator[walk.Source | Broken], given: bool) -> Iterator[int]:
    for source in sources:
        if isinstance(source, Broken):
            yield 1
            continue
        try:
            yield _estimate(source, given)
        except OSError:
            yield 1


def _estimate(source: walk.Source, given: bool) -> int:
    if source.in_maildir:
        return 1
    with archive.opened(source) as file:
        head = file.read(1024)
        kind = detect.kind(Path(source.name), head, source.in_maildir)
        file.seek(0)
        if kind == "mbox":
            return mbox.estimate(file, source.size)
        if kind in ("calendar", "contacts") and source.size <= MAX_MESSAGE:
            return max(1, file.read().count(b"BEGIN:VEVENT" if kind == "calendar" else b"BEGIN:VCARD"))
    if kind == "archive" and not source.member and (given or source.name.lower().startswith("takeout")):
        return sum(_estimates(archive.members(source), given=False))
    return 1
