"""Splits an mbox file into messages in constant memory.

All four dialects (mboxo, mboxrd, mboxcl, mboxcl2).  A message begins at a "From " line after an empty line; ">From "
within loses one ">" (mboxrd).  Content-Length is believed only where it leads to the next "From " line or the file's
end, since it is often wrong.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

MAX_MESSAGE = 64 * 1024 * 1024  # bytes of one message
_PIECE = 64 * 1024  # bytes of a line that are held at once
_AHEAD = 300  # bytes of a field that are looked at

_DATED = re.compile(rb"From .{0,400}\d{1,2}:\d\d.{0,60}\d{4}|From - ", re.DOTALL)
_DATELESS = re.compile(rb"From \S{1,320}[ \t]*\r?\n\Z")
_FIELD = re.compile(rb"[!-9;-~]{1,200}:|>?From ")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_MOZILLA_STATUS = re.compile(rb"(?:[^\r\n]++\r?\n)*?x-mozilla-status:[ \t]*([0-9a-f]{4})[ \t]*\r?\n", re.IGNORECASE)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


class Lines(Protocol):
    """What is needed of a file.  One that cannot be sought in offers `peek`, as a member of a ZIP file does."""

    def readline(self, size: int = ..., /) -> bytes: ...
    def read(self, size: int = ..., /) -> bytes: ...
    def seek(self, offset: int, whence: int = ..., /) -> int: ...
    def tell(self) -> int: ...


@dataclass(frozen=True)
class Found:
    """One message: its "From " line, its bytes without quoting; None where it is larger than `MAX_MESSAGE`.

    `end`: bytes of the file up to the next message's "From " line, where reading may go on another time.
    """

    envelope: str
    raw: bytes | None
    end: int = 0

    def is_expunged(self) -> bool:
        """Whether Thunderbird has deleted it: it stays in the file, unseen, until the folder is compacted."""
        status = _MOZILLA_STATUS.match(self.raw[:_PIECE]) if self.raw else None
        return status is not None and bool(int(status[1], 16) & 0x0008)


def split(file: Lines, packed: bool = False) -> Iterator[Found]:
    """The messages of an mbox opened for reading at its beginning, or where a message begins.  Raises OSError only.

    `packed`: the file can be read forwards only, so no stated length is looked after.
    """
    envelope = _first(file)
    while envelope is not None:
        raw, following = _message(file, packed)
        end = file.tell() - len(following or b"")
        yield Found(envelope.decode("utf-8", "replace").strip(), raw, end)
        envelope = following


def _first(file: Lines) -> bytes | None:
    while line := file.readline(_PIECE):
        if line.startswith((b"From ", b"\xef\xbb\xbfFrom ")):
            return line
        if line.strip():
            return None
    return None


def _message(file: Lines, packed: bool) -> tuple[bytes | None, bytes | None]:
    """The message that begins here, and the "From " line after it (None at the end of the file)."""
    kept = bytearray()
    too_large = in_body = False
    after_blank, at_start = True, True
    while line := file.readline(_PIECE):
        if after_blank and at_start and line.startswith(b"From ") and (kept or too_large) and _begins(line, file):
            return (None if too_large else _unquoted(kept)), line
        after_blank = at_start and line in (b"\n", b"\r\n")
        at_start = line.endswith(b"\n")
        if too_large:
            continue
        kept += line
        if after_blank and not in_body:
            in_body = True
            kept += b"" if packed else _body_of_stated_length(file, kept)
        if len(kept) > MAX_MESSAGE:
            too_large, kept = True, bytearray()
    return (None if too_large else _unquoted(kept)), None


def _begins(line: bytes, file: Lines) -> bool:
    """Whether this "From " line begins a message: it bears a date, or a bare sender and a header after it."""
    if _DATED.match(line):
        return True
    if not _DATELESS.match(line):
        return False
    return _FIELD.match(_ahead(file)) is not None


def _ahead(file: Lines) -> bytes:
    """What follows, without moving on."""
    if isinstance(file, zipfile.ZipExtFile):  # seeking back would unpack it from the beginning
        return file.peek(_AHEAD)
    here = file.tell()
    following = file.readline(_AHEAD)
    file.seek(here)
    return following


def _body_of_stated_length(file: Lines, header: bytearray) -> bytes:
    """The body, where the header states its length truly; else nothing, and the file stays where it is."""
    stated = _LENGTH.search(header)
    length = int(stated[1]) if stated else 0
    if not 0 < length <= MAX_MESSAGE:
        return b""
    here = file.tell()
    file.seek(here + length)
    after = file.read(512)
    lands = bool(_DATED.match(after.lstrip(b"\r\n"))) or (not after and file.seek(0, 2) == here + length)
    file.seek(here)
    return file.read(length) if lands else b""


def _unquoted(kept: bytearray) -> bytes:
    """Without the empty line that the format adds, and without the marks before "From "."""
    if kept.endswith(b"\r\n\r\n"):
        del kept[-2:]
    elif kept.endswith(b"\n\n"):
        del kept[-1:]
    return _QUOTED.sub(rb"\1", kept) if b">From " in kept else bytes(kept)


def estimate(file: BinaryIO, size: int) -> int:
    """About how many messages a file of `size` bytes holds, from its first 4 MiB."""
    sample = file.read(4 * 1024 * 1024)
    found = sample.count(b"\nFrom ") + sample.startswith(b"From ")
    return found if len(sample) >= size else max(1, round(found * size / max(1, len(sample))))
