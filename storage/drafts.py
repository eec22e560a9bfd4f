"""Drafts of mail that wait for the person: nothing of them was sent to anybody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from storage import gaps, rows
from storage.database import Connection, Database, VaultError
from storage.gaps import GAP, Traces

DraftState = Literal["open", "sent", "dropped"]
_SELECT = """SELECT d.id, d.message, coalesce(r.id, ''), d.skill, d.state, d.created, d.changed
    FROM draft d LEFT JOIN record r ON r.number = d.record"""


@dataclass(frozen=True)
class Message:
    """`to`, `cc`: bare addresses.  `text`: plain."""

    to: tuple[str, ...]
    subject: str
    text: str
    cc: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """`record`: the mail it answers, or "".  `skill`: who wrote it, empty for the person.  Times: seconds since the
    epoch, UTC."""

    id: int
    message: Message
    record: str
    skill: str
    state: DraftState
    created: float
    changed: float


class Drafts:
    """Blocking; any thread.  Errors: VaultError `unknown-draft` where one is named that is not there, `draft-sent`
    where one that was sent is to be changed or sent again."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, message: Message, record: str = "", skill: str = "") -> int:
        """Keep a draft; returns its id, which is never used again.  `record`: of the mail it answers, or "".

        Errors: VaultError `unknown-id`.
        """
        now = self._clock()
        with self._database.write() as connection:
            number = rows.number(connection, record) if record else None
            return connection.execute(
                "INSERT INTO draft (record, message, skill, created, changed) VALUES (?, ?, ?, ?, ?)",
                (number, _as_json(message), rows.clean(skill), now, now),
            ).lastrowid

    def get(self, draft: int) -> Draft:
        with self._database.read() as connection:
            row = connection.execute(f"{_SELECT} WHERE d.id = ?", (draft,)).fetchone()
        if row is None:
            raise _unknown()
        return _draft(row)

    def list(self, state: DraftState = "open", limit: int = 1000) -> list[Draft]:
        """Newest first."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_SELECT} WHERE d.state = ? ORDER BY d.id DESC LIMIT ?", (state, limit)
            ).fetchall()
        return [_draft(row) for row in found]

    def edit(self, draft: int, message: Message) -> None:
        """In the person's own words from now on."""
        self._change(draft, "message", _as_json(message))

    def sent(self, draft: int, message: Message | None = None) -> None:
        """It is sent as a mail, which is a record of its own.  Of two that say so one meets `draft-sent`.

        `message`: what it must still say.  Errors: VaultError `draft-changed`.
        """
        if message is not None and self.get(draft).message != message:
            raise VaultError("draft-changed", "this draft is not what was shown any more; nothing was sent")
        self._change(draft, "state", "sent")

    def reopen(self, draft: int) -> None:
        """It could not be sent after all."""
        with self._database.write() as connection:
            connection.execute("UPDATE draft SET state = 'open' WHERE id = ? AND state = 'sent'", (draft,))

    def drop(self, draft: int) -> None:
        """Forget it; the journal is emptied, so that no file holds it any more."""
        with self._database.write() as connection:
            _known(connection.execute("DELETE FROM draft WHERE id = ?", (draft,)).rowcount)
        self._database.checkpoint()

    def _change(self, draft: int, column: Literal["message", "state"], value: str) -> None:
        with self._database.write() as connection:
            changed = connection.execute(
                f"UPDATE draft SET {column} = ?, changed = ? WHERE id = ? AND state = 'open'",  # noqa: S608
                (value, self._clock(), draft),
            )
            if changed.rowcount:
                return
            there = connection.execute("SELECT 1 FROM draft WHERE id = ?", (draft,)).fetchone()
        _known(there is not None)
        raise VaultError("draft-sent", "this draft was sent already")


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for (message,) in connection.execute("SELECT message FROM draft").fetchall():
        plain = json.loads(message)
        yield from (plain["subject"], plain["text"])


def forget(connection: Connection, numbers: Collection[int], traces: Traces) -> None:
    """Within a write, before the records go: drafts that answer them go too, and words copied from them are cut out
    of the others; one of which nothing is left goes."""
    connection.executemany("DELETE FROM draft WHERE record = ?", [(number,) for number in numbers])
    for draft, message in connection.execute("SELECT id, message FROM draft").fetchall():
        before = _message(message)
        after = Message(
            before.to, gaps.without_runs(before.subject, traces), gaps.without_runs(before.text, traces), before.cc
        )
        if before.text and not gaps.words(after.text.replace(GAP, " ")):
            connection.execute("DELETE FROM draft WHERE id = ?", (draft,))
        elif after != before:
            connection.execute("UPDATE draft SET message = ? WHERE id = ?", (_as_json(after), draft))


def _as_json(message: Message) -> str:
    return rows.clean(json.dumps(asdict(message), ensure_ascii=False))


def _message(text: str) -> Message:
    plain = json.loads(text)
    return Message(_addresses(plain["to"]), plain["subject"], plain["text"], _addresses(plain["cc"]))


def _addresses(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(found)


def _draft(row: Any) -> Draft:
    number, message, *rest = row
    return Draft(number, _message(message), *rest)


def _known(found: int | bool) -> None:
    if not found:
        raise _unknown()


def _unknown() -> VaultError:
    return VaultError("unknown-draft", "there is no such draft")
