"""Tasks as a person sees them: what was asked of whom, every message that went, and how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cbor2

from storage import rows
from storage.database import Connection, Database, VaultError
from storage.outbox import Role, Write

KEPT_OF_ONE = 200  # calls of one peer that came to nothing: about 30 MB with all that was said
FINAL = ("done", "failed", "refused", "cancelled", "expired")
TaskState = Literal[
    "calling", "choosing", "working", "cancelling", "deciding", "offered", "done", "failed", "refused", "cancelled",
    "expired",
]  # fmt: skip
_TASK = """SELECT id, dialogue, role, kind, spec, audience, state, provider, price, result, detail, ms, created, ended
    FROM task"""


@dataclass(frozen=True)
class Task:
    """`id`: the conversation; for somebody else's with its peer and a slash before it.  `spec`, `result`: plain maps.

    `audience`: peer ids; for somebody else's the one it comes from.  `ms`: from the call to the result.
    Times: seconds since the epoch, UTC.
    """

    id: str
    dialogue: int | None
    role: Role
    kind: str
    spec: dict[str, Any]
    audience: tuple[str, ...]
    state: TaskState
    provider: str
    price: int
    result: dict[str, Any] | None
    detail: str
    ms: int | None
    created: float
    ended: float | None


@dataclass(frozen=True)
class TaskMessage:
    """One arrow of the sequence diagram."""

    at: float
    peer: str
    outgoing: bool
    performative: str
    detail: str


class Tasks:
    """Blocking; any thread.  What changes a task is a Write, to be kept with the step that caused it (storage.outbox).

    Errors: VaultError `unknown-task`, `ambiguous-task`.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def created(
        self, task: str, role: Role, kind: str, spec: dict[str, Any], audience: Sequence[str], state: TaskState
    ) -> Write:
        now = self._clock()

        def write(connection: Connection) -> None:
            connection.execute(
                "INSERT INTO task (id, role, kind, spec, audience, state, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (task, role, kind, cbor2.dumps(spec), json.dumps(list(audience)), state, now),
            )
            connection.execute(
                """UPDATE task SET dialogue = (SELECT number FROM dialogue WHERE role = ?2 AND
                ?1 = CASE role WHEN 'initiator' THEN conversation ELSE peer || '/' || conversation END)
                WHERE id = ?1""",
                (task, role),
            )

        return write

    def changed(
        self,
        task: str,
        state: TaskState,
        *,
        provider: str | None = None,
        price: int | None = None,
        result: dict[str, Any] | None = None,
        detail: str | None = None,
    ) -> Write:
        """A final state is stamped with its time; only another final one may take its place: news that came late."""
        now = self._clock()

        def write(connection: Connection) -> None:
            connection.execute(
                """UPDATE task SET state = ?, provider = coalesce(?, provider), price = coalesce(?, price),
                result = coalesce(?, result), detail = coalesce(?, detail)
                WHERE id = ? AND (ended IS NULL OR ?)""",
                (
                    state,
                    provider,
                    price,
                    None if result is None else cbor2.dumps(result),
                    None if detail is None else rows.clean(detail),
                    task,
                    state in FINAL,
                ),
            )
            if state in FINAL:
                connection.execute(
                    """UPDATE task SET ended = ?1, ms = CAST((?1 - created) * 1000 AS INTEGER)
                    WHERE id = ?2 AND ended IS NULL""",
                    (now, task),
                )

        return write

    def message(self, task: str, peer: str, said: tuple[str, str], *, outgoing: bool) -> Write:
        """`said`: the performative, and what is worth saying of it."""
        performative, detail = said
        now = self._clock()

        def write(connection: Connection) -> None:
            connection.execute(
                """INSERT INTO task_message (task, at, peer, outgoing, performative, detail)
                SELECT id, ?, ?, ?, ?, ? FROM task WHERE id = ?""",
                (now, peer, int(outgoing), performative, rows.clean(detail)[:200], task),
            )

        return write

    def get(self, task: str) -> Task:
        """By its id, its conversation, or a beginning of either that is nobody else's."""
        with self._database.read() as connection:
            found = connection.execute(
                f"""{_TASK} WHERE id = ?1 OR length(?1) >= 4
                AND ?1 IN (substr(id, 1, length(?1)), substr(id, instr(id, '/') + 1, length(?1))) LIMIT 2""",
                (task,),
            ).fetchall()
        if not found:
            raise VaultError("unknown-task", "there is no such task")
        if len(found) > 1:
            raise VaultError("ambiguous-task", "more than one task begins like that")
        return _task(found[0])

    def called(self, peer: str) -> bool:
        """Whether a call of this node that is still known went to this peer."""
        with self._database.read() as connection:
            row = connection.execute(
                """SELECT 1 FROM task WHERE role = 'initiator'
                AND EXISTS (SELECT 1 FROM json_each(task.audience) WHERE value = ?) LIMIT 1""",
                (peer,),
            ).fetchone()
        return row is not None

    def messages(self, task: str) -> list[TaskMessage]:
        """As they went and came."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT at, peer, outgoing, performative, detail FROM task_message WHERE task = ? ORDER BY number",
                (task,),
            )
            return [TaskMessage(at, peer, bool(out), what, detail) for at, peer, out, what, detail in found]

    def prune(self, before: float, long_before: float) -> None:
        """Forget calls of others that came to nothing before then, since strangers' calls must not pile up, and the
        conversations of all that ended before then; of this node's own calls what ended so `long_before`.

        What was done or failed stays listed until the person removes it; of it only the conversation goes.
        """
        with self._database.write() as connection:
            connection.execute(
                """DELETE FROM task WHERE role = 'participant' AND state IN ('refused', 'expired', 'cancelled')
                AND ended < ?1 OR role = 'initiator' AND state IN ('refused', 'expired', 'cancelled') AND ended < ?2""",
                (before, long_before),
            )
            connection.execute(
                """DELETE FROM dialogue WHERE outcome != ''
                AND changed < CASE role WHEN 'participant' THEN ?1 ELSE ?2 END""",
                (before, long_before),
            )

    def trimmed(self, peer: str, keep: int = KEPT_OF_ONE) -> Write:
        """Of one peer's calls that came to nothing only the newest `keep` stay: a flood of them fills no disk."""

        def write(connection: Connection) -> None:
            old = [
                row[0]
                for row in connection.execute(
                    """SELECT number FROM dialogue WHERE role = 'participant' AND peer = ?
                    AND outcome IN ('refused', 'expired') ORDER BY number DESC LIMIT -1 OFFSET ?""",
                    (peer, keep),
                ).fetchall()
            ]
            chosen = json.dumps(old)
            connection.execute("DELETE FROM task WHERE dialogue IN (SELECT value FROM json_each(?))", (chosen,))
            connection.execute("DELETE FROM dialogue WHERE number IN (SELECT value FROM json_each(?))", (chosen,))

        return write

    def remove(self, task: str) -> None:
        """Forget one that has ended, with its messages; a receipt of it stays (storage.receipts).

        Errors: VaultError `task-goes-on` too.
        """
        with self._database.write() as connection:
            row = connection.execute("SELECT state, dialogue FROM task WHERE id = ?", (task,)).fetchone()
            if row is None:
                raise VaultError("unknown-task", "there is no such task")
            if row[0] not in FINAL:
                raise VaultError("task-goes-on", "the task goes on; cancel it first")
            connection.execute("DELETE FROM task WHERE id = ?", (task,))
            connection.execute("DELETE FROM signed_message WHERE dialogue = ?", (row[1],))
        self._database.checkpoint()

    def of_kind(self, kind: str, role: Role | None = None, limit: int = 10_000) -> Sequence[Task]:
        """Newest first."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_TASK} WHERE kind = ?1 AND (?2 IS NULL OR role = ?2) ORDER BY created DESC, id LIMIT ?3",
                (kind, role, limit),
            ).fetchall()
        return [_task(row) for row in found]

    def records(self) -> dict[str, tuple[int, int]]:
        """For each provider of tasks of ours that has had one to its end: how many it did, and how many it did not."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT provider, state FROM task WHERE role = 'initiator' AND provider != ''"
                " AND state IN ('done', 'failed', 'expired')"
            ).fetchall()
        found: dict[str, tuple[int, int]] = {}
        for providers, state in rows:
            for peer in providers.split(","):
                done, undone = found.get(peer, (0, 0))
                found[peer] = (done + 1, undone) if state == "done" else (done, undone + 1)
        return found

    def list(self, role: Role | None = None, limit: int = 200) -> list[Task]:
        """Newest first."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_TASK} WHERE ?1 IS NULL OR role = ?1 ORDER BY created DESC, id LIMIT ?2",
                (role, limit),
            ).fetchall()
        return [_task(row) for row in found]


def _task(row: Any) -> Task:
    (task, dialogue, role, kind, spec, audience, state, provider, price, result, detail, ms, created, ended) = row
    return Task(
        task,
        dialogue,
        role,
        kind,
        cbor2.loads(spec),
        tuple(json.loads(audience)),
        state,
        provider,
        price,
        None if result is None else cbor2.loads(result),
        detail,
        ms,
        created,
        ended,
    )
