"""Conversations with the agent, kept in the vault."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from storage.database import Connection, Database, VaultError
from storage.rows import clean

Role = Literal["user", "assistant"]


@dataclass(frozen=True)
class Citation:
    """What statement [`number`] of an answer rests on.  `start`/`end`: the passage in the record's body, characters.

    Title, sender, date and quote are copied, so that an answer can be read without its sources.  Once the record is
    forgotten only `number` stays: `record` is empty, and so is all the rest (see storage.forget).
    """

    number: int
    record: str
    title: str
    sender: str
    date: float | None  # seconds since the epoch, UTC
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Message:
    id: int
    role: Role
    text: str  # Markdown
    citations: tuple[Citation, ...]
    model: str
    created: float


@dataclass(frozen=True)
class ConversationEntry:
    """A line of the list.  Times: seconds since the epoch, UTC."""

    id: int
    title: str
    created: float
    updated: float
    messages: int


@dataclass(frozen=True)
class Conversation:
    id: int
    title: str
    created: float
    updated: float
    messages: tuple[Message, ...]


class Conversations:
    """Blocking; any thread.  Errors: VaultError `unknown-conversation` where one is named that is not there."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, title: str) -> int:
        """A new, empty conversation; its id is never used again."""
        now = self._clock()
        with self._database.write() as connection:
            return connection.execute(
                "INSERT INTO conversation (title, created, updated) VALUES (?, ?, ?)", (clean(title), now, now)
            ).lastrowid

    def append(
        self, conversation: int, role: Role, text: str, citations: Sequence[Citation] = (), model: str = ""
    ) -> int:
        """Add a message at the end; returns its id.  The conversation moves to the top of the list."""
        now = self._clock()
        cited = json.dumps([asdict(citation) for citation in citations])
        with self._database.write() as connection:
            _known(connection.execute("UPDATE conversation SET updated = ? WHERE id = ?", (now, conversation)).rowcount)
            return connection.execute(
                "INSERT INTO message (conversation, role, text, citations, model, created) VALUES (?, ?, ?, ?, ?, ?)",
                (conversation, role, clean(text), cited, model, now),
            ).lastrowid

    def drop_last(self, conversation: int, role: Role) -> bool:
        """Take the last message away if it is of `role` (retry); whether it was."""
        with self._database.write() as connection:
            last = connection.execute(
                "SELECT id, role FROM message WHERE conversation = ? ORDER BY id DESC LIMIT 1", (conversation,)
            ).fetchone()
            if last is None or last[1] != role:
                return False
            connection.execute("DELETE FROM message WHERE id = ?", (last[0],))
            return True

    def list(self, text: str = "", offset: int = 0, limit: int = 100) -> list[ConversationEntry]:
        """The last changed first; with `text`, those that hold it in title or messages (case of ASCII ignored)."""
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        with self._database.read() as connection:
            rows = connection.execute(
                """SELECT id, title, created, updated, (SELECT count(*) FROM message WHERE conversation = c.id)
                FROM conversation c
                WHERE ?1 = '%%' OR title LIKE ?1 ESCAPE '\\' OR EXISTS
                    (SELECT 1 FROM message WHERE conversation = c.id AND text LIKE ?1 ESCAPE '\\')
                ORDER BY updated DESC, id DESC LIMIT ?2 OFFSET ?3""",
                (pattern, limit, offset),
            ).fetchall()
        return [ConversationEntry(*row) for row in rows]

    def count(self) -> int:
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM conversation").fetchone()[0])

    def get(self, conversation: int) -> Conversation:
        """The whole of it, oldest message first."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT id, title, created, updated FROM conversation WHERE id = ?", (conversation,)
            ).fetchone()
            _known(row is not None)
            number, title, created, updated = row
            return Conversation(number, title, created, updated, _messages(connection, conversation))

    def rename(self, conversation: int, title: str) -> None:
        with self._database.write() as connection:
            changed = connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (clean(title), conversation))
            _known(changed.rowcount)

    def delete(self, conversation: int) -> None:
        """Forget it with all its messages; the journal is emptied, so that no file holds them any more."""
        with self._database.write() as connection:
            _known(connection.execute("DELETE FROM conversation WHERE id = ?", (conversation,)).rowcount)
        self._database.checkpoint()


def _messages(connection: Connection, conversation: int) -> tuple[Message, ...]:
    rows = connection.execute(
        "SELECT id, role, text, citations, model, created FROM message WHERE conversation = ? ORDER BY id",
        (conversation,),
    )
    return tuple(
        Message(number, role, text, tuple(Citation(**cited) for cited in json.loads(citations)), model, created)
        for number, role, text, citations, model, created in rows
    )


def _known(found: int | bool) -> None:
    if not found:
        raise VaultError("unknown-conversation", "this conversation is not in the vault")
