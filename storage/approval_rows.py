"""Approvals as rows: how they are written and read back, and what they lose when a record is forgotten."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from storage import gaps
from storage.database import Connection, VaultError
from storage.gaps import GAP, Source, Traces
from storage.rows import clean

State = Literal["pending", "approved", "declined", "expired", "running", "done", "failed", "unknown"]
_NO_TRACES = Traces(frozenset(), frozenset())
_COLUMNS = "id, state, decision, skill, function, arguments, digest, reason, created, expires, changed, outcome"


@dataclass(frozen=True)
class ApprovalSource:
    """Content that led to the act.  `origin`: mail, note, peer, skill, … `record`: its id, empty where there is none.

    Once the record is forgotten `record` and `sender` are empty, and title and quote are the mark `gaps.GAP`.
    """

    origin: str
    record: str = ""
    title: str = ""
    sender: str = ""
    quote: str = ""


@dataclass(frozen=True)
class Approval:
    """`arguments` are exactly what is done; `digest` is of what was shown.  `dump` is None in listings.

    Times: seconds since the epoch, UTC.
    """

    id: int
    state: State
    decision: str
    skill: str
    function: str
    arguments: Mapping[str, Any]
    digest: str
    reason: str
    created: float
    expires: float
    changed: float
    outcome: str
    sources: tuple[ApprovalSource, ...]
    dump: bytes | None = field(default=None, repr=False)


def store_sources(connection: Connection, approval: int, sources: Sequence[ApprovalSource]) -> None:
    """Within a write.  A record that is not in the vault is stored without its link."""
    for position, one in enumerate(sources):
        row = connection.execute("SELECT number FROM record WHERE id = ?", (clean(one.record),)).fetchone()
        texts = (clean(one.title), clean(one.sender), clean(one.quote))
        connection.execute(
            """INSERT INTO approval_source (approval, position, origin, record, title, sender, quote)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (approval, position, clean(one.origin), None if row is None else row[0], *texts),
        )


def load(connection: Connection, approval: int) -> Approval:
    """Errors: VaultError `unknown-approval`."""
    row = connection.execute(f"SELECT {_COLUMNS}, dump FROM approval WHERE id = ?", (approval,)).fetchone()  # noqa: S608
    if row is None:
        raise VaultError("unknown-approval", "this approval is not in the vault")
    return _approval(connection, row[:-1], row[-1])


def listed(connection: Connection, states: Collection[State], now: float, limit: int) -> list[Approval]:
    """Newest first, without dumps; pending ones that have expired are left out."""
    found = connection.execute(
        f"""SELECT {_COLUMNS} FROM approval WHERE state IN (SELECT value FROM json_each(?))
        AND (state <> 'pending' OR expires > ?) ORDER BY id DESC LIMIT ?""",  # noqa: S608
        (json.dumps(list(states)), now, limit),
    ).fetchall()
    return [_approval(connection, row, None) for row in found]


def _approval(connection: Connection, row: Sequence[Any], dump: bytes | None) -> Approval:
    number, state, decision, skill, function, arguments, shown, reason, created, expires, changed, outcome = row
    sources = connection.execute(
        """SELECT origin, coalesce((SELECT id FROM record WHERE number = s.record), ''), title, sender, quote
        FROM approval_source s WHERE approval = ? ORDER BY position""",
        (number,),
    )
    return Approval(
        id=number,
        state=state,
        decision=decision,
        skill=skill,
        function=function,
        arguments=json.loads(arguments),
        digest=shown,
        reason=reason,
        created=created,
        expires=expires,
        changed=changed,
        outcome=outcome,
        sources=tuple(ApprovalSource(*source) for source in sources),
        dump=None if dump is None else bytes(dump),
    )


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for arguments, outcome in connection.execute("SELECT arguments, outcome FROM approval").fetchall():
        yield from gaps.strings(json.loads(arguments))
        yield outcome
    for title, sender, quote in connection.execute("SELECT title, sender, quote FROM approval_source").fetchall():
        yield from (title, sender, quote)


def forget(connection: Connection, numbers: Collection[int], traces: Traces, now: float) -> None:
    """Within a write, before the records go: sources become gaps, and what was copied from a record is cut out.

    A run that rests on a forgotten record holds what it read, so its dump goes; without it, or without its exact
    arguments, an act that had not begun cannot be done any more: it expires.
    """
    told = _sources_of(connection, numbers)
    connection.execute(
        """UPDATE approval_source SET record = NULL, title = ?1, quote = ?1, sender = ''
        WHERE record IN (SELECT value FROM json_each(?2))""",
        (GAP, json.dumps(list(numbers))),
    )
    _clean_sources(connection, traces)
    for number, state, arguments, outcome, dumped in connection.execute(
        "SELECT id, state, arguments, outcome, dump IS NOT NULL FROM approval"
    ).fetchall():
        sources = told.get(number, ())
        act = json.dumps(
            _without(json.loads(arguments), sources, traces), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        said_now = str(_without(outcome, sources, traces))
        stale = act != arguments or (bool(dumped) and bool(sources))
        if stale or said_now != outcome:
            ends = stale and state in ("pending", "approved")
            connection.execute(
                """UPDATE approval SET state = ?, arguments = ?, outcome = ?, dump = iif(?, NULL, dump), changed = ?
                WHERE id = ?""",
                ("expired" if ends else state, act, said_now, stale, now, number),
            )


def _sources_of(connection: Connection, numbers: Collection[int]) -> dict[int, list[Source]]:
    """What each approval says of these records.  Whom it goes to is no secret of theirs: senders are left out."""
    found: dict[int, list[Source]] = {}
    for approval, title, quote in connection.execute(
        "SELECT approval, title, quote FROM approval_source WHERE record IN (SELECT value FROM json_each(?))",
        (json.dumps(list(numbers)),),
    ).fetchall():
        found.setdefault(approval, []).append(Source(-1, quote, title, ""))
    return found


def _clean_sources(connection: Connection, traces: Traces) -> None:
    """Other sources that quote the same words, such as a reply."""
    for approval, position, *texts in connection.execute(
        "SELECT approval, position, title, quote FROM approval_source"
    ).fetchall():
        cleaned = [gaps.without_runs(text, traces) for text in texts]
        if cleaned != texts:
            connection.execute(
                "UPDATE approval_source SET title = ?, quote = ? WHERE approval = ? AND position = ?",
                (*cleaned, approval, position),
            )


def _without(value: Any, sources: Sequence[Source], traces: Traces) -> Any:
    if isinstance(value, str):
        return gaps.without_runs(gaps.without_sources(value, sources, _NO_TRACES), traces)
    if isinstance(value, dict):
        return {_without(key, sources, traces): _without(held, sources, traces) for key, held in value.items()}
    if isinstance(value, list):
        return [_without(held, sources, traces) for held in value]
    return value
