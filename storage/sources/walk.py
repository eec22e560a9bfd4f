"""Finds the files to read under what the user gave, in one fixed order, and says why others are not read.

Skipped in silence: hidden files and folders (except Maildir++ folders such as ".Archive"), the index files that mail
programs keep beside the mail, Maildir's "tmp", and links to what is read anyway.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.records import Broken

_INDEX_NAMES = ("dovecot", "courier", "maildirfolder", "maildirsize", "subscriptions", "thumbs.db", "desktop.ini")
_INDEX_SUFFIXES = (".msf", ".cmeta", ".ibex.index", ".ibex.index.data", ".lock")
_MAX_DEPTH = 100


@dataclass(frozen=True)
class Source:
    """One file to read.

    `folder` is the directory it belongs to, for people: from the name of the folder that was given downwards; empty
    where the file itself was given.  `member` is its name within the archive at `path`, empty for a file.
    """

    path: Path
    folder: str
    in_maildir: bool
    size: int  # bytes
    modified: float  # seconds since the epoch
    member: str = ""

    @property
    def name(self) -> str:
        return self.member.rpartition("/")[2] or self.path.name

    @property
    def origin(self) -> str:
        """For people: where it lies."""
        return f"{shown(self.path)}/{self.member}" if self.member else shown(self.path)


def shown(path: Path) -> str:
    """The path as text that can be stored: bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(path).decode("utf-8", "replace")


def is_folder(given: Path) -> bool:
    """Never raises, whatever the path."""
    try:
        return given.is_dir()
    except (OSError, ValueError):
        return False


def sources(given: Path) -> Iterator[Source | Broken]:
    """The files at or under `given`.  What the user named is followed even if hidden or a link.  Never raises."""
    try:
        status = given.stat()
        root = given.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        yield Broken(shown(given) if "\0" not in str(given) else repr(str(given)), _problem(error))
        return
    if stat.S_ISDIR(status.st_mode):
        name = shown(Path(root.name))
        if _is_maildir(given) or given.name not in ("cur", "new"):
            yield from _folder(given, name, root, 0)
        else:
            yield from _messages(given, shown(Path(root.parent.name)), root)
    else:
        in_maildir = given.parent.name in ("cur", "new") and _is_maildir(given.parent.parent)
        yield _regular(given, shown(Path(root.parent.parent.name)) if in_maildir else "", in_maildir, status)


def _problem(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is nothing at this path."
    if isinstance(error, PermissionError):
        return "Reading it is not permitted."
    text = error.strerror if isinstance(error, OSError) and error.strerror else "the path makes no sense"
    return f"It cannot be read: {text}."


def problem(error: OSError) -> str:
    """An operating system error as a sentence for the user."""
    return _problem(error)


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def _regular(path: Path, folder: str, in_maildir: bool, status: os.stat_result) -> Source | Broken:
    if not stat.S_ISREG(status.st_mode):
        return Broken(shown(path), "It is a device, pipe or socket, not a file.")
    return Source(path, folder, in_maildir, status.st_size, status.st_mtime)


def _entries(path: Path) -> list[os.DirEntry[str]] | Broken:
    try:
        with os.scandir(path) as found:
            return sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        return Broken(shown(path), _problem(error))


def _folder(path: Path, folder: str, root: Path, depth: int) -> Iterator[Source | Broken]:
    if depth > _MAX_DEPTH:
        yield Broken(shown(path), f"Its folders are nested more than {_MAX_DEPTH} deep.")
        return
    entries = _entries(path)
    if isinstance(entries, Broken):
        yield entries
        return
    maildir = any(entry.name == "cur" and entry.is_dir() for entry in entries)
    for entry in entries:
        here = path / entry.name
        if entry.name.startswith("."):
            if entry.is_dir(follow_symlinks=False) and _is_maildir(here):
                yield from _folder(here, f"{folder}/{'/'.join(entry.name.strip('.').split('.'))}", root, depth + 1)
        elif _is_index(entry.name):
            continue
        elif entry.is_symlink():
            yield from _link(here, root)
        elif not entry.is_dir(follow_symlinks=False):
            yield from _file(here, folder, False)
        elif maildir and entry.name in ("cur", "new", "tmp"):
            if entry.name != "tmp":
                yield from _messages(here, folder, root)
        else:
            name = shown(Path(entry.name)).removesuffix(".sbd")
            yield from _folder(here, f"{folder}/{name}", root, depth + 1)


def _messages(path: Path, folder: str, root: Path) -> Iterator[Source | Broken]:
    """The files of a Maildir's "cur" or "new"."""
    entries = _entries(path)
    if isinstance(entries, Broken):
        yield entries
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            yield from _link(path / entry.name, root)
        elif entry.is_dir(follow_symlinks=False):
            yield from _folder(path / entry.name, f"{folder}/{shown(Path(entry.name))}", root, 1)
        else:
            yield from _file(path / entry.name, folder, True)


def _file(path: Path, folder: str, in_maildir: bool) -> Iterator[Source | Broken]:
    try:
        status = path.lstat()
    except OSError as error:
        yield Broken(shown(path), _problem(error))
        return
    yield _regular(path, folder, in_maildir, status)


def _link(path: Path, root: Path) -> Iterator[Broken]:
    """A link to what lies under `root` is read there; one that leads out of it is not followed.

    An unpacked archive from a stranger could otherwise bring in any file of this machine.
    """
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        yield Broken(shown(path), "It is a link to nothing, or to itself.")
        return
    if not target.is_relative_to(root):
        yield Broken(shown(path), "It is a link that leads out of the folder; give what it points to instead.")


def is_skipped(name: str) -> bool:
    """Whether a file of this name is passed over in silence."""
    return name.startswith(".") or _is_index(name)


def _is_index(name: str) -> bool:
    return name.lower().startswith(_INDEX_NAMES) or name.lower().endswith(_INDEX_SUFFIXES)
