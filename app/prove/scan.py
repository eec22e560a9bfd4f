"""Every file that was written, searched for every mark: raw, encoded, and inside what is compressed."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.prove.canaries import MIN_BYTES, VECTOR, Canary
from app.prove_results import Leak

_BLOCK = 8 << 20  # bytes read at once
_INFLATED = 4 << 20  # bytes looked at of one compressed stream
_STREAMS = 2000  # compressed streams looked into in one file
# Bytes of a file that is looked at as numbers too, which takes a second for 8 MB; elsewhere most files are of others.
_NUMBERS, _NUMBERS_ELSEWHERE = 256 << 20, 2 << 20
_LARGE = 1 << 16  # bytes: below that looking for each is as quick
_HEAD = 4  # bytes of a needle that are looked for first
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
    wanted = Needles(needles(canaries))
    vectors = [(one.value, one.what) for one in canaries if one.what == VECTOR and len(one.value) >= MIN_BYTES]
    count = size = 0
    leaks: list[Leak] = []
    unread: list[str] = []
    for path in paths:
        count += 1
        progress(count, path.name)
        found = {(what, "its name") for what in wanted.of(os.fsencode(path))}
        try:
            most = _NUMBERS if own is None or path.is_relative_to(own) else _NUMBERS_ELSEWHERE
            numbers = vectors if path.stat().st_size <= most else []
            with path.open("rb") as stream:
                before = b""
                while block := stream.read(_BLOCK):
                    size += len(block)
                    found |= {(what, "as it is") for what in wanted.of(before + block)}
                    found |= {(what, "as numbers") for what in _as_halves(before + block, numbers)}
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


class Needles:
    """Bytes to look for in blocks of any size, each (of at least four) with what they are.

    Hundreds are looked for: in a large block only those whose first four bytes stand somewhere in it at all.
    """

    def __init__(self, wanted: Sequence[tuple[bytes, str]]) -> None:
        self._wanted = wanted
        self._heads = np.array([int.from_bytes(needle[:_HEAD], "little") for needle, _ in wanted], dtype="<u4")
        self._table = np.zeros(1 << 16, dtype=bool)
        self._table[_slots(self._heads)] = True

    def of(self, block: bytes) -> set[str]:
        """What stands in `block`."""
        if len(block) < _LARGE:
            return _in(block, self._wanted)
        found: set[int] = set()
        for offset in range(_HEAD):
            words = np.frombuffer(block, dtype="<u4", offset=offset, count=(len(block) - offset) // _HEAD)
            found.update(words[self._table[_slots(words)]].tolist())
        there = np.isin(self._heads, list(found))
        return _in(block, [one for one, may in zip(self._wanted, there, strict=True) if may])


def _slots(heads: np.ndarray[Any, np.dtype[np.uint32]]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Multiplicative hashing (Knuth, TAOCP 3, 6.4) to 16 bits."""
    return (heads * np.uint32(2654435769)) >> np.uint32(16)


def _in(block: bytes, needles: Sequence[tuple[bytes, str]]) -> set[str]:
    return {what for needle, what in needles if needle in block}


def _compressed(block: bytes, needles: Needles) -> set[str]:
    """What stands in streams of zlib, gzip or ZIP that begin in `block`."""
    found: set[str] = set()
    for head in _HEADS:
        start, looked = block.find(head), 0
        while start >= 0 and looked < _STREAMS:
            looked += 1
            found |= needles.of(_inflate(block, start, head))
            start = block.find(head, start + 1)
    return found


def _as_halves(block: bytes, needles: Sequence[tuple[bytes, str]]) -> set[str]:
    """Vectors in single or double precision: rounded as the vault rounds them, they are the bytes it keeps."""
    found: set[str] = set()
    if not needles:
        return found
    for kind, offsets in ((SINGLE, (0, 1, 2, 3)), (DOUBLE, (0, 4))):
        for offset in offsets:
            found |= _in(rounded(block, kind, offset), needles)
    return found


@dataclass(frozen=True)
class Precision:
    """A binary format of IEEE 754: its name and unsigned integer, the bits of its fraction, and the exponents, as they
    are stored, from which and below which a half holds infinity and zero."""

    name: str
    integer: Any
    fraction: int
    infinite: int
    zero: int


SINGLE = Precision("<f4", np.uint32, 23, 127 + 16, 127 - 25)
DOUBLE = Precision("<f8", np.uint64, 52, 1023 + 16, 1023 - 25)


def rounded(block: bytes, kind: Precision, offset: int) -> bytes:
    """What stands in `block` from `offset` on, as halves.

    Most of what is no vector is far beyond what a half holds.  Each such number would raise a flag of the processor,
    which takes longer than everything else here, so it is made infinite or zero before.
    """
    whole = kind.integer
    rest = memoryview(block)[offset:]  # nothing, where the block is shorter than that
    bits = np.frombuffer(rest, whole, len(rest) // whole().itemsize)
    sign = whole(1 << (8 * whole().itemsize - 1))
    size = bits & ~sign
    edge = [whole(exponent << kind.fraction) for exponent in (kind.zero, kind.infinite)]
    infinity = whole(sign - whole(1 << kind.fraction))
    tame = np.where(size < edge[0], bits & sign, np.where(size >= edge[1], bits & sign | infinity, bits))
    with np.errstate(all="ignore"):
        return tame.view(kind.name).astype("<f2").tobytes()


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
