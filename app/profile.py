"""A profile: one person's folder, and the right to be the only process that owns it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from app.results import CommandFailed


@dataclass(frozen=True)
class Profile:
    """The names of things in a profile's folder.  Nothing but the key file and the vault holds the person's data."""

    home: Path

    @property
    def key_file(self) -> Path:
        return self.home / "key.nuee"

    @property
    def vault(self) -> Path:
        return self.home / "vault.nuee"

    @property
    def wallet(self) -> Path:
        """What the wallet remembers, sealed; the key-holder alone reads it."""
        return self.home / "wallet.nuee"

    @property
    def airplane(self) -> Path:
        """An empty file that is there while airplane mode is on: it holds while the vault is locked too."""
        return self.home / "airplane"

    @property
    def exists(self) -> bool:
        return self.key_file.exists()

    @property
    def lock(self) -> Path:
        return self.home / "owner.lock"

    @property
    def socket_key(self) -> Path:
        """32 random bytes that prove, over the socket, that a caller can read this profile's folder."""
        return self.home / "socket.key"

    @property
    def address(self) -> str:
        """Where the owning process listens: a socket path on POSIX, a named pipe on Windows.

        The path is short (sockaddr_un holds 108 bytes) and lies in a directory only this user can enter.
        """
        name = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:16]
        if sys.platform == "win32":
            return rf"\\.\pipe\nuee-{name}"
        base = os.environ.get("XDG_RUNTIME_DIR")
        folder = Path(base) / "nuee" if base else Path(tempfile.gettempdir()) / f"nuee-{os.getuid()}"
        return str(folder / f"{name}.sock")

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone.  Errors: CommandFailed("home-unusable")."""
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.exists and sys.platform != "win32":
                self.home.chmod(0o700)
        except OSError as error:
            raise CommandFailed("home-unusable", path=str(self.home), reason=error.strerror or "") from error


class InUse(Exception):
    """Another process owns the profile."""


@contextlib.contextmanager
def ownership(profile: Profile) -> Iterator[None]:
    """Own the profile for as long as the context lasts.  Errors: InUse, CommandFailed."""
    profile.prepare()
    lock = filelock.FileLock(profile.lock, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise InUse from error
    except OSError as error:
        raise CommandFailed("home-unusable", path=str(profile.home), reason=error.strerror or "") from error
    try:
        yield
    finally:
        lock.release()
