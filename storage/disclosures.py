"""The ledger of all that left, and what the person agreed to for good.

Each line holds a hash over itself and the line before: a line that is changed, dropped or put in between no longer
agrees with the ones after it.  Whoever can write the vault can write the whole chain anew: the chain shows accidents
and edits of single lines, not the owner who rewrites everything.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cbor2

from storage.database import Connection, Database
from storage.outbox import Write

Decision = Literal["always", "never"]
_LINE = "SELECT number, at, peer, kind, task, bytes, digest, records, why, chain FROM disclosure"
_FIRST = "0" * 64


@dataclass(frozen=True)
class Disclosure:
    """`digest`: SHA-256 of the exact bytes that left.  `records`: ids of the records they came from.

    `why`: typed (the person typed it for this), once, always, offer (asked of us, within what we offer).
    `at`: seconds since the epoch, UTC.
    """

    number: int
    at: float
    peer: str
    kind: str
    task: str
    bytes: int
    digest: str
    records: tuple[str, ...]
    why: str
    chain: str


class Disclosures:
    """Blocking; any thread.  Errors: VaultError."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def left(
        self, peer: str, kind: str, payload: bytes, why: str, *, task: str = "", records: Sequence[str] = ()
    ) -> Write:
        """A line for bytes that leave with the step it is kept with."""
        at = round(self._clock(), 3)
        digest = hashlib.sha256(payload).hexdigest()

        def write(connection: Connection) -> None:
            last = connection.execute("SELECT number, chain FROM disclosure ORDER BY number DESC LIMIT 1").fetchone()
            number, before = (1, _FIRST) if last is None else (last[0] + 1, last[1])
            line = (number, at, peer, kind, task, len(payload), digest, json.dumps(list(records)), why)
            connection.execute(
                "INSERT INTO disclosure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*line, _chained(before, line))
            )

        return write

    def broken(self) -> int | None:
        """The number of the first line that does not agree with the ones before it; None where all do."""
        before, expected = _FIRST, 1
        with self._database.read() as connection:
            for row in connection.execute(f"{_LINE} ORDER BY number"):
                if row[0] != expected or _chained(before, row[:-1]) != row[-1]:
                    return int(row[0])
                before, expected = row[-1], expected + 1
        return None

    def consent(self, peer: str, kind: str) -> Decision | None:
        """What was agreed to for this peer and kind for good."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT decision FROM consent WHERE peer = ? AND kind = ?", (peer, kind)
            ).fetchone()
        return None if row is None else row[0]

    def decide(self, peer: str, kind: str, decision: Decision | None) -> None:
        """None takes it back."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM consent WHERE peer = ? AND kind = ?", (peer, kind))
            if decision is not None:
                connection.execute("INSERT INTO consent VALUES (?, ?, ?, ?)", (peer, kind, decision, self._clock()))

    def consents(self) -> list[tuple[str, str, Decision]]:
        with self._database.read() as connection:
            return connection.execute("SELECT peer, kind, decision FROM consent ORDER BY peer, kind").fetchall()

    def list(self, limit: int = 1000) -> list[Disclosure]:
        """Newest first."""
        with self._database.read() as connection:
            found = connection.execute(f"{_LINE} ORDER BY number DESC LIMIT ?", (limit,))
            return [_disclosure(row) for row in found.fetchall()]


def _chained(before: str, line: Sequence[Any]) -> str:
    return hashlib.sha256(cbor2.dumps([before, *line], canonical=True)).hexdigest()


def _disclosure(row: Any) -> Disclosure:
    number, at, peer, kind, task, size, digest, records, why, chain = row
    return Disclosure(number, at, peer, kind, task, size, digest, tuple(json.loads(records)), why, chain)
