"""Forgetting in what was said to peers and by them: tasks, their receipts, letters, messages that have not left yet.

What left has left: the ledger of disclosures keeps its line, which holds sizes, hashes and names of records alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cbor2

from storage import gaps
from storage.database import Connection
from storage.gaps import Traces


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for (text,) in connection.execute("SELECT text FROM letter").fetchall():
        yield text
    for (detail,) in connection.execute("SELECT detail FROM task UNION SELECT detail FROM task_message").fetchall():
        yield detail
    for (packed,) in connection.execute(
        "SELECT spec FROM task UNION ALL SELECT result FROM task WHERE result IS NOT NULL"
    ).fetchall():
        yield from gaps.strings(cbor2.loads(packed))
    for (packed,) in connection.execute(
        """SELECT payload FROM effect UNION ALL SELECT state FROM dialogue
        UNION ALL SELECT raw FROM signed_message UNION ALL SELECT data FROM receipt"""
    ):
        yield _readable(packed)


def forget(connection: Connection, traces: Traces, now: float) -> int:
    """Within a write: cut it out of what is only read, end what would still say it.  How many receipts it emptied."""
    for letter, text in connection.execute("SELECT id, text FROM letter").fetchall():
        if (cleaned := gaps.without_runs(text, traces)) != text:
            connection.execute("UPDATE letter SET text = ? WHERE id = ?", (cleaned, letter))
    for number, payload in connection.execute("SELECT number, payload FROM effect").fetchall():
        if _holds(payload, traces):
            connection.execute("DELETE FROM effect WHERE number = ?", (number,))
    for number, state in connection.execute("SELECT number, state FROM dialogue").fetchall():
        if _holds(state, traces):
            _end(connection, number, now)
    emptied = _unproved(connection, traces)
    for task, spec, result, detail in connection.execute("SELECT id, spec, result, detail FROM task").fetchall():
        connection.execute(
            "UPDATE task SET spec = ?, result = ?, detail = ? WHERE id = ?",
            (_cut(spec, traces), _cut(result, traces), gaps.without_runs(detail, traces), task),
        )
    for number, detail in connection.execute("SELECT number, detail FROM task_message").fetchall():
        if (cleaned := gaps.without_runs(detail, traces)) != detail:
            connection.execute("UPDATE task_message SET detail = ? WHERE number = ?", (cleaned, number))
    return emptied


def receipts(connection: Connection, traces: Traces) -> list[str]:
    """Names of those that `forget` would empty."""
    found = connection.execute("SELECT name, data FROM receipt WHERE length(data) > 0").fetchall()
    return [name for name, data in found if _holds(data, traces)]


def _unproved(connection: Connection, traces: Traces) -> int:
    """Nothing can be cut out of what was signed: the messages go, and of a receipt only its name and what it was about
    stay, which still tell whether a file of the other side's is the same."""
    for dialogue, peer, raw in connection.execute("SELECT dialogue, peer, raw FROM signed_message").fetchall():
        if _holds(raw, traces):
            connection.execute("DELETE FROM signed_message WHERE dialogue = ? AND peer = ?", (dialogue, peer))
    emptied = receipts(connection, traces)
    connection.executemany("UPDATE receipt SET data = x'' WHERE name = ?", [(name,) for name in emptied])
    return len(emptied)


def _end(connection: Connection, number: int, now: float) -> None:
    """A conversation cannot go on without its own words: it ends here, and the other side's deadlines end it there."""
    connection.execute("DELETE FROM effect WHERE dialogue = ?", (number,))
    connection.execute(
        """UPDATE dialogue SET state = x'', wake = NULL,
        outcome = CASE outcome WHEN '' THEN 'cancelled' ELSE outcome END WHERE number = ?""",
        (number,),
    )
    connection.execute(
        "UPDATE task SET state = 'cancelled', ended = ? WHERE dialogue = ? AND ended IS NULL", (now, number)
    )


def _cut(packed: bytes | None, traces: Traces) -> bytes | None:
    if packed is None:
        return None
    value = cbor2.loads(packed)
    cleaned = _without(value, traces)
    return packed if cleaned == value else cbor2.dumps(cleaned)


def _without(value: Any, traces: Traces) -> Any:
    match value:
        case str():
            return gaps.without_runs(value, traces)
        case dict():
            return {key: _without(held, traces) for key, held in value.items()}
        case list():
            return [_without(held, traces) for held in value]
        case _:
            return value


def _holds(packed: bytes, traces: Traces) -> bool:
    return any(run in traces.runs for run in gaps.runs(gaps.words(_readable(packed))))


def _readable(packed: bytes) -> str:
    """The texts in CBOR, however deep they are packed; the bytes between them come out as signs that are no words."""
    return packed.decode("utf-8", "replace")
