"""How far an import has come, so that one that was interrupted goes on where it stopped.

A source that is read in a fixed order yields marks between its records; the importer stores the last ones in the same
transaction as the records before them.  A mark holds for exactly the file or folder it was made of: another fingerprint
means another content, which is read from its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from storage.database import Connection


@dataclass(frozen=True)
class Mark:
    """All before it has been yielded.  `position`: bytes of a file, or files of a folder; `number`: items so far.

    `finished`: nothing is left, so that nothing needs to be remembered.
    """

    path: str
    fingerprint: str
    position: int
    number: int
    finished: bool = False


@dataclass(frozen=True)
class Resumed:
    """Reading goes on after `number` items that an earlier import has stored."""

    origin: str
    number: int


Marks = Callable[[str], Mark | None]  # what was stored for this path


def nothing(_path: str) -> Mark | None:
    """`Marks` of an import that begins anew."""
    return None


def save(connection: Connection, marks: Iterable[Mark], now: float) -> None:
    """Within the write that stores the records before the marks."""
    for mark in marks:
        if mark.finished:
            connection.execute("DELETE FROM import_progress WHERE path = ?", (mark.path,))
        else:
            connection.execute(
                """INSERT OR REPLACE INTO import_progress (path, fingerprint, position, number, at)
                VALUES (?, ?, ?, ?, ?)""",
                (mark.path, mark.fingerprint, mark.position, mark.number, now),
            )


def load(connection: Connection, path: str) -> Mark | None:
    row = connection.execute(
        "SELECT path, fingerprint, position, number FROM import_progress WHERE path = ?", (path,)
    ).fetchone()
    return None if row is None else Mark(*row)
