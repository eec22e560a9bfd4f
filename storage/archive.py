"""The encrypted archive of a profile: a ZIP file that says itself what it is, and can be checked without a secret.

Members, stored uncompressed, in this order (docs/formats.md):
    README.txt     what this is and how it is opened, in English and French
    manifest.json  canonical JSON: format, version, when and by which release it was made, size and SHA-256 of each
                   member below, and `seal`: HMAC-SHA256 over all that, under a key derived from the vault key
    key.nuee       the key file; the vault key is wrapped in it, so the archive opens as the vault does
    vault.nuee     the vault, encrypted as it always is
    wallet.nuee    what the wallet may spend and has spent, where there is one (version 2; without it, version 1)
    preferences.json  theme and language, where they were chosen
The hashes tell damage before any secret is asked for; the seal tells whoever opened it that nothing was exchanged.
Blocking; any thread.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.durable import sync_directory
from storage.keyfile import canonical

FORMAT = "nuee-archive"
VERSION = 2  # that is read; what has no member of the second is written as the first, for releases that know no other
KEY, VAULT, WALLET, PREFERENCES = "key.nuee", "vault.nuee", "wallet.nuee", "preferences.json"
_MEMBERS = (KEY, VAULT, WALLET, PREFERENCES)
_BLOCK = 1 << 20  # bytes
_MAX_MANIFEST = 64 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every member: when it was made stands in the manifest
_README = """This is a backup of a Nuée profile, made with `nuee export`.

Everything personal in it is encrypted. Bring it back with

    nuee restore THIS-FILE

and the passphrase, or the recovery phrase, that belongs to it. Nobody can open it without one of them. The layout is
described in docs/formats.md of the program.

Ceci est une sauvegarde d'un profil Nuée, faite avec `nuee export`. Tout ce qui est personnel y est chiffré. Pour la
remettre en place : `nuee restore CE-FICHIER`, avec la phrase de passe ou la phrase de récupération qui va avec.
"""

Progress = Callable[[int, int], None]  # bytes done, of how many
Cancelled = Callable[[], bool]


class ArchiveError(Exception):
    """`code`: archive-missing | archive-damaged | archive-unknown | archive-newer | archive-exists | archive-unwritable
    | archive-full | archive-cancelled."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Manifest:
    """`created`: ISO 8601, UTC.  `members`: name → (bytes, SHA-256 in hexadecimal)."""

    created: str
    program: str
    members: Mapping[str, tuple[int, str]]
    seal: str


def write(
    target: Path,
    files: Mapping[str, Path],
    vault_key: bytes,
    program: str,
    progress: Progress = lambda _done, _total: None,
    cancelled: Cancelled = lambda: False,
) -> Manifest:
    """Write the archive of `files` (member → path) and read it back; it appears whole or not at all, mode 0600.

    The caller sees to it that no file changes meanwhile.  Errors: ArchiveError.
    """
    if target.exists():
        raise ArchiveError("archive-exists", f"{target.name} is there already; it is not overwritten")
    making = target.with_name(target.name + ".part")
    with _sentences(target), _removed_on_error(making):
        total = 2 * sum(path.stat().st_size for path in files.values())  # hashed, then copied
        step = _Steps(total, progress, cancelled)
        members = {name: _measure(files[name], step) for name in _MEMBERS if name in files}
        body = _body(members, datetime.now(UTC).isoformat(timespec="seconds"), program)
        document = {**body, "seal": _seal(vault_key, body)}
        handle = os.open(making, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                archive.writestr(_info("README.txt"), _README)
                archive.writestr(_info("manifest.json"), _canonical(document))
                for name in members:
                    with files[name].open("rb") as source, archive.open(_info(name, members[name][0]), "w") as sink:
                        for block in step.blocks(source):
                            sink.write(block)
            stream.flush()
            os.fsync(stream.fileno())
        manifest = verify(making)
        making.rename(target)
        sync_directory(target.parent)
    return manifest


def verify(path: Path, cancelled: Cancelled = lambda: False) -> Manifest:
    """Read the whole archive and compare it with its manifest.  Needs no secret.  Errors: ArchiveError."""
    with _opened(path) as (archive, manifest):
        for name, (size, digest) in manifest.members.items():
            with archive.open(name) as source:
                if _hash(source, size, cancelled) != digest:
                    raise _damaged()
    return manifest


def unpack(
    path: Path,
    targets: Mapping[str, Path],
    progress: Progress = lambda _done, _total: None,
    cancelled: Cancelled = lambda: False,
) -> Manifest:
    """Copy members to `targets` (member → path), comparing them with the manifest on the way; mode 0600, synced.

    A member that the archive lacks is passed over.  On an error no target is left.  Errors: ArchiveError.
    """
    with _opened(path) as (archive, manifest), _sentences(path):
        total = sum(size for size, _ in manifest.members.values())
        step = _Steps(total, progress, cancelled)
        made: list[Path] = []
        try:
            for name, target in targets.items():
                if name not in manifest.members:
                    continue
                made.append(target)
                _copy(archive, name, target, manifest.members[name], step)
        except BaseException:
            for one in made:
                one.unlink(missing_ok=True)
            raise
    return manifest


def is_sealed_by(path: Path, vault_key: bytes) -> bool:
    """Whether the archive was sealed by whoever holds this vault key, and its manifest not changed since."""
    with _opened(path) as (_archive, manifest):
        body = _body(dict(manifest.members), manifest.created, manifest.program)
        return hmac.compare_digest(manifest.seal, _seal(vault_key, body))


class _Steps:
    def __init__(self, total: int, progress: Progress, cancelled: Cancelled) -> None:
        self._total = total
        self._progress = progress
        self._cancelled = cancelled
        self._done = 0

    def blocks(self, source: IO[bytes]) -> Iterator[bytes]:
        while block := source.read(_BLOCK):
            if self._cancelled():
                raise ArchiveError("archive-cancelled", "cancelled; nothing was kept of it")
            self._done += len(block)
            self._progress(self._done, self._total)
            yield block


def _measure(path: Path, step: _Steps) -> tuple[int, str]:
    hasher = hashlib.sha256()
    size = 0
    with path.open("rb") as source:
        for block in step.blocks(source):
            hasher.update(block)
            size += len(block)
    return size, hasher.hexdigest()


def _hash(source: IO[bytes], size: int, cancelled: Cancelled) -> str:
    """The digest of the member, or "" where it is longer or shorter than it says."""
    hasher = hashlib.sha256()
    for block in _Steps(size, lambda _done, _total: None, cancelled).blocks(source):
        hasher.update(block)
        size -= len(block)
        if size < 0:
            return ""
    return hasher.hexdigest() if size == 0 else ""


def _copy(archive: zipfile.ZipFile, name: str, target: Path, member: tuple[int, str], step: _Steps) -> None:
    size, digest = member
    hasher = hashlib.sha256()
    handle = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as sink, archive.open(name) as source:
        for block in step.blocks(source):
            hasher.update(block)
            size -= len(block)
            if size < 0:
                raise _damaged()
            sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())
    if size or hasher.hexdigest() != digest:
        raise _damaged()


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    if not path.is_file():
        raise ArchiveError("archive-missing", "there is no such file")
    try:
        with path.open("rb") as stream:
            if stream.read(2) not in (b"PK", b""):  # how a ZIP file begins, whole or cut off
                raise ArchiveError("archive-unknown", "this is not a backup made by Nuée")
        with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            yield archive, _manifest(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise _damaged() from error
    except OSError as error:
        raise ArchiveError("archive-damaged", f"the archive cannot be read: {error.strerror or error}") from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    names = archive.namelist()
    if "manifest.json" not in names:
        raise ArchiveError("archive-unknown", "this is not a backup made by Nuée")
    if len(set(names)) != len(names) or any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
        raise _damaged()
    with archive.open("manifest.json") as stream:
        document = json.loads(stream.read(_MAX_MANIFEST))
    if document["format"] != FORMAT:
        raise ArchiveError("archive-unknown", "this is not a backup made by Nuée")
    if document["version"] > VERSION:
        raise ArchiveError("archive-newer", "this backup was made by a newer release; update to restore it")
    listed = document["members"]
    members = {name: (int(listed[name]["bytes"]), str(listed[name]["sha256"])) for name in _MEMBERS if name in listed}
    if KEY not in members or VAULT not in members or set(names) != {"README.txt", "manifest.json", *members}:
        raise _damaged()
    if document["version"] != _version(members):
        raise _damaged()
    return Manifest(str(document["created"]), str(document["program"]), members, str(document["seal"]))


def _body(members: Mapping[str, tuple[int, str]], created: str, program: str) -> dict[str, Any]:
    listed = {name: {"bytes": size, "sha256": digest} for name, (size, digest) in members.items()}
    return {"format": FORMAT, "version": _version(members), "created": created, "program": program, "members": listed}


def _version(members: Collection[str]) -> int:
    return 2 if WALLET in members else 1


def _seal(vault_key: bytes, body: dict[str, Any]) -> str:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"nuee archive seal 1").derive(vault_key)
    return hmac.digest(key, _canonical(body), "sha256").hex()


def _canonical(document: dict[str, Any]) -> bytes:
    return canonical(document) + b"\n"


def _info(name: str, size: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.external_attr = 0o600 << 16
    info.file_size = size
    return info


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ArchiveError("archive-full", "the disk is full; nothing was kept of it") from error
        reason = error.strerror or type(error).__name__
        raise ArchiveError("archive-unwritable", f"{path.name} cannot be written: {reason}") from error


_FULL = (28, 122)  # ENOSPC, EDQUOT


@contextmanager
def _removed_on_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def _damaged() -> ArchiveError:
    return ArchiveError("archive-damaged", "the backup is damaged: a part of it is not what was written")
