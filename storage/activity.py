"""What the agent did, from which records, and how to take it back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storage import gaps, rows
from storage.database import Connection, Database, VaultError
from storage.gaps import Traces


@dataclass(frozen=True)
class Deed:
    """`values` fill a sentence.  `because`: (kind, id, title, sender) of the records it is about.  `undo`: how to take
    it back, or None.  `gone`: records it was about were forgotten.  Times: seconds since the epoch, UTC."""

    id: int
    at: float
    actor: str
    function: str
    values: Mapping[str, str]
    run: int | None
    approval: int | None
    undo: Mapping[str, Any] | None
    undone: float | None
    because: tuple[tuple[str, str, str, str], ...]

    @property
    def gone(self) -> bool:
        return gaps.GAP in self.values.values()


class Activity:
    """Blocking; any thread.  Errors: VaultError `unknown-activity`; `not-undoable` where it cannot be taken back, or
    was already."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(
        self,
        actor: str,
        function: str,
        values: Mapping[str, str],
        *,
        run: int | None = None,
        approval: int | None = None,
        undo: Mapping[str, Any] | None = None,
        records: Collection[str] = (),
    ) -> int:
        """`records`: ids; those that are not in the vault are passed over."""
        back = "" if undo is None else _json(undo)
        with self._database.write() as connection:
            number = connection.execute(
                """INSERT INTO activity (at, actor, function, values_, run, approval, undo)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (self._clock(), actor, function, _json(values), run, approval, back),
            ).lastrowid
            connection.execute(
                """INSERT OR IGNORE INTO activity_record (activity, record)
                SELECT ?, number FROM record WHERE id IN (SELECT value FROM json_each(?))""",
                (number, json.dumps(sorted(records))),
            )
        return number

    def get(self, activity: int) -> Deed:
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM activity WHERE id = ?", (activity,)).fetchone()
            if row is None:
                raise VaultError("unknown-activity", "this is not among what the agent did")
            return _deed(connection, row)

    def list(self, limit: int = 100) -> list[Deed]:
        """Newest first."""
        with self._database.read() as connection:
            found = connection.execute("SELECT * FROM activity ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
            return [_deed(connection, row) for row in found]

    def taken_back(self, activity: int) -> None:
        """It is being undone: only one caller ever gets here."""
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE activity SET undone = ? WHERE id = ? AND undo <> '' AND undone IS NULL",
                (self._clock(), activity),
            )
            if not changed.rowcount:
                raise VaultError("not-undoable", "this cannot be taken back, or was already")

    def still_there(self, activity: int) -> None:
        """It could not be undone after all."""
        with self._database.write() as connection:
            connection.execute("UPDATE activity SET undone = NULL WHERE id = ?", (activity,))

    def purge(self, before: float) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM activity WHERE at < ?", (before,))


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for values, undo in connection.execute("SELECT values_, undo FROM activity").fetchall():
        yield from gaps.strings(json.loads(values))
        yield from gaps.strings(json.loads(undo or "null"))


def forget(connection: Connection, numbers: Collection[int], traces: Traces) -> None:
    """Within a write, before the records go: what was done with them keeps its place and says no more about them."""
    told = {
        one
        for (one,) in connection.execute(
            "SELECT activity FROM activity_record WHERE record IN (SELECT value FROM json_each(?))",
            (json.dumps(list(numbers)),),
        ).fetchall()
    }
    for number, values, undo in connection.execute("SELECT id, values_, undo FROM activity").fetchall():
        held = json.loads(values)
        kept = {key: gaps.GAP if number in told else gaps.without_runs(text, traces) for key, text in held.items()}
        repeats = any(gaps.without_runs(text, traces) != text for text in gaps.strings(json.loads(undo or "null")))
        back = "" if number in told or repeats else undo
        if (kept, back) != (held, undo):
            connection.execute("UPDATE activity SET values_ = ?, undo = ? WHERE id = ?", (_json(kept), back, number))


def _deed(connection: Connection, row: Any) -> Deed:
    number, at, actor, function, values, run, approval, undo, undone = row
    because = connection.execute(
        """SELECT r.kind, r.id, r.title, r.sender FROM activity_record a JOIN record r ON r.number = a.record
        WHERE a.activity = ? ORDER BY a.record""",
        (number,),
    ).fetchall()
    back = json.loads(undo) if undo else None
    return Deed(
        number, at, actor, function, json.loads(values), run, approval, back, undone, tuple(map(tuple, because))
    )


def _json(value: Mapping[str, Any]) -> str:
    return rows.clean(json.dumps(dict(value), ensure_ascii=False, allow_nan=False))
