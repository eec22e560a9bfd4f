"""The folders of a mail account: their names, what they are for, and which to read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from storage.sources.imap_client import decode

Use = Literal["inbox", "all", "archive", "sent", "drafts", "junk", "trash", ""]

MAX_FOLDERS = 10_000
_MAX_NAME = 1000  # bytes
_PRINTABLE = re.compile(rb"[ -~]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

# RFC 6154 and the names that servers without it were seen to use, in English and French.
_FLAGS: dict[bytes, Use] = {
    b"\\all": "all",
    b"\\archive": "archive",
    b"\\sent": "sent",
    b"\\drafts": "drafts",
    b"\\junk": "junk",
    b"\\trash": "trash",
}
_NAMES: dict[Use, tuple[str, ...]] = {
    "all": ("all mail", "tous les messages"),
    "archive": ("archive", "archives"),
    "sent": ("sent", "sent items", "sent mail", "sent messages", "envoyés", "éléments envoyés", "messages envoyés"),
    "drafts": ("drafts", "brouillons"),
    "junk": ("junk", "spam", "junk e-mail", "junk email", "bulk mail", "indésirables", "courrier indésirable"),
    "trash": ("trash", "bin", "deleted items", "deleted messages", "corbeille", "éléments supprimés"),
}


@dataclass(frozen=True)
class Folder:
    """`name` as a person reads it, parts joined by the server's `delimiter`; `raw` as the server wants it."""

    name: str
    raw: bytes
    delimiter: str
    use: Use

    def path(self) -> str:
        """The name with "/" between its parts, whatever the server uses."""
        return self.name.replace(self.delimiter, "/") if self.delimiter else self.name


def read(listed: Iterable[Any]) -> list[Folder]:
    """From (flags, delimiter, name) of LIST: those that can be opened, each once.

    A name that is no modified UTF-7 (RFC 3501 section 5.1.3) or has control characters is left out: sent back to the
    server it could be a command.  Folders without RFC 6154 flags are told by their names.
    """
    found: dict[str, Folder] = {}
    for flags, delimiter, raw in listed:
        lowered = {bytes(flag).lower() for flag in flags or () if isinstance(flag, bytes)}
        if lowered & {b"\\noselect", b"\\nonexistent"}:
            continue
        wire = raw.encode("ascii") if isinstance(raw, str) else raw  # IMAPClient's way with a folder named 2019
        name = _decoded(wire)
        if name is None or len(found) >= MAX_FOLDERS:
            continue
        separator = delimiter.decode("ascii", "ignore") if isinstance(delimiter, bytes) else ""
        use: Use = "inbox" if name == "INBOX" else next((use for flag, use in _FLAGS.items() if flag in lowered), "")
        found.setdefault(name, Folder(name, wire, separator, use))
    return _named(list(found.values()))


def propose(folders: Iterable[Folder]) -> tuple[str, ...]:
    """What most people want read: all mail where the server has one such folder, else inbox, sent mail and archive.

    Where all mail is one folder (Gmail), the others show parts of it once more.
    """
    by_use = {folder.use: folder.name for folder in reversed(list(folders))}
    if "all" in by_use:
        return (by_use["all"],)
    return tuple(by_use[use] for use in ("inbox", "sent", "archive") if use in by_use)


def _named(folders: list[Folder]) -> list[Folder]:
    taken = {folder.use for folder in folders}
    named: list[Folder] = []
    for folder in folders:
        last = folder.path().rpartition("/")[2].casefold()
        use: Use = next((use for use, names in _NAMES.items() if last in names and use not in taken), "")
        named.append(Folder(folder.name, folder.raw, folder.delimiter, folder.use or use))
    return sorted(named, key=lambda folder: (folder.use != "inbox", folder.path().casefold()))


def _decoded(raw: object) -> str | None:
    if not isinstance(raw, bytes) or not 0 < len(raw) <= _MAX_NAME or not _PRINTABLE.fullmatch(raw):
        return None
    if raw.upper() == b"INBOX":
        return "INBOX"
    try:
        name = str(decode(raw))
    except ValueError:
        return None
    return None if not name or _CONTROL.search(name) else name
