"""Read a skill folder whole, safely, once: what is validated, digested and installed are the same bytes.

The folder comes from a stranger.  No link is followed, nothing but regular files is opened (a pipe would block, a
device would never end), and the limits hold while reading, not after.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from skills.api import Problem
from skills.wording import hidden_character, shown

MAX_FILES = 200
MAX_FILE = 2 * 1024 * 1024  # bytes
MAX_TOTAL = 10 * 1024 * 1024
MAX_DEPTH = 8  # folders
MAX_PATH = 200  # characters
_DIGEST_PREFIX = b"nuee skill digest v1\n"
_WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


class BadFolder(Exception):
    """The folder cannot be taken as a skill's.  `problems` says all that is wrong with its files."""

    code = "bad-folder"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems[0].sentence)
        self.problems = problems


def read_folder(folder: Path) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    """All files by path ("/" between folders), and what is wrong with them.  Never raises; reads at most MAX_TOTAL."""
    reading = _Reading()
    try:
        if not folder.is_dir():
            return {}, (Problem("no-folder", "", "There is no folder of this name."),)
        reading.folder(os.fspath(folder), "", 0)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "its name is not one"
        reading.add("unreadable", "", f"The folder cannot be read: {reason}.")
    reading.collisions()
    return reading.files, tuple(reading.problems)


def digest_files(files: Mapping[str, bytes]) -> str:
    """SHA-256, hexadecimal, over a prefix and, in order of the paths' UTF-8 bytes, each path and content, both preceded
    by their length as 8 bytes, big-endian."""
    hasher = hashlib.sha256(_DIGEST_PREFIX)
    for path, content in sorted((path.encode(), content) for path, content in files.items()):
        for part in (path, content):
            hasher.update(len(part).to_bytes(8, "big") + part)
    return hasher.hexdigest()


def digest(folder: Path) -> str:
    """`digest_files` of all files of a folder.  Errors: BadFolder when it holds what no skill may hold."""
    files, problems = read_folder(folder)
    if problems:
        raise BadFolder(problems)
    return digest_files(files)


class _Reading:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self._seen: dict[str, list[str]] = {}
        self._total = 0
        self._count = 0

    def add(self, code: str, where: str, sentence: str) -> None:
        self.problems.append(Problem(code, shown(where)[1:-1] if where else "", sentence))

    def folder(self, real: str, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.add("too-deep", path, f"Folders are nested more than {MAX_DEPTH} deep.")
            return
        with os.scandir(real) as listing:
            entries = sorted(self._bounded(listing), key=lambda entry: entry.name)
        for entry in entries:
            inner = f"{path}/{entry.name}" if path else entry.name
            if self._named_well(inner, entry.name):
                self._entry(entry, inner, depth)

    def _bounded(self, listing: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        for entry in listing:
            self._count += 1
            if self._count > MAX_FILES:
                if self._count == MAX_FILES + 1:
                    self.add("too-many-files", "", f"A skill has at most {MAX_FILES} files and folders.")
                return
            yield entry

    def _entry(self, entry: os.DirEntry[str], path: str, depth: int) -> None:
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                self.add("link", path, "A skill holds no links: put the file itself in its place.")
            elif stat.S_ISDIR(mode):
                self.folder(entry.path, path, depth + 1)
            elif stat.S_ISREG(mode):
                self._file(entry.path, path)
            else:
                self.add("special-file", path, "This is neither a file nor a folder.")
        except OSError as error:
            self.add("unreadable", path, f"This cannot be read: {error.strerror or 'unknown reason'}.")

    def _file(self, real: str, path: str) -> None:
        if self._total > MAX_TOTAL:
            return  # said already
        # Between the look and the opening the file may have become something else.
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                self.add("special-file", path, "This is neither a file nor a folder.")
                return
            content = stream.read(MAX_FILE + 1)
        self._total += len(content)
        if len(content) > MAX_FILE:
            self.add("file-too-large", path, f"A file of a skill has at most {MAX_FILE:,} bytes.")
        elif self._total > MAX_TOTAL:
            self.add("too-large", path, f"The files of a skill have at most {MAX_TOTAL:,} bytes together.")
        else:
            self.files[path] = content

    def _named_well(self, path: str, name: str) -> bool:
        why = bad_name(name)
        if why is None and len(path) > MAX_PATH:
            why = f"is more than {MAX_PATH} characters long with its folders"
        if why is not None:
            self.add("file-name", path, f"The name {shown(name)} {why}.")
            return False
        self._seen.setdefault(path.casefold(), []).append(path)
        return True

    def collisions(self) -> None:
        for paths in self._seen.values():
            if len(paths) > 1:
                self.add(
                    "same-name", paths[1], f"{shown(paths[0])} and {shown(paths[1])} are one file on some systems."
                )


def bad_name(name: str) -> str | None:
    """What keeps a file name from meaning the same file on every system; None when nothing does."""
    if hidden_character(name) or any(c in '\\:*?"<>|\n\r\t' for c in name):
        return "holds a character that not every system can store or show"
    if name != unicodedata.normalize("NFC", name):
        return "is not in Unicode's composed form (NFC)"
    if name.endswith((".", " ")) or name.split(".")[0].strip().lower() in _WINDOWS_DEVICES:
        return "cannot be stored on Windows"
    return None
