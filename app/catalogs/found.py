"""A skill that was read and found valid, before anybody has decided on it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.catalogs.refusals import UNUSABLE, failed
from app.results import CommandFailed
from skills.api import Manifest, Problem
from skills.archive import MAX_ARCHIVE, pack, read
from skills.building import CannotBuild
from skills.folder import read_folder
from skills.manifest import validate_files
from skills.signing import MAX_SIGNATURE_FILE, Release, key_id, read_signature
from skills.signing import SUFFIX as SIGNATURE_SUFFIX
from skills.trust import Candidate, Promise

BUNDLED = "bundled"
_CACHE = "__pycache__/"


@dataclass(frozen=True)
class Found:
    """`archive`: its files, packed.  `promise`: what a catalog said of it; None: a file or folder of the person's."""

    manifest: Manifest
    candidate: Candidate
    archive: bytes
    promise: Promise | None = None


def in_archive(data: bytes) -> tuple[Manifest, bytes]:
    """Errors: CommandFailed."""
    try:
        return _valid(read(data), None), data
    except UNUSABLE as error:
        raise failed(error) from error


def at(path: Path) -> Found:
    """A folder, or an archive with its author's signature beside it or none.  Blocking.  Errors: CommandFailed."""
    try:
        if path.is_dir():
            return in_folder(path, str(path))
        manifest, archive = in_archive(_bytes(path, MAX_ARCHIVE))
        signer = _signer(path.with_name(path.name + SIGNATURE_SUFFIX), manifest)
    except UNUSABLE as error:
        raise failed(error) from error
    return Found(manifest, candidate(manifest, str(path), signer), archive)


def in_folder(folder: Path, source: str) -> Found:
    """Errors: CommandFailed."""
    files, unreadable = read_files(folder) if source == BUNDLED else read_folder(folder)
    manifest = _valid(files, folder.name, unreadable)
    return Found(manifest, candidate(manifest, source, None), pack(files))


def read_files(folder: Path) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """Those of a bundled skill: what an interpreter left beside its program is none of them.  Never raises."""
    files, unreadable = read_folder(folder)
    return {path: content for path, content in files.items() if not path.startswith(_CACHE)}, unreadable


def candidate(manifest: Manifest, source: str, signer: str | None) -> Candidate:
    """`signer`: the author's public key, once the signature was verified."""
    author = None if signer is None else key_id(signer)
    return Candidate(manifest.name, manifest.version, manifest.digest, source, author, manifest.permissions)


def _valid(files: Mapping[str, bytes], name: str | None, unreadable: tuple[Problem, ...] = ()) -> Manifest:
    report = validate_files(files, name, unreadable)
    if report.manifest is None:
        first = report.problems[0]
        raise CommandFailed(
            "skill-invalid", detail=f"{first.where}: {first.sentence}" if first.where else first.sentence
        )
    return report.manifest


def _signer(path: Path, manifest: Manifest) -> str | None:
    """The public key that signed it; None where no signature lies there.  Errors: SigningError, CannotBuild."""
    if not path.exists():
        return None
    signed, signer, _ = read_signature(_bytes(path, MAX_SIGNATURE_FILE))
    if signed != Release(manifest.name, manifest.version or "", manifest.digest):
        raise CannotBuild("wrong-signature", "The signature beside it is for another skill, version or digest.")
    return signer


def _bytes(path: Path, most: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return stream.read(most + 1)
    except (OSError, ValueError) as error:
        raise CommandFailed("catalog-path", path=str(path)) from error
    raise CommandFailed("catalog-path", path=str(path))
