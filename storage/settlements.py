"""The jobs on chain of priced tasks: what was planned, how far each is, and how it ended.

A row is there before the first transaction of its job is signed, and its outcome is written once nothing on chain is
left to be done.  What a conversation contributes (the digest of its call, of its result) is a Write that is kept with
the step of the conversation, so that no kill can come between the two.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from storage.database import Connection, Database, VaultError
from storage.outbox import Role, Write

Outcome = Literal["", "settled", "refunded", "rejected", "void"]
_ROW = """SELECT task, role, peer, chain_id, genesis, job, amount, token, state, outcome, problem, wake, created,
    changed FROM settlement"""


@dataclass(frozen=True)
class Settlement:
    """`job`: None until the chain has given it a number.  `amount`: units of `token`, an address.

    `state`: CBOR, whose meaning is the program's.  `outcome`: "" while it goes on.  `problem`: code of why it waits.
    `wake`: when to look again, None as soon as possible.  Times: seconds since the epoch, UTC.
    """

    task: str
    role: Role
    peer: str
    chain_id: int
    genesis: str
    job: int | None
    amount: int
    token: str
    state: bytes
    outcome: Outcome = ""
    problem: str = ""
    wake: float | None = None
    created: float = 0.0
    changed: float = 0.0


Step = Callable[[Settlement], Settlement]


class Settlements:
    """Blocking; any thread.  Errors: VaultError `known-settlement`, `unknown-settlement`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def begin(self, new: Settlement) -> None:
        with self._database.write() as connection:
            self.begun(new)(connection)

    def begun(self, new: Settlement) -> Write:
        """As `begin`, with a step of its conversation."""
        now = self._clock()

        def write(connection: Connection) -> None:
            if _found(connection, new.task) is not None:
                raise VaultError("known-settlement", "this task has a job already")
            connection.execute(
                "INSERT INTO settlement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (new.task, new.role, new.peer, new.chain_id, new.genesis, *_changing(new), now, now),
            )

        return write

    def step(self, task: str, change: Step) -> Settlement:
        """Change one as it stands now: nothing comes between the look and the change.  Errors: what `change` raises."""
        with self._database.write() as connection:
            found = _found(connection, task)
            if found is None:
                raise VaultError("unknown-settlement", "there is no such job")
            return self._kept(connection, found, change(found))

    def stepped(self, task: str, change: Step) -> Write:
        """As `step`, with a step of its conversation; nothing where the task has no job."""

        def write(connection: Connection) -> None:
            found = _found(connection, task)
            if found is not None:
                self._kept(connection, found, change(found))

        return write

    def _kept(self, connection: Connection, before: Settlement, after: Settlement) -> Settlement:
        """What was planned stays; how it ended stays too."""
        if after == before:
            return before
        if before.outcome and after.outcome != before.outcome:
            raise VaultError("settlement-ended", "this job has come to its end")
        now = self._clock()
        connection.execute(
            """UPDATE settlement SET peer = ?, job = ?, amount = ?, token = ?, state = ?, outcome = ?, problem = ?,
            wake = ?, changed = ? WHERE task = ?""",
            (after.peer, *_changing(after), now, before.task),
        )
        return replace(after, changed=now)

    def find(self, task: str) -> Settlement | None:
        with self._database.read() as connection:
            return _found(connection, task)

    def of_job(self, genesis: str, chain_id: int, job: int) -> list[Settlement]:
        """Ours of this job: two where this person is on both sides of it."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_ROW} WHERE genesis = ? AND chain_id = ? AND job = ? ORDER BY created", (genesis, chain_id, job)
            ).fetchall()
        return [_settlement(row) for row in rows]

    def open(self) -> list[Settlement]:
        """Those that go on, whoever has waited longest first."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_ROW} WHERE outcome = '' ORDER BY coalesce(wake, 0), created").fetchall()
        return [_settlement(row) for row in rows]

    def list(self, limit: int = 200) -> list[Settlement]:
        """Newest first."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_ROW} ORDER BY created DESC, task LIMIT ?", (limit,)).fetchall()
        return [_settlement(row) for row in rows]

    def remove(self, task: str) -> None:
        """Forget one that has come to its end.  Errors: `task-goes-on` too."""
        with self._database.write() as connection:
            found = _found(connection, task)
            if found is None:
                raise VaultError("unknown-settlement", "there is no such job")
            if not found.outcome:
                raise VaultError("task-goes-on", "the job goes on")
            connection.execute("DELETE FROM settlement WHERE task = ?", (task,))

    def call(self, conversation: str, peer: str) -> bytes | None:
        """This peer's signed call, as it came."""
        with self._database.read() as connection:
            row = connection.execute(
                """SELECT raw FROM signed_message WHERE peer = ?2 AND NOT outgoing AND performative = 'cfp'
                AND dialogue = (SELECT number FROM dialogue
                    WHERE conversation = ?1 AND role = 'participant' AND peer = ?2)""",
                (conversation, peer),
            ).fetchone()
        return None if row is None else bytes(row[0])

    def uncalled(self, limit: int = 200) -> Sequence[Settlement]:
        """Ours whose call never went out, newest first."""
        with self._database.read() as connection:
            found = connection.execute(
                f"""{_ROW} WHERE role = 'initiator' AND task NOT IN (SELECT id FROM task)
                AND task NOT IN (SELECT conversation FROM dialogue WHERE role = 'initiator')
                AND task NOT IN (SELECT task FROM receipt) ORDER BY created DESC, task LIMIT ?""",  # noqa: S608
                (limit,),
            ).fetchall()
        return [_settlement(row) for row in found]

    def of(self, tasks: Sequence[str]) -> dict[str, Settlement]:
        return {task: found for task in tasks if (found := self.find(task)) is not None}


def _found(connection: Connection, task: str) -> Settlement | None:
    row = connection.execute(f"{_ROW} WHERE task = ?", (task,)).fetchone()
    return None if row is None else _settlement(row)


def _changing(one: Settlement) -> tuple[Any, ...]:
    return (one.job, str(one.amount), one.token, one.state, one.outcome, one.problem, one.wake)


def _settlement(row: Any) -> Settlement:
    task, role, peer, chain_id, genesis, job, amount, token, state, outcome, problem, wake, created, changed = row
    values = (int(amount or 0), token, bytes(state), outcome, problem, wake, created, changed)
    return Settlement(task, role, peer, chain_id, genesis, job, *values)
