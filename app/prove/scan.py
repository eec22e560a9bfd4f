"""Every file that was written, searched for every mark: raw, encoded, and inside what is compressed."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.prove.canaries import MIN_BYTES, VECTOR, Canary
from app.prove_results import Leak

_BLOCK = 8 << 20  # bytes read at once
_INFLATED = 4 << 20  # bytes looked at of one compressed stream
_STREAMS = 2000  # compressed streams looked into in one file
# Bytes of a file that is looked at as numbers too, which takes a second for 8 MB; elsewhere most files are of others.
_NUMBERS, _NUMBERS_ELSEWHERE = 256 << 20, 2 << 20
_HEADS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08", b"PK\x03\x04")


@dataclass(frozen=True)
class Scan:
    """`bytes`: read; `unread`: files that could not be opened."""

    files: int
    bytes: int
    leaks: tuple[Leak, ...]
    unread: tuple[str, ...]


def files(roots: Iterable[Path], since: float, passed_over: Callable[[Path], bool]) -> Iterator[Path]:
    """Regular files under `roots` whose content or name changed since then (seconds since the epoch).

    Links are not followed, so nothing is read twice and nothing outside.
    """
    seen: set[tuple[int, int]] = set()
    for root in roots:
        for folder, names, entries in os.walk(root, onerror=lambda _error: None):
            names[:] = [name for name in names if not passed_over(Path(folder) / name)]
            for entry in entries:
                path = Path(folder) / entry
                try:
                    status = path.lstat()
                except OSError:
                    continue
                regular = (status.st_mode & 0o170000) == 0o100000
                if not regular or max(status.st_ctime, status.st_mtime) < since or passed_over(path):
                    continue
                if (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    yield path


def search(
    paths: Iterable[Path], canaries: Sequence[Canary], progress: Callable[[int, str], None], own: Path | None = None
) -> Scan:
    """Look for every canary in content and name of every file.  `own`: the folder whose files are ours."""
    wanted = needles(canaries)
    count = size = 0
    leaks: list[Leak] = []
    unread: list[str] = []
    for path in paths:
        count += 1
        progress(count, path.name)
        found = {(what, "its name") for what in _in(os.fsencode(path), wanted)}
        try:
            most = _NUMBERS if own is None or path.is_relative_to(own) else _NUMBERS_ELSEWHERE
            halves = [needle for needle in wanted if needle[1] == VECTOR and path.stat().st_size <= most]
            with path.open("rb") as stream:
                before = b""
                while block := stream.read(_BLOCK):
                    size += len(block)
                    found |= {(what, "as it is") for what in _in(before + block, wanted)}
                    found |= {(what, "as numbers") for what in _as_halves(before + block, halves)}
                    found |= {(what, "compressed") for what in _compressed(before + block, wanted)}
                    before = block[-512:]
        except OSError as error:
            unread.append(f"{path}: {error.strerror}")
        leaks += [Leak(str(path), what, how) for what, how in sorted(found)]
    return Scan(count, size, tuple(leaks), tuple(unread))


def needles(canaries: Sequence[Canary]) -> list[tuple[bytes, str]]:
    """(bytes to look for, what they are)."""
    found = {needle: one.what for one in canaries for needle in one.needles() if len(needle) >= MIN_BYTES}
    return list(found.items())


def _in(block: bytes, needles: Sequence[tuple[bytes, str]]) -> set[str]:
    return {what for needle, what in needles if needle in block}


def _compressed(block: bytes, needles: Sequence[tuple[bytes, str]]) -> set[str]:
    """What stands in streams of zlib, gzip or ZIP that begin in `block`."""
    found: set[str] = set()
    for head in _HEADS:
        start, looked = block.find(head), 0
        while start >= 0 and looked < _STREAMS:
            looked += 1
            found |= _in(_inflate(block, start, head), needles)
            start = block.find(head, start + 1)
    return found


def _as_halves(block: bytes, needles: Sequence[tuple[bytes, str]]) -> set[str]:
    """Vectors in single or double precision: rounded as the vault rounds them, they are the bytes it keeps."""
    found: set[str] = set()
    if not needles:
        return found
    with np.errstate(all="ignore"):
        for kind, width, offsets in (("<f4", 4, (0, 1, 2, 3)), ("<f8", 8, (0, 4))):
            for offset in offsets:
                usable = (len(block) - offset) // width * width
                rounded = np.frombuffer(block[offset : offset + usable], dtype=kind).astype("<f2").tobytes()
                found |= _in(rounded, needles)
    return found


def _inflate(block: bytes, start: int, head: bytes) -> bytes:
    if head == b"PK\x03\x04":
        names = int.from_bytes(block[start + 26 : start + 28], "little")
        start += 30 + names + int.from_bytes(block[start + 28 : start + 30], "little")
        machine = zlib.decompressobj(-15)
    else:
        machine = zlib.decompressobj(31 if head == b"\x1f\x8b\x08" else 15)
    try:
        # A view: most of what begins like a stream is none, and a copy of megabytes for each would take minutes.
        return machine.decompress(memoryview(block)[start : start + _INFLATED], _INFLATED)
    except zlib.error:
        return b""
