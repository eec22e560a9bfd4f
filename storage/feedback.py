"""What this person said of tasks that others did for them: always here, and on a chain where they wanted it there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from storage import rows
from storage.database import Database, VaultError

TAG_LIMIT = 64  # bytes
_ROW = "SELECT receipt, task, peer, done, value, tag, turn, place, written, number, created FROM feedback"


@dataclass(frozen=True)
class Place:
    """Where it went.  Addresses in lower case."""

    chain: int
    genesis: str
    registry: str
    agent: int


@dataclass(frozen=True)
class Word:
    """`done`: whether the task was.  `value`: 0 to 100.  `place`: None where it is only here.

    `written`: hash of the transaction once it stands there, `number`: the registry's index of it.  `turn`: how often it
    was taken back before.  `created`: seconds, UTC.
    """

    receipt: str
    task: str
    peer: str
    done: bool
    value: int
    tag: str = ""
    turn: int = 0
    place: Place | None = None
    written: str = ""
    number: int | None = None
    created: float = 0.0


class Feedback:
    """Blocking; any thread.  Errors: VaultError `unknown-feedback`, `feedback-public`, `feedback-value`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def say(self, receipt: str, task: str, peer: str, value: int, tag: str = "", *, done: bool = True) -> Word:
        """Keep it, in the place of what was said before; what stands on a chain has to be taken back first."""
        cleaned = rows.clean(" ".join(tag.split()))
        if not 0 <= value <= 100 or len(cleaned.encode()) > TAG_LIMIT:
            raise VaultError("feedback-value", "feedback is a number from 0 to 100 and a tag of at most 64 bytes")
        new = Word(receipt, task, peer, done, value, cleaned, created=self._clock())
        with self._database.write() as connection:
            old = connection.execute(f"{_ROW} WHERE task = ? AND peer = ?", (task, peer)).fetchone()
            if old is not None:
                before = _word(old)
                if before.place is not None and (before.value, before.tag) != (value, cleaned):
                    raise VaultError("feedback-public", "this is on a chain as it was said; take it back first")
                if before.place is None:  # the receipt was made anew once the job was settled: it names another now
                    connection.execute("UPDATE feedback SET receipt = ? WHERE receipt = ?", (receipt, before.receipt))
                    before = replace(before, receipt=receipt)
                new = replace(before, value=value, tag=cleaned)
            connection.execute(
                """INSERT INTO feedback (receipt, task, peer, done, value, tag, created) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET value = excluded.value, tag = excluded.tag""",
                (new.receipt, task, peer, int(done), value, cleaned, new.created),
            )
        return new

    def publish(self, receipt: str, place: Place) -> Word:
        """It goes there; before anything is signed."""
        found = json.dumps([place.chain, place.genesis, place.registry, place.agent])
        self._change(receipt, "UPDATE feedback SET place = ? WHERE receipt = ?", found)
        return self.get(receipt)

    def stands(self, receipt: str, transaction: str, number: int | None) -> Word:
        """It is in a block."""
        self._change(receipt, "UPDATE feedback SET written = ?, number = ? WHERE receipt = ?", transaction, number)
        return self.get(receipt)

    def back(self, receipt: str) -> Word:
        """It was taken back, or never went: it is only here again."""
        self._change(
            receipt, "UPDATE feedback SET place = '', written = '', number = NULL, turn = turn + 1 WHERE receipt = ?"
        )
        return self.get(receipt)

    def get(self, receipt: str) -> Word:
        with self._database.read() as connection:
            row = connection.execute(f"{_ROW} WHERE receipt = ?", (receipt,)).fetchone()
        if row is None:
            raise VaultError("unknown-feedback", "nothing was said of this task")
        return _word(row)

    def of(self, task: str, peer: str) -> Word:
        """What was said of a task, whichever of its receipts it names."""
        with self._database.read() as connection:
            row = connection.execute(f"{_ROW} WHERE task = ? AND peer = ?", (task, peer)).fetchone()
        if row is None:
            raise VaultError("unknown-feedback", "nothing was said of this task")
        return _word(row)

    def list(self, peer: str = "", limit: int = 10_000) -> list[Word]:
        """Newest first; of one peer where it is given."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_ROW} WHERE ?1 = '' OR peer = ?1 ORDER BY created DESC, receipt LIMIT ?2", (peer, limit)
            )
            return [_word(row) for row in found.fetchall()]

    def _change(self, receipt: str, sql: str, *values: Any) -> None:
        with self._database.write() as connection:
            if not connection.execute(sql, (*values, receipt)).rowcount:
                raise VaultError("unknown-feedback", "nothing was said of this task")


def _word(row: Any) -> Word:
    receipt, task, peer, done, value, tag, turn, place, written, number, created = row
    where = Place(*json.loads(place)) if place else None
    return Word(receipt, task, peer, bool(done), value, tag, turn, where, written, number, created)
