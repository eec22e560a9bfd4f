"""Archives of an export (Google Takeout) as they lie: members of a ZIP file are read forwards, nothing is unpacked.

TAR archives are not read: they have no list of what is in them, so that neither a total nor an interrupted import's
place could be found without unpacking all before it.
"""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from storage.records import Broken
from storage.sources.walk import Source, is_skipped, shown

MAX_MEMBERS = 200_000
MAX_RATIO = 200  # text packs to a tenth, mail with pictures hardly at all; deflate reaches 1,032
_SMALL = 64 * 1024 * 1024  # bytes below which the ratio does no harm
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def members(archive: Source) -> Iterator[Source | Broken]:
    """What lies in the archive, in its order.  Errors: OSError."""
    try:
        with zipfile.ZipFile(archive.path) as file:
            found = file.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeError) as error:
        yield Broken(shown(archive.path), f"The archive is damaged ({type(error).__name__}).")
        return
    if len(found) > MAX_MEMBERS:
        yield Broken(shown(archive.path), f"There are more than {MAX_MEMBERS:,} files in the archive.")
        return
    name = shown(Path(archive.path.stem))
    for member in found:
        path = PurePosixPath(member.filename)
        if (
            member.is_dir()
            or is_skipped(path.name)
            or any(part.startswith(".") and part != ".." for part in path.parts)
        ):
            continue
        problem = _problem(member)
        if problem:
            yield Broken(f"{shown(archive.path)}/{member.filename}", problem)
            continue
        folder = "/".join(part for part in (archive.folder or name, *path.parent.parts) if part not in ("/", ".."))
        yield Source(archive.path, folder, False, member.file_size, _modified(member), member.filename)


def _problem(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 1:
        return "It is protected by a password and cannot be read here."
    if member.compress_type not in _METHODS:
        return "It is packed in a way that is not read here."
    if member.file_size > _SMALL and member.file_size > MAX_RATIO * max(1, member.compress_size):
        return "It unpacks to far more than mail or notes do; it may be made to do harm."
    return ""


def _modified(member: zipfile.ZipInfo) -> float:
    try:
        return datetime(*member.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


@contextlib.contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The bytes of a source, wherever it lies.  Errors: OSError."""
    if not source.member:
        with source.path.open("rb") as file:
            yield file
        return
    try:
        with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as member:
            yield cast(BinaryIO, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, KeyError) as error:
        raise OSError(5, "the archive is damaged here") from error
