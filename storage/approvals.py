"""Acts of the agent that wait for a click, and the standing rules that clicks leave behind.

An approval holds exactly what will be done, as canonical JSON with its SHA-256: the click names the digest that was
shown, and what is executed is checked against it again.  Each change of state is one row of `TRANSITIONS`, made by
compare-and-set in one transaction, so that two clicks take effect once.  An effect that was begun and not ended when
the vault was closed is `unknown`: it may have happened, and is never done again without the person saying so.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from storage import approval_rows as stored
from storage.approval_rows import Approval, ApprovalSource, State
from storage.database import Connection, Database, VaultError
from storage.rows import clean

Decision = Literal["once", "always", "no", "never"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
Event = Literal["approve", "decline", "expire", "begin", "succeed", "fail", "lose", "again"]

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    ("pending", "approve"): "approved",
    ("pending", "decline"): "declined",
    ("pending", "expire"): "expired",
    ("approved", "expire"): "expired",  # what led to it was forgotten before it began
    ("approved", "begin"): "running",
    ("running", "succeed"): "done",
    ("running", "fail"): "failed",
    ("running", "lose"): "unknown",  # the vault was closed, or the program killed, in between
    ("unknown", "succeed"): "done",  # the person looked: it had happened
    ("unknown", "fail"): "failed",  # … it had not, and is given up
    ("unknown", "again"): "approved",  # … and says to do it again
}
WAITING: tuple[State, ...] = ("pending",)
FINAL: frozenset[State] = frozenset(("declined", "expired", "done", "failed"))
_LATE = "SELECT id FROM approval WHERE state IN ('pending', 'approved') AND expires <= ?"
_EVENT_OF: Mapping[Decision, Event] = {"once": "approve", "always": "approve", "no": "decline", "never": "decline"}


@dataclass(frozen=True)
class StoredRule:
    """`rule`: plain data, see agent.rules.  `approval`: whose click made it, or None."""

    id: int
    rule: Mapping[str, Any]
    approval: int | None
    created: float


def canonical(value: Any) -> str:
    """JSON in one spelling: keys sorted, no blanks.  Errors: TypeError, ValueError for what JSON does not hold."""
    _plain(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(skill: str, function: str, arguments: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of what is shown and executed."""
    act = canonical({"skill": skill, "function": function, "arguments": dict(arguments)})
    return hashlib.sha256(act.encode("utf-8")).hexdigest()


def insert(
    connection: Connection,
    skill: str,
    function: str,
    arguments: Mapping[str, Any],
    now: float,
    expires: float,
    reason: str = "",
    sources: Sequence[ApprovalSource] = (),
    dump: bytes | None = None,
) -> int:
    """Within a write: a new pending approval.  Errors: ValueError, TypeError for arguments that are no JSON."""
    act, shown = canonical(dict(arguments)), digest(skill, function, arguments)
    number = connection.execute(
        """INSERT INTO approval (skill, function, arguments, digest, reason, created, expires, changed, dump)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (skill, function, act, shown, reason, now, expires, now, dump),
    ).lastrowid
    stored.store_sources(connection, number, sources)
    return number


class Approvals:
    """Blocking; any thread.  Times: seconds since the epoch, UTC.

    Errors: VaultError `unknown-approval`; `approval-decided` where its state does not allow the step (somebody else was
    faster); `approval-expired`; `approval-changed` where it is not what was shown.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def ask(
        self,
        skill: str,
        function: str,
        arguments: Mapping[str, Any],
        expires: float,
        *,
        reason: str = "",
        sources: Sequence[ApprovalSource] = (),
        dump: bytes | None = None,
    ) -> int:
        """A new pending approval; its id is never used again.  `dump`: the run that waits for it.

        Errors: ValueError, TypeError for arguments that are no JSON.
        """
        now = self._clock()
        with self._database.write() as connection:
            return insert(connection, skill, function, arguments, now, expires, reason, sources, dump)

    def begun(
        self, skill: str, function: str, arguments: Mapping[str, Any], reason: str, sources: Sequence[ApprovalSource]
    ) -> Approval:
        """The record of an act that the person allowed beforehand: as after `begin_effect`, without a question.

        Errors: ValueError, TypeError for arguments that are no JSON.
        """
        now = self._clock()
        with self._database.write() as connection:
            number = insert(connection, skill, function, arguments, now, now, reason, sources, None)
            connection.execute("UPDATE approval SET state = 'running' WHERE id = ?", (number,))
            return stored.load(connection, number)

    def get(self, approval: int) -> Approval:
        """With its dump."""
        with self._database.read() as connection:
            return stored.load(connection, approval)

    def count(self) -> int:
        """How many wait for a click, and how many effects are unknown: the badge."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM approval WHERE (state = 'pending' AND expires > ?) OR state = 'unknown'",
                (self._clock(),),
            ).fetchone()
        return int(row[0])

    def waiting(self, skill: str) -> int:
        """How many questions of a skill wait for a click."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM approval WHERE state = 'pending' AND expires > ? AND skill = ?",
                (self._clock(), skill),
            ).fetchone()
        return int(row[0])

    def decide(
        self, approval: int, decision: Decision, shown: str, rules: Sequence[Mapping[str, Any]] = ()
    ) -> Approval:
        """The click.  `shown`: the digest of what the person saw.  `rules`: what "always" or "never" leaves behind, in
        the same transaction; needed for these two and refused for the others."""
        with self._database.write() as connection:
            return self._decide(connection, approval, decision, shown, rules)

    def begin_effect(self, approval: int, shown: str) -> Approval:
        """Just before the effect: from here on it may have happened.  Only one caller ever gets it, with the dump.

        `shown`: the digest of what is about to be done; it is also checked against what is stored.
        """
        with self._database.write() as connection:
            return self._begin(connection, approval, shown)

    def accept(
        self, approval: int, decision: Decision, shown: str, rules: Sequence[Mapping[str, Any]] = ()
    ) -> Approval:
        """`decide` with "once" or "always", and `begin_effect`, in one transaction: a yes is never left lying."""
        with self._database.write() as connection:
            self._decide(connection, approval, decision, shown, rules)
            return self._begin(connection, approval, shown)

    def lose(self, approval: int) -> None:
        """The effect was cut off, or nobody can say whether it happened."""
        with self._database.write() as connection:
            found = stored.load(connection, approval)
            self._move(connection, found, _step(found, "lose"))

    def end_effect(self, approval: int, *, done: bool, outcome: str = "") -> None:
        """The effect came to its end, or the person says what became of one that is unknown.  The dump goes."""
        with self._database.write() as connection:
            found = stored.load(connection, approval)
            state = _step(found, "succeed" if done else "fail")
            connection.execute("UPDATE approval SET outcome = ? WHERE id = ?", (clean(outcome), approval))
            self._move(connection, found, state)

    def again(self, approval: int, shown: str) -> Approval:
        """The person says that an unknown effect did not happen, and approves it once more."""
        with self._database.write() as connection:
            found = stored.load(connection, approval)
            state = _step(found, "again")
            _same(found, shown)
            self._move(connection, found, state)
            return stored.load(connection, approval)

    def redo(self, approval: int, shown: str) -> Approval:
        """`again` and `begin_effect` in one transaction."""
        with self._database.write() as connection:
            found = stored.load(connection, approval)
            state = _step(found, "again")
            _same(found, shown)
            self._move(connection, found, state)
            return self._begin(connection, approval, shown)

    def expire(self) -> int:
        """Close what nobody answered in time, and what was approved and not begun by then; returns how many."""
        now = self._clock()
        with self._database.read() as connection:
            if connection.execute(_LATE, (now,)).fetchone() is None:
                return 0
        with self._database.write() as connection:
            late = connection.execute(_LATE, (now,))
            found = [stored.load(connection, number) for (number,) in late.fetchall()]
            for one in found:
                self._move(connection, one, _step(one, "expire"))
        return len(found)

    def recover(self) -> int:
        """What was running when the vault was closed is unknown now; returns how many.  `Vault.open` calls it."""
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM approval WHERE state = 'running'").fetchone() is None:
                return 0
        with self._database.write() as connection:
            running = connection.execute("SELECT id FROM approval WHERE state = 'running'").fetchall()
            for (number,) in running:
                one = stored.load(connection, number)
                self._move(connection, one, _step(one, "lose"))
        return len(running)

    def rules(self) -> list[StoredRule]:
        """In the order they were made."""
        with self._database.read() as connection:
            found = connection.execute("SELECT id, rule, approval, created FROM rule ORDER BY id").fetchall()
        return [StoredRule(number, json.loads(rule), approval, created) for number, rule, approval, created in found]

    def add_rule(self, rule: Mapping[str, Any]) -> int:
        """Errors: ValueError, TypeError for what JSON does not hold."""
        with self._database.write() as connection:
            return _add_rule(connection, rule, None, self._clock())

    def edit_rule(self, number: int, rule: Mapping[str, Any]) -> None:
        """Errors: VaultError `unknown-rule`."""
        with self._database.write() as connection:
            changed = connection.execute("UPDATE rule SET rule = ? WHERE id = ?", (canonical(dict(rule)), number))
            _known_rule(changed.rowcount)

    def remove_rule(self, number: int) -> None:
        """Errors: VaultError `unknown-rule`."""
        with self._database.write() as connection:
            _known_rule(connection.execute("DELETE FROM rule WHERE id = ?", (number,)).rowcount)

    def list(self, states: Collection[State] = WAITING, limit: int = 100) -> list[Approval]:
        """Newest first, without dumps; pending ones that have expired are left out."""
        with self._database.read() as connection:
            return stored.listed(connection, states, self._clock(), limit)

    def _decide(
        self,
        connection: Connection,
        approval: int,
        decision: Decision,
        shown: str,
        rules: Sequence[Mapping[str, Any]],
    ) -> Approval:
        if bool(rules) != (decision in ("always", "never")):
            raise ValueError("a rule is made by 'always' and 'never', and by nothing else")
        now = self._clock()
        found = stored.load(connection, approval)
        if found.state == "pending" and found.expires <= now:
            raise VaultError("approval-expired", "this question has expired; nothing was done")
        state = _step(found, _EVENT_OF[decision])
        _same(found, shown)
        connection.execute("UPDATE approval SET decision = ? WHERE id = ?", (decision, approval))
        self._move(connection, found, state)
        for rule in rules:
            _add_rule(connection, rule, approval, now)
        return stored.load(connection, approval)

    def _begin(self, connection: Connection, approval: int, shown: str) -> Approval:
        found = stored.load(connection, approval)
        state = _step(found, "begin")
        _same(found, shown)
        if digest(found.skill, found.function, found.arguments) != found.digest:
            raise VaultError("approval-changed", "what is stored is not what was shown; it is not done")
        self._move(connection, found, state)
        return stored.load(connection, approval)

    def _move(self, connection: Connection, found: Approval, state: State) -> None:
        """Compare and set; a run that nobody will resume is not kept."""
        changed = connection.execute(
            "UPDATE approval SET state = ?, changed = ?, dump = iif(?, NULL, dump) WHERE id = ? AND state = ?",
            (state, self._clock(), state in FINAL, found.id, found.state),
        )
        if changed.rowcount != 1:
            raise _decided()


def _step(found: Approval, event: Event) -> State:
    state = TRANSITIONS.get((found.state, event))
    if state is None:
        if found.state == "expired":
            raise VaultError("approval-expired", "this question has expired; nothing was done")
        raise _decided()
    return state


def _same(found: Approval, shown: str) -> None:
    if found.digest != shown:
        raise VaultError("approval-changed", "this is not what was shown; nothing was done")


def _decided() -> VaultError:
    return VaultError("approval-decided", "this was answered already; the first answer counts")


def _add_rule(connection: Connection, rule: Mapping[str, Any], approval: int | None, now: float) -> int:
    return connection.execute(
        "INSERT INTO rule (rule, approval, created) VALUES (?, ?, ?)", (canonical(dict(rule)), approval, now)
    ).lastrowid


def _known_rule(found: int) -> None:
    if not found:
        raise VaultError("unknown-rule", "this rule is not in the vault")


def _plain(value: Any) -> None:
    """Refuse what JSON would change in silence: keys that are no strings, tuples, lone surrogates."""
    if isinstance(value, dict):
        for key, held in value.items():
            if not isinstance(key, str):
                raise TypeError("the keys of arguments are strings")
            _plain(key)
            _plain(held)
    elif isinstance(value, list):
        for held in value:
            _plain(held)
    elif isinstance(value, str):
        value.encode("utf-8")
    elif value is not None and not isinstance(value, bool | int | float):
        raise TypeError("arguments are what JSON holds")
