"""What search reads of the vault: matching chunks, where they stand, and the hits themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from storage.database import Connection
from storage.records import Hit, Kind
from storage.terms import expression
from storage.timewords import Interval

# Chunks that may match a query's words: ranking costs microseconds for each.  Terms are taken rarest first up to here;
# frequent ones say little and cost most.
BUDGET = 6000
_UNRANKED = 20_000  # a single term of more chunks than this is answered newest first, without ranking

_SORTED = "ORDER BY r.thread, r.date IS NULL, r.date, r.number, c.position"


@dataclass(frozen=True)
class Place:
    """Where a chunk stands."""

    chunk: int
    record: int
    thread: int
    kind: Kind
    sender: str
    date: float | None


def match(connection: Connection, groups: Sequence[tuple[str, ...]], limit: int) -> list[int]:
    """Chunks by BM25, best first.  `groups`: alternative terms, one tuple for each word of the query."""
    rarity = sorted((sum(_frequency(connection, term) for term in group), group) for group in groups)
    known = [(count, group) for count, group in rarity if count]
    if not known:
        return []
    chosen, total = [known[0][1]], known[0][0]
    for count, group in known[1:]:
        total += count
        if total > BUDGET:
            break
        chosen.append(group)
    order = "rank" if known[0][0] <= _UNRANKED else "rowid DESC"
    found = connection.execute(
        f"SELECT rowid FROM chunk_terms WHERE chunk_terms MATCH ? ORDER BY {order} LIMIT ?",  # noqa: S608 - one of two
        (expression(chosen), limit),
    )
    return [row[0] for row in found]


def within(connection: Connection, interval: Interval, limit: int) -> list[int]:
    """First chunks of the records dated in `interval`, newest first."""
    found = connection.execute(
        """SELECT c.id FROM record r JOIN chunk c ON c.record = r.number AND c.position = 0
        WHERE r.date >= ? AND r.date < ? ORDER BY r.date DESC LIMIT ?""",
        (interval.start, interval.end, limit),
    )
    return [row[0] for row in found]


def places(connection: Connection, chunks: Sequence[int]) -> dict[int, Place]:
    """Where `chunks` stand; those that are gone are left out."""
    found = connection.execute(
        """SELECT c.id, r.number, r.thread, r.kind, r.sender, r.date FROM json_each(?) wanted
        JOIN chunk c ON c.id = wanted.value JOIN record r ON r.number = c.record""",
        (json.dumps(list(chunks)),),
    )
    return {row[0]: Place(*row) for row in found}


def threads(connection: Connection, numbers: Sequence[int], limit: int) -> list[list[Place]]:
    """The chunks of each thread, oldest record first; of a longer thread than `limit` chunks its beginning."""
    sorted_threads = []
    for number in numbers:
        found = connection.execute(
            f"""SELECT c.id, r.number, r.thread, r.kind, r.sender, r.date
            FROM record r JOIN chunk c ON c.record = r.number WHERE r.thread = ? {_SORTED} LIMIT ?""",  # noqa: S608
            (number, limit),
        )
        sorted_threads.append([Place(*row) for row in found])
    return sorted_threads


def hits(connection: Connection, chunks: Sequence[int]) -> dict[int, Hit]:
    """The chunks as hits of score 0 and without snippet."""
    found = connection.execute(
        """SELECT c.id, r.id, r.kind, r.title, r.sender, r.date, c.text, c.start, c."end", 0.0, '', c.context
        FROM json_each(?) wanted JOIN chunk c ON c.id = wanted.value JOIN record r ON r.number = c.record""",
        (json.dumps(list(chunks)),),
    )
    return {row[0]: Hit(*row) for row in found}


def _frequency(connection: Connection, term: str) -> int:
    """In how many chunks a term stands."""
    row = connection.execute("SELECT count(*) FROM chunk_terms WHERE chunk_terms MATCH ?", (f'"{term}"',)).fetchone()
    return int(row[0])
