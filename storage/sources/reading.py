"""From a file or folder to records, with marks where reading may go on another time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storage.documents import Extract
from storage.progress import Mark, Marks, Resumed
from storage.records import Broken, Record
from storage.sources import archive, calendar_file, contacts, dates, detect, files, mbox, message, notes, walk
from storage.sources.walk import Source

MAX_MESSAGE = mbox.MAX_MESSAGE
MAX_NOTE = 16 * 1024 * 1024  # bytes
_FINGERPRINT = 64 * 1024  # bytes of a file that its fingerprint covers

Item = Record | Broken | Mark | Resumed
_SINGLE = frozenset({"note", "message", "apple message", "document", "page", "text", "calendar", "contacts"})


@dataclass(frozen=True)
class Reader:
    """`extract` reads documents; `marks` knows how far an earlier import had come."""

    extract: Extract
    marks: Marks

    def items(self, path: Path) -> Iterator[Item]:
        """Everything readable at or under `path`, in a fixed order.  Raises nothing."""
        if walk.is_folder(path):
            yield from self._collection(_key(path), walk.shown(path), lambda: walk.sources(path))
            return
        for source in walk.sources(path):
            yield from self._source(source, given=True)

    def _collection(self, key: str, origin: str, walk_it: Callable[[], Iterator[Source | Broken]]) -> Iterator[Item]:
        """Many files in a fixed order.  The mark's fingerprint covers the names, sizes and times of those done."""
        sources, chain, position, number = self._after(key, walk_it)
        if position:
            yield Resumed(origin, number)
        for source in sources:
            for item in self._source(source, given=False):
                yield item
                if not isinstance(item, Mark):
                    number += item.number if isinstance(item, Resumed) else 1
            position += 1
            chain = _chained(chain, source)
            yield Mark(key, chain, position, number)
        yield Mark(key, chain, position, number, finished=True)

    def _after(
        self, key: str, walk_it: Callable[[], Iterator[Source | Broken]]
    ) -> tuple[Iterator[Source | Broken], str, int, int]:
        """What is still to be read, and the chain, files and items of what is not read again."""
        stored = self.marks(key)
        if stored is not None:
            sources, chain = walk_it(), ""
            for _, source in zip(range(stored.position), sources, strict=False):
                chain = _chained(chain, source)
            if chain == stored.fingerprint:
                return sources, chain, stored.position, stored.number
        return walk_it(), "", 0, 0

    def _source(self, source: Source | Broken, given: bool) -> Iterator[Item]:
        if isinstance(source, Broken):
            yield source
            return
        try:
            yield from self._file(source, given)
        except OSError as error:
            yield Broken(source.origin, walk.problem(error))

    def _file(self, source: Source, given: bool) -> Iterator[Item]:
        with archive.opened(source) as file:
            head = file.read(_FINGERPRINT)
            kind = detect.kind(Path(source.name), head[: detect.HEAD], source.in_maildir)
            if kind in _SINGLE:
                yield from self._whole(source, kind, head, file)
                return
        if kind == "mbox":
            yield from self._mbox(source, head)
        elif kind == "archive" and not source.member and (given or source.name.lower().startswith("takeout")):
            yield from self._collection(_key(source.path), source.origin, lambda: archive.members(source))
        elif kind == "empty":
            yield Broken(source.origin, "The file is empty.")
        else:
            name = walk.shown(Path(source.name))
            yield Broken(source.origin, f"“{name}” is not a kind of file Nuée reads yet.")

    def _whole(self, source: Source, kind: detect.FileKind, head: bytes, file: BinaryIO) -> Iterator[Record | Broken]:
        limit = MAX_NOTE if kind in ("note", "text") else MAX_MESSAGE
        data = b"" if source.size > limit else head + file.read(limit + 1 - len(head))
        if max(len(data), source.size) > limit:
            yield Broken(source.origin, f"It is larger than {limit // (1024 * 1024)} MiB.")
        elif kind in ("calendar", "contacts"):
            parse = calendar_file.records if kind == "calendar" else contacts.records
            yield from parse(data, source.origin, source.folder or _parent(source))
        else:
            yield _guarded(source.origin, lambda: self._single(source, kind, data))

    def _single(self, source: Source, kind: detect.FileKind, data: bytes) -> Record | Broken:
        origin, folder = source.origin, source.folder or _parent(source)
        if kind == "note":
            return notes.parse(data, Path(source.name), origin, folder, source.modified)
        place = files.Place(source.name, origin, folder, source.modified)
        if kind == "document":
            return files.document(data, place, self.extract)
        if kind == "page":
            return files.page(data, place)
        if kind == "text":
            return files.text(data, place)
        if kind == "apple message":
            length, _, rest = data.partition(b"\n")
            data = rest[: int(length)]
        stored = dates.of_maildir_name(source.name) or source.modified
        return message.parse(data, origin, folder, stored=stored, extract=self.extract)

    def _mbox(self, source: Source, head: bytes) -> Iterator[Item]:
        name = walk.shown(Path(source.name)).removesuffix(".mbox")
        folder = source.folder if source.in_maildir else f"{source.folder}/{name}".strip("/")
        key = _key(source.path) + (f"/{source.member}" if source.member else "")
        fingerprint = _fingerprint(source, head)
        stored = self.marks(key)
        with archive.opened(source) as file:
            number = 0
            if stored is not None and stored.fingerprint == fingerprint and stored.position <= source.size:
                number = stored.number
                file.seek(stored.position)
                yield Resumed(source.origin, number)
            for each in mbox.split(file, packed=bool(source.member)):
                number += 1
                if not each.is_expunged():
                    yield self._mbox_message(f"{source.origin}#{number}", folder, each, source.modified)
                yield Mark(key, fingerprint, each.end, number)
        yield Mark(key, fingerprint, source.size, number, finished=True)

    def _mbox_message(self, origin: str, folder: str, found: mbox.Found, modified: float) -> Record | Broken:
        raw = found.raw
        if raw is None:
            return Broken(origin, f"The message is larger than {MAX_MESSAGE // (1024 * 1024)} MiB.")
        if not raw.strip():
            return Broken(origin, "The message is empty.")
        return _guarded(origin, lambda: message.parse(raw, origin, folder, found.envelope, modified, self.extract))


def _guarded(origin: str, parse: Callable[[], Record | Broken]) -> Record | Broken:
    """The last net: a fault of ours in one message must cost that message only.  Tests treat its use as a failure."""
    try:
        return parse()
    except Exception as error:  # noqa: BLE001 (anything a parser may raise; the user sees what and where)
        return Broken(origin, f"Reading it failed unexpectedly ({type(error).__name__}).")


def _parent(source: Source) -> str:
    return walk.shown(Path(source.path.absolute().parent.name))


def _key(path: Path) -> str:
    return walk.shown(path.resolve())


def _fingerprint(source: Source, head: bytes) -> str:
    status = source.path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}:{hashlib.sha256(head).hexdigest()}"


def _chained(chain: str, source: Source | Broken) -> str:
    if isinstance(source, Broken):
        said = f"{source.origin}\0{source.reason}"
    else:
        said = f"{source.origin}\0{source.size}\0{source.modified!r}"
    return hashlib.sha256(f"{chain}\0{said}".encode()).hexdigest()
