"""Messages from person to person, between contacts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from storage import rows
from storage.database import Connection, Database, VaultError
from storage.outbox import Write

LetterState = Literal["waiting", "delivered", "failed", "new", "read"]
MAX_TEXT = 16_000  # characters
# Why one failed is a setting by its name, which goes with the letter.
_LETTER = """SELECT id, peer, outgoing, text, automatic, state, at,
    coalesce((SELECT value ->> '$' FROM setting WHERE key = 'letter/' || letter.id), '') FROM letter"""


@dataclass(frozen=True)
class Letter:
    """`automatic`: an agent wrote it and no person read it before it went.  `at`: seconds since the epoch, UTC.

    `reason`: why it failed, a word; "" where that was not noted.
    """

    id: str
    peer: str
    outgoing: bool
    text: str
    automatic: bool
    state: LetterState
    at: float
    reason: str = ""


class Letters:
    """Blocking; any thread.  What comes and goes with a message is a Write (storage.outbox).

    Errors: VaultError `unknown-letter`.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def kept(self, letter: str, peer: str, text: str, *, outgoing: bool, automatic: bool = False) -> Write:
        """A new one; the same id twice is one."""
        now = self._clock()

        def write(connection: Connection) -> None:
            connection.execute(
                "INSERT OR IGNORE INTO letter VALUES (?, ?, ?, ?, ?, ?, ?)",
                (letter, peer, int(outgoing), rows.clean(text)[:MAX_TEXT], int(automatic),
                 "waiting" if outgoing else "new", now),
            )  # fmt: skip

        return write

    def became(self, letter: str, state: LetterState) -> Write:
        def write(connection: Connection) -> None:
            connection.execute("UPDATE letter SET state = ? WHERE id = ?", (state, letter))

        return write

    def failed(self, letter: str, reason: str) -> Write:
        """It was not delivered; `reason`: a word."""

        def write(connection: Connection) -> None:
            connection.execute("UPDATE letter SET state = 'failed' WHERE id = ?", (letter,))
            connection.execute(
                "INSERT OR REPLACE INTO setting SELECT 'letter/' || id, json_quote(?) FROM letter WHERE id = ?",
                (reason, letter),
            )

        return write

    def list(self, peer: str = "", limit: int = 200) -> list[Letter]:
        """The newest, in the order they went and came."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_LETTER} WHERE ?1 = '' OR peer = ?1 ORDER BY at DESC, rowid DESC LIMIT ?2", (peer, limit)
            ).fetchall()
        return [_letter(row) for row in reversed(found)]

    def get(self, letter: str) -> Letter:
        with self._database.read() as connection:
            row = connection.execute(f"{_LETTER} WHERE id = ?", (letter,)).fetchone()
        if row is None:
            raise VaultError("unknown-letter", "there is no such message")
        return _letter(row)

    def unread(self) -> int:
        with self._database.read() as connection:
            (count,) = connection.execute("SELECT count(*) FROM letter WHERE state = 'new'").fetchone()
        return int(count)

    def news(self) -> int:
        """As `unread`, once what is being written at this moment is stored."""
        with self._database.write() as connection:
            (count,) = connection.execute("SELECT count(*) FROM letter WHERE state = 'new'").fetchone()
        return int(count)

    def find(self, name: str) -> Letter:
        """By its id or the beginning of one (6 characters at least).  Errors: `unknown-letter`."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_LETTER} WHERE substr(id, 1, length(?1)) = ?1 AND length(?1) >= 6 LIMIT 2", (name,)
            ).fetchall()
        if len(found) != 1:
            raise VaultError("unknown-letter", "there is no such message")
        return _letter(found[0])

    def read(self, peer: str) -> None:
        """The person has read all that came from this peer."""
        with self._database.write() as connection:
            connection.execute("UPDATE letter SET state = 'read' WHERE peer = ? AND state = 'new'", (peer,))

    def remove(self, letter: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM setting WHERE key = 'letter/' || ?", (letter,))
            if not connection.execute("DELETE FROM letter WHERE id = ?", (letter,)).rowcount:
                raise VaultError("unknown-letter", "there is no such message")
        self._database.checkpoint()


def _letter(row: Any) -> Letter:
    letter, peer, outgoing, text, automatic, state, at, reason = row
    return Letter(letter, peer, bool(outgoing), text, bool(automatic), state, at, reason)
