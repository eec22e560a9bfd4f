"""A file that comes in pieces, kept beside the store until it is whole: what is there is known after a restart.

.<sha256>.blob     the bytes, each piece at its place
.<sha256>.pieces   a line for each piece that is there: its number and the peer that sent it
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

PIECE = 1 << 20  # bytes
SPARE = 64 << 20  # bytes of the disk that are left free


class NoSpace(Exception):
    """The disk is too full for the rest."""


class Partial:
    """Blocking; one thread at a time.  `sources`: who sent each piece that is there."""

    def __init__(self, folder: Path, digest: str, size: int) -> None:
        self.path = folder / f".{digest}.blob"
        self._log = folder / f".{digest}.pieces"
        self._digest = digest
        self.size = size
        self.sources: dict[int, str] = {}

    @property
    def pieces(self) -> int:
        return -(-self.size // PIECE)

    @property
    def done(self) -> int:
        """Bytes that are there."""
        return sum(self.extent(piece)[1] for piece in self.sources)

    def extent(self, piece: int) -> tuple[int, int]:
        """Where a piece lies: offset and count."""
        return piece * PIECE, min(PIECE, self.size - piece * PIECE)

    def open(self) -> None:
        """Take up what is there.  Errors: NoSpace, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size == self.size:
            self.sources = self._read()
        else:
            self.remove()
            self.path.touch(mode=0o600)
        if shutil.disk_usage(self.path.parent).free < self.size - self.done + SPARE:
            raise NoSpace
        os.truncate(self.path, self.size)

    def put(self, piece: int, data: bytes, peer: str) -> None:
        """Errors: OSError."""
        with self.path.open("r+b") as stream:
            stream.seek(piece * PIECE)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        with self._log.open("a", encoding="ascii") as log:
            log.write(f"{piece} {peer}\n")
        self.sources[piece] = peer

    def digest(self, piece: int) -> bytes:
        """Errors: OSError."""
        offset, count = self.extent(piece)
        with self.path.open("rb") as stream:
            stream.seek(offset)
            return hashlib.sha256(stream.read(count)).digest()

    def is_right(self) -> bool:
        """Whether the whole is what its name says.  Errors: OSError."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == self._digest

    def forget_log(self) -> None:
        """The file has been taken over."""
        self._log.unlink(missing_ok=True)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._log.unlink(missing_ok=True)
        self.sources = {}

    def _read(self) -> dict[int, str]:
        found: dict[int, str] = {}
        try:
            lines = self._log.read_text(encoding="ascii").split("\n")[:-1]  # one that was cut short has no end
        except (OSError, ValueError):
            return found
        for line in lines:
            number, _, peer = line.partition(" ")
            if number.isdecimal() and int(number) < self.pieces:
                found[int(number)] = peer
        return found
