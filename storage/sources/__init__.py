"""Bytes in, records out: mail (mbox, Maildir, .eml, message files) and notes (Markdown, plain text).

Everything here treats what it reads as hostile: sizes, depths and counts are bounded, nothing is fetched, nothing is
unpacked, and one damaged message never stops the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from storage.records import Broken, Record
from storage.sources import dates, detect, mbox, message, notes, walk

MAX_MESSAGE = mbox.MAX_MESSAGE
MAX_NOTE = 16 * 1024 * 1024  # bytes

__all__ = ["MAX_MESSAGE", "MAX_NOTE", "count", "read"]


def read(path: Path) -> Iterator[Record | Broken]:
    """Everything readable at or under `path`, in a fixed order, one message at a time.

    Raises nothing: what cannot be read comes as a `Broken` with a sentence for the user.  Blocking; any thread.
    """
    for source in walk.sources(path):
        if isinstance(source, Broken):
            yield source
            continue
        try:
            yield from _file(source)
        except OSError as error:
            yield Broken(walk.shown(source.path), walk.problem(error))


def count(path: Path) -> int | None:
    """About how many items `read` will yield, for a progress bar; None where that is unknown."""
    total = 0
    for source in walk.sources(path):
        if isinstance(source, Broken):
            total += 1
            continue
        try:
            total += _estimate(source)
        except OSError:
            total += 1
    return total or None


def _estimate(source: walk.Source) -> int:
    if source.size < 1024 or source.in_maildir:
        return 1
    with source.path.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf\r\n").startswith(b"From "):
            return 1
        file.seek(0)
        return mbox.estimate(file, source.size)


def _file(source: walk.Source) -> Iterator[Record | Broken]:
    origin = walk.shown(source.path)
    with source.path.open("rb") as file:
        kind = detect.kind(source.path, file.read(detect.HEAD), source.in_maildir)
        file.seek(0)
        if kind == "empty":
            yield Broken(origin, "The file is empty.")
        elif kind == "unknown":
            yield Broken(origin, f"“{walk.shown(Path(source.path.name))}” is not a kind of file Nuée reads yet.")
        elif kind == "mbox":
            yield from _mbox(source, origin, mbox.split(file))
        else:
            limit = MAX_NOTE if kind == "note" else MAX_MESSAGE
            data = b"" if source.size > limit else file.read(limit + 1)
            if max(len(data), source.size) > limit:
                yield Broken(origin, f"It is larger than {limit // (1024 * 1024)} MiB.")
            else:
                yield _single(source, origin, kind, data)


def _single(source: walk.Source, origin: str, kind: detect.FileKind, data: bytes) -> Record | Broken:
    folder = source.folder or walk.shown(Path(source.path.absolute().parent.name))
    if kind == "note":
        return _guarded(origin, lambda: notes.parse(data, source.path, origin, folder, source.modified))
    if kind == "apple message":
        length, _, rest = data.partition(b"\n")
        data = rest[: int(length)]
    stored = dates.of_maildir_name(source.path.name) or source.modified
    return _guarded(origin, lambda: message.parse(data, origin, folder, stored=stored))


def _mbox(source: walk.Source, origin: str, found: Iterator[mbox.Found]) -> Iterator[Record | Broken]:
    name = walk.shown(Path(source.path.name)).removesuffix(".mbox")
    folder = source.folder if source.in_maildir else f"{source.folder}/{name}".strip("/")
    for number, each in enumerate(found, start=1):
        if each.is_expunged():
            continue
        yield _mbox_message(f"{origin}#{number}", folder, each, source.modified)


def _mbox_message(origin: str, folder: str, found: mbox.Found, modified: float) -> Record | Broken:
    raw = found.raw
    if raw is None:
        return Broken(origin, f"The message is larger than {MAX_MESSAGE // (1024 * 1024)} MiB.")
    if not raw.strip():
        return Broken(origin, "The message is empty.")
    return _guarded(origin, lambda: message.parse(raw, origin, folder, found.envelope, modified))


def _guarded(origin: str, parse: Callable[[], Record]) -> Record | Broken:
    """The last net: a fault of ours in one message must cost that message only.  Tests treat its use as a failure."""
    try:
        return parse()
    except Exception as error:  # noqa: BLE001 (anything a parser may raise; the user sees what and where)
        return Broken(origin, f"Reading it failed unexpectedly ({type(error).__name__}).")
