"""Memory: what the person told the agent or confirmed, and standing instructions, each with its source and date.

Nothing is remembered from content by itself: a fact that rests on a record counts only once it is confirmed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from storage import gaps, rows, terms
from storage.database import Connection, Database, VaultError
from storage.gaps import GAP, Traces

FactKind = Literal["fact", "instruction"]
YOU = "you"
_SELECT = """SELECT f.id, f.kind, f.text, f.origin, coalesce(r.id, ''), coalesce(r.title, ''), f.confirmed, f.created,
    f.changed FROM fact f LEFT JOIN record r ON r.number = f.record"""


@dataclass(frozen=True)
class Fact:
    """`source`: "you", or the id of the record it rests on; empty where that is in the vault no more.

    `title`: of that record.  Times: seconds since the epoch, UTC.
    """

    id: int
    kind: FactKind
    text: str
    source: str
    title: str
    confirmed: bool
    created: float
    changed: float


class Facts:
    """Blocking; any thread.  Errors: VaultError `unknown-fact` where one is named that is not there, `empty-fact`."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, text: str, kind: FactKind = "fact", source: str = YOU, *, confirmed: bool | None = None) -> int:
        """Remember; returns its id, which is never used again.  The same words twice are one.

        `source`: "you" or a record's id; errors: VaultError `unknown-id`.  `confirmed`: by default what the person
        says is, what a record says is not; saying it again with True confirms it.
        """
        words = _words(text)
        sure = source == YOU if confirmed is None else confirmed
        now = self._clock()
        with self._database.write() as connection:
            number = None if source == YOU else rows.number(connection, source)
            same = connection.execute("SELECT id FROM fact WHERE kind = ? AND text = ?", (kind, words)).fetchone()
            if same is not None:
                if sure:
                    connection.execute("UPDATE fact SET confirmed = 1 WHERE id = ?", (same[0],))
                return int(same[0])
            return connection.execute(
                """INSERT INTO fact (kind, text, origin, record, confirmed, created, changed)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (kind, words, YOU if number is None else "record", number, int(sure), now, now),
            ).lastrowid

    def get(self, fact: int) -> Fact:
        with self._database.read() as connection:
            row = connection.execute(f"{_SELECT} WHERE f.id = ?", (fact,)).fetchone()
        if row is None:
            raise _unknown()
        return _fact(row)

    def search(self, text: str, limit: int = 20) -> list[Fact]:
        """Those that hold the words of `text`, case and accents ignored, a beginning of a word counting; most words
        first.  Words that say nothing alone ("the", "de") do not count."""
        wanted = {word for word in gaps.words(text) if gaps.telling(word)}
        scored = []
        for fact in self.list():
            held = gaps.words(fact.text)
            score = sum(any(word.startswith(one) for word in held) for one in wanted)
            if score:
                scored.append((-score, fact.id, fact))
        return [fact for _, _, fact in sorted(scored)[:limit]]

    def edit(self, fact: int, text: str) -> None:
        """In the person's own words from now on: it rests on them alone, and is confirmed."""
        words = _words(text)
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE fact SET text = ?, origin = 'you', record = NULL, confirmed = 1, changed = ? WHERE id = ?",
                (words, self._clock(), fact),
            )
            _known(changed.rowcount)
        self._database.checkpoint()

    def confirm(self, fact: int) -> None:
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE fact SET confirmed = 1, changed = ? WHERE id = ?", (self._clock(), fact)
            )
            _known(changed.rowcount)

    def remove(self, fact: int) -> None:
        """Forget it; the journal is emptied, so that no file holds it any more."""
        with self._database.write() as connection:
            _known(connection.execute("DELETE FROM fact WHERE id = ?", (fact,)).rowcount)
        self._database.checkpoint()

    def list(self, kind: FactKind | None = None, *, confirmed: bool | None = None) -> list[Fact]:
        """In the order they were told."""
        with self._database.read() as connection:
            found = connection.execute(
                f"{_SELECT} WHERE (?1 IS NULL OR f.kind = ?1) AND (?2 IS NULL OR f.confirmed = ?2) ORDER BY f.id",
                (kind, None if confirmed is None else int(confirmed)),
            ).fetchall()
        return [_fact(row) for row in found]


def said(connection: Connection) -> Iterator[str]:
    """Every text in which something of a record may stand."""
    for (text,) in connection.execute("SELECT text FROM fact").fetchall():
        yield text


def forget(connection: Connection, numbers: Collection[int], traces: Traces) -> None:
    """Within a write, before the records go: facts that rest on them go too, and words copied from them are cut out
    of the others; one of which nothing is left goes."""
    connection.executemany("DELETE FROM fact WHERE record = ?", [(number,) for number in numbers])
    for fact, text in connection.execute("SELECT id, text FROM fact").fetchall():
        cleaned = gaps.without_runs(text, traces)
        if not gaps.words(cleaned.replace(GAP, " ")):
            connection.execute("DELETE FROM fact WHERE id = ?", (fact,))
        elif cleaned != text:
            connection.execute("UPDATE fact SET text = ? WHERE id = ?", (cleaned, fact))


def _fact(row: Any) -> Fact:
    number, kind, text, origin, record, title, confirmed, created, changed = row
    return Fact(number, kind, text, YOU if origin == YOU else record, title, bool(confirmed), created, changed)


def _words(text: str) -> str:
    words = rows.clean(" ".join(text.split()))
    if not terms.fold(words).strip():
        raise VaultError("empty-fact", "there is nothing to remember in this")
    return words


def _known(found: int) -> None:
    if not found:
        raise _unknown()


def _unknown() -> VaultError:
    return VaultError("unknown-fact", "this is not in the agent's memory")
