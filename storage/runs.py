"""Runs of skills: what each was given, called and returned, and what a suspended one needs to go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from storage import approvals, rows
from storage.approval_rows import ApprovalSource
from storage.database import Connection, Database, VaultError

RunState = Literal["running", "waiting", "done", "failed", "stopped"]
ENDED: tuple[RunState, ...] = ("done", "failed", "stopped")
_SELECT = """SELECT id, skill, version, digest, entry, occasion, inputs, state, started, ended, value, code, sentence,
    printed, taint, binding, approval FROM run"""


@dataclass(frozen=True)
class Call:
    """One host call of a run.  `approval`: the question, or the record of the act, or None."""

    number: int
    function: str
    arguments: Mapping[str, Any]
    decision: str
    reason: str
    at: float
    approval: int | None = None


@dataclass(frozen=True)
class Run:
    """`value`, `sentence` and `printed` are a stranger's.  `taint` and `binding` are the caller's, as JSON holds them.
    Times: seconds since the epoch, UTC."""

    id: int
    skill: str
    version: str
    digest: str
    entry: str
    occasion: str
    inputs: Mapping[str, Any]
    state: RunState
    started: float
    ended: float | None
    value: Any
    code: str
    sentence: str
    printed: str
    taint: dict[str, Any]
    binding: dict[str, Any]
    approval: int | None


@dataclass(frozen=True)
class Question:
    """An act that the person is asked about, as `Approvals.ask` takes it."""

    skill: str
    function: str
    arguments: Mapping[str, Any]
    expires: float
    reason: str
    sources: tuple[ApprovalSource, ...] = ()
    dump: bytes | None = field(default=None, repr=False)


class Runs:
    """Blocking; any thread.  Errors: VaultError `unknown-run`; `run-over` for a step of a run that has ended."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self,
        skill: str,
        version: str,
        digest: str,
        entry: str,
        occasion: str,
        inputs: Mapping[str, Any],
        taint: Mapping[str, Any],
        records: Collection[str] = (),
    ) -> int:
        """A new run; its id is never used again.  `records`: ids of those it rests on already."""
        with self._database.write() as connection:
            number = connection.execute(
                """INSERT INTO run (skill, version, digest, entry, occasion, inputs, started, taint)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (skill, version, digest, entry, occasion, _json(inputs), self._clock(), _json(taint)),
            ).lastrowid
            _rest_on(connection, number, records)
        return number

    def called(
        self, run: int, call: Call, taint: Mapping[str, Any] | None = None, records: Collection[str] = ()
    ) -> None:
        """A call came to its answer.  `taint`: what the run rests on now, where that is more; `records`: of that."""
        with self._database.write() as connection:
            _of_state(connection, run, "running")
            _store_call(connection, run, call)
            if taint is not None:
                connection.execute("UPDATE run SET taint = ? WHERE id = ?", (_json(taint), run))
            _rest_on(connection, run, records)

    def wait(
        self, run: int, call: Call, question: Question, taint: Mapping[str, Any], binding: Mapping[str, Any]
    ) -> int:
        """The run waits for the person's answer: question, run and call in one transaction.  Returns the approval.

        Errors: ValueError, TypeError for arguments that are no JSON.
        """
        now = self._clock()
        with self._database.write() as connection:
            _of_state(connection, run, "running")
            asked = approvals.insert(
                connection,
                question.skill,
                question.function,
                question.arguments,
                now,
                question.expires,
                reason=question.reason,
                sources=question.sources,
                dump=question.dump,
            )
            _store_call(connection, run, Call(**{**vars(call), "approval": asked}))
            connection.execute(
                "UPDATE run SET state = 'waiting', approval = ?, taint = ?, binding = ? WHERE id = ?",
                (asked, _json(taint), _json(binding), run),
            )
        return asked

    def resume(self, run: int) -> None:
        """It waited and goes on: only one caller ever gets it."""
        with self._database.write() as connection:
            _of_state(connection, run, "waiting")
            connection.execute("UPDATE run SET state = 'running', binding = '{}' WHERE id = ?", (run,))

    def end(
        self,
        run: int,
        state: Literal["done", "failed", "stopped"],
        *,
        value: Any = None,
        code: str = "",
        sentence: str = "",
        printed: str = "",
        taint: Mapping[str, Any] | None = None,
        records: Collection[str] = (),
    ) -> None:
        """How it ended; one that has ended already stays as it is."""
        with self._database.write() as connection:
            _rest_on(connection, run, records)
            connection.execute(
                """UPDATE run SET state = ?, ended = ?, value = ?, code = ?, sentence = ?, printed = ?,
                taint = coalesce(?, taint), binding = '{}', approval = NULL
                WHERE id = ? AND state IN ('running', 'waiting')""",
                (
                    state,
                    self._clock(),
                    _json(value),
                    code,
                    rows.clean(sentence),
                    rows.clean(printed),
                    None if taint is None else _json(taint),
                    run,
                ),
            )

    def cut_off(self, run: int, state: Literal["failed", "stopped"], code: str) -> None:
        """It was ended from outside; one that waits, or has ended, stays as it is."""
        with self._database.write() as connection:
            connection.execute(
                """UPDATE run SET state = ?, code = ?, ended = ?, binding = '{}', approval = NULL
                WHERE id = ? AND state = 'running'""",
                (state, code, self._clock(), run),
            )

    def get(self, run: int) -> Run:
        with self._database.read() as connection:
            return _get(connection, run)

    def waiting(self) -> Sequence[Run]:
        """Those that wait for an answer, oldest first."""
        with self._database.read() as connection:
            found = connection.execute(f"{_SELECT} WHERE state = 'waiting' ORDER BY id").fetchall()
        return [_run(row) for row in found]

    def waiting_for(self, approval: int) -> Run | None:
        """The run that waits for this answer."""
        with self._database.read() as connection:
            row = connection.execute(f"{_SELECT} WHERE approval = ?", (approval,)).fetchone()
        return None if row is None else _run(row)

    def of_approval(self, approval: int) -> int | None:
        """The run whose call this approval is, ended or not."""
        with self._database.read() as connection:
            row = connection.execute("SELECT run FROM run_call WHERE approval = ?", (approval,)).fetchone()
        return None if row is None else int(row[0])

    def calls(self, run: int) -> list[Call]:
        with self._database.read() as connection:
            found = connection.execute(
                """SELECT number, function, arguments, decision, reason, at, approval FROM run_call WHERE run = ?
                ORDER BY number""",
                (run,),
            ).fetchall()
        return [Call(number, function, json.loads(given), *rest) for number, function, given, *rest in found]

    def records(self, run: int) -> list[str]:
        """Ids of what it rests on."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT r.id FROM run_record x JOIN record r ON r.number = x.record WHERE x.run = ? ORDER BY x.record",
                (run,),
            )
            return [name for (name,) in found]

    def interrupted(self) -> int:
        """What was running when the vault was closed has failed, and so has what waited for an answer that came and was
        not carried out to its end; call once after opening.  Returns how many."""
        with self._database.write() as connection:
            return connection.execute(
                """UPDATE run SET state = 'failed', code = 'run-interrupted', ended = ?, approval = NULL, binding = '{}'
                WHERE state = 'running' OR (state = 'waiting' AND approval IN
                (SELECT id FROM approval WHERE state NOT IN ('pending', 'expired')))""",
                (self._clock(),),
            ).rowcount

    def unanswered(self) -> list[int]:
        """End the runs whose question is open no more and was not answered: it expired, or what led to it was
        forgotten.  Returns them."""
        with self._database.write() as connection:
            found = connection.execute(
                """SELECT id FROM run WHERE state = 'waiting' AND (approval IS NULL OR approval IN
                (SELECT id FROM approval WHERE state = 'expired'))"""
            ).fetchall()
            connection.executemany(
                """UPDATE run SET state = 'failed', code = 'approval-expired', ended = ?, approval = NULL,
                binding = '{}' WHERE id = ?""",
                [(self._clock(), number) for (number,) in found],
            )
        return [number for (number,) in found]

    def purge(self, before: float) -> None:
        """Take away runs and questions that ended before this moment; standing rules stay."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM run WHERE state IN ('done', 'failed', 'stopped') AND ended < ?", (before,))
            connection.execute(
                "DELETE FROM approval WHERE state IN (SELECT value FROM json_each(?)) AND changed < ?",
                (json.dumps(sorted(approvals.FINAL)), before),
            )

    def acts(self, function: str, since: float = 0.0, run: int | None = None) -> Sequence[Mapping[str, Any]]:
        """The arguments of every act of this function that was done or may have been, since a moment, or of a run."""
        with self._database.read() as connection:
            found = connection.execute(
                """SELECT arguments FROM approval WHERE function = ?1 AND state IN ('approved', 'running', 'done',
                'unknown') AND changed >= ?2
                AND (?3 IS NULL OR id IN (SELECT approval FROM run_call WHERE run = ?3))""",
                (function, since, run),
            ).fetchall()
        return [json.loads(given) for (given,) in found]

    def list(self, skill: str = "", limit: int = 50) -> list[Run]:
        """Newest first."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_SELECT} WHERE ?1 = '' OR skill = ?1 ORDER BY id DESC LIMIT ?2", (skill, limit)
            ).fetchall()
        return [_run(row) for row in found]


def _get(connection: Connection, run: int) -> Run:
    row = connection.execute(f"{_SELECT} WHERE id = ?", (run,)).fetchone()
    if row is None:
        raise VaultError("unknown-run", "this run is not in the vault")
    return _run(row)


def _run(row: Sequence[Any]) -> Run:
    number, skill, version, digest, entry, occasion, inputs, state, started, ended, value, *texts, approval = row
    code, sentence, printed, taint, binding = texts
    return Run(
        number,
        skill,
        version,
        digest,
        entry,
        occasion,
        json.loads(inputs),
        state,
        started,
        ended,
        json.loads(value),
        code,
        sentence,
        printed,
        json.loads(taint),
        json.loads(binding),
        approval,
    )


def _of_state(connection: Connection, run: int, state: RunState) -> None:
    if _get(connection, run).state != state:
        raise VaultError("run-over", "this run has come to its end")


def _store_call(connection: Connection, run: int, call: Call) -> None:
    connection.execute(
        """INSERT INTO run_call (run, number, function, arguments, decision, reason, at, approval)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (run, call.number, call.function, _json(call.arguments), call.decision, call.reason, call.at, call.approval),
    )


def _rest_on(connection: Connection, run: int, records: Collection[str]) -> None:
    connection.execute(
        """INSERT OR IGNORE INTO run_record (run, record)
        SELECT ?, number FROM record WHERE id IN (SELECT value FROM json_each(?))""",
        (run, json.dumps(sorted(records))),
    )


def _json(value: Any) -> str:
    return rows.clean(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
