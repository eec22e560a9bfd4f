"""Files into the ledger: one item for each file, and one for each message of a file that holds many.

The item of a file of many messages is stored last, so that a file whose reading was cut off is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from storage.documents import Extract, Extracted
from storage.ledger import Item, Ledger
from storage.records import Broken, Record
from storage.sources import detect, read, walk
from storage.sync import Report, Stop

_BATCH_ITEMS = 64
_BATCH_BYTES = 1024 * 1024  # of originals and bodies, about


class FileItems:
    """Reads files and stores what is in them, batch by batch.  After `finish`: `new`, `changed`, `failed`."""

    def __init__(
        self, ledger: Ledger, known: Mapping[str, str], files: int, report: Report, stop: Stop, extract: Extract
    ) -> None:
        """`files`: how many there are to read, for the progress.  `known`: as the ledger tells."""
        self._ledger = ledger
        self._known = known
        self._files = files
        self._report = report
        self._stop = stop
        self._reader = extract
        self._absent = False
        self._within: dict[str, set[str]] = {}
        for key in known:
            file, inside, _ = key.partition("\n")
            if inside:
                self._within.setdefault(file, set()).add(key)
        self._batch: list[Item] = []
        self._bytes = 0
        self._left: list[str] = []
        self._done = 0
        self.new = 0
        self.changed = 0
        self.failed: list[tuple[str, str]] = []

    def read(self, key: str, file: walk.Source, version: str, renamed: str | None = None) -> None:
        """One file.  `renamed`: the key it was known by, whose record goes in the same step unless it is this one.

        A file that cannot be read keeps what it was.  One that was never read is not tried again until it changes.
        """
        if self._stop():
            return
        self._done += 1
        self._report(self._done, self._files, file.origin)
        if renamed is not None:
            self._flush()  # so that both names come into one transaction
        whole: Record | None = None
        inside: set[str] = set()
        self._absent = False
        for found in read(file.path, self._extract) if _is_readable(file) else ():
            if isinstance(found, Broken):
                self.failed.append((found.origin, found.reason))
                if found.origin == file.origin and (self._absent or key in self._known or not _opens(file)):
                    return
            elif found.origin == file.origin:
                whole = replace(found, folder=file.folder or found.folder)
            else:
                inside.add(f"{key}\n{found.id()}")
                self._add(Item(f"{key}\n{found.id()}", "", replace(found, folder=_folder(file, found))))
            if self._stop():
                return
        self._left += self._within.get(key, set()) - inside
        self._add(Item(key, version, whole))
        if renamed is not None:
            self._add(Item(renamed, "", None))
            self._left.append(renamed)
            self._flush()

    def finish(self) -> None:
        self._flush()
        if self._left:
            self._ledger.missing("", self._left)

    def _extract(self, media_type: str, name: str, content: bytes) -> Extracted:
        found = self._reader(media_type, name, content)
        self._absent = self._absent or found.absent
        return found

    def _add(self, item: Item) -> None:
        self._batch.append(item)
        if item.record is not None:
            self._bytes += len(item.record.raw) + len(item.record.body)
        if len(self._batch) >= _BATCH_ITEMS or self._bytes >= _BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._batch:
            return
        kept = self._ledger.store("", self._batch)
        self.new += kept.new
        self.changed += kept.changed
        self._batch, self._bytes = [], 0


def _folder(file: walk.Source, record: Record) -> str:
    """Of a message or the like within a file: the file's own folder, and the mailbox in it."""
    if record.kind in ("event", "contact") or file.in_maildir:
        return file.folder or record.folder
    return f"{file.folder}/{record.folder}".strip("/")


def _opens(file: walk.Source) -> bool:
    try:
        file.path.open("rb").close()
    except OSError:
        return False
    return True


def _is_readable(file: walk.Source) -> bool:
    """Whether there is anything in the file that Nuée reads; pictures, programs and most archives are passed over in
    silence."""
    try:
        with file.path.open("rb") as opened:
            head = opened.read(detect.HEAD)
    except OSError:
        return True  # reading it will say what is wrong
    kind = detect.kind(file.path, head, file.in_maildir)
    return file.name.lower().startswith("takeout") if kind == "archive" else kind not in ("empty", "unknown")
