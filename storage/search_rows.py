"""What search reads of the vault: matching chunks, where they stand, and the hits themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from storage.database import Connection
from storage.filters import Filter, where
from storage.records import Hit, Kind
from storage.terms import expression
from storage.timewords import Interval

# Chunks that may match a query's words: ranking costs microseconds for each.  Terms are taken rarest first up to here;
# frequent ones say little and cost most.
BUDGET = 6000
_UNRANKED = 20_000  # a single term of more chunks than this is answered newest first, without ranking

# Of a chunk's end only: a question mark far above says nothing about what follows.
_PLACE = "c.id, r.number, r.thread, r.kind, r.sender, r.date, length(c.text), instr(substr(c.text, -40), '?') > 0"
_SORTED = "ORDER BY r.thread, r.date IS NULL, r.date, r.number, c.position"


Groups = Sequence[tuple[str, ...]]
Allowed = frozenset[int] | None  # chunks that filters let through; None without filters


@dataclass(frozen=True)
class Place:
    """Where a chunk stands."""

    chunk: int
    record: int
    thread: int
    kind: Kind
    sender: str
    date: float | None
    length: int  # characters
    asks: bool  # ends in a question


def frequencies(connection: Connection, groups: Groups) -> list[int]:
    """In how many chunks the words stand, one number for each group of alternative terms."""
    return [sum(_frequency(connection, term) for term in group) for group in groups]


def match(
    connection: Connection, groups: Groups, limit: int, counts: Sequence[int] | None = None, allowed: Allowed = None
) -> list[tuple[int, float]]:
    """Chunks with their BM25 scores, best first.  `groups`: alternative terms, one tuple for each word of the query;
    `counts`: their `frequencies`, where they are known already."""
    rarity = sorted(zip(frequencies(connection, groups) if counts is None else counts, groups, strict=True))
    known = [(count, group) for count, group in rarity if count]
    if not known:
        return []
    chosen, total = [known[0][1]], known[0][0]
    for count, group in known[1:]:
        total += count
        if total > BUDGET:
            break
        chosen.append(group)
    score, order = ("-rank", "rank") if known[0][0] <= _UNRANKED else ("1.0", "rowid DESC")
    found = connection.execute(
        f"SELECT rowid, {score} FROM chunk_terms WHERE chunk_terms MATCH ? ORDER BY {order} LIMIT ?",  # noqa: S608
        (expression(chosen), limit if allowed is None else -1),
    )
    return list(islice((row for row in found if allowed is None or row[0] in allowed), limit))


def allowed(connection: Connection, filters: tuple[Filter, ...]) -> frozenset[int]:
    """The chunks of the records that `filters` let through."""
    condition, parameters = where(filters)
    found = connection.execute(
        f"SELECT id FROM chunk WHERE record IN (SELECT r.number FROM record r WHERE {condition})",  # noqa: S608
        parameters,
    )
    return frozenset(row[0] for row in found)


def newest(connection: Connection, filters: tuple[Filter, ...], limit: int) -> list[int]:
    """First chunks of the records that `filters` let through, newest first, undated last."""
    condition, parameters = where(filters)
    numbers = f"SELECT r.number FROM record r INDEXED BY record_filter WHERE {condition}"  # noqa: S608
    found = connection.execute(
        f"""SELECT c.id FROM ({numbers} ORDER BY r.date DESC, r.number DESC LIMIT ?) n
        JOIN record r USING (number) JOIN chunk c ON c.record = r.number AND c.position = 0
        ORDER BY r.date DESC, r.number DESC""",  # noqa: S608
        (*parameters, limit),
    )
    return [row[0] for row in found]


def within(connection: Connection, interval: Interval, limit: int, allowed: Allowed = None) -> list[int]:
    """First chunks of the records dated in `interval`, newest first."""
    found = connection.execute(
        """SELECT c.id FROM record r JOIN chunk c ON c.record = r.number AND c.position = 0
        WHERE r.date >= ? AND r.date < ? ORDER BY r.date DESC LIMIT ?""",
        (interval.start, interval.end, limit if allowed is None else -1),
    )
    return list(islice((row[0] for row in found if allowed is None or row[0] in allowed), limit))


def places(connection: Connection, chunks: Sequence[int]) -> dict[int, Place]:
    """Where `chunks` stand; those that are gone are left out."""
    found = connection.execute(
        f"""SELECT {_PLACE} FROM json_each(?) wanted
        JOIN chunk c ON c.id = wanted.value JOIN record r ON r.number = c.record""",  # noqa: S608
        (json.dumps(list(chunks)),),
    )
    return {row[0]: _place(row) for row in found}


def threads(connection: Connection, numbers: Sequence[int], limit: int) -> list[list[Place]]:
    """The chunks of each thread, oldest record first; of a longer thread than `limit` chunks its beginning."""
    sorted_threads = []
    for number in numbers:
        found = connection.execute(
            f"""SELECT {_PLACE}
            FROM record r JOIN chunk c ON c.record = r.number WHERE r.thread = ? {_SORTED} LIMIT ?""",  # noqa: S608
            (number, limit),
        )
        sorted_threads.append([_place(row) for row in found])
    return sorted_threads


def hits(connection: Connection, chunks: Sequence[int]) -> dict[int, Hit]:
    """The chunks as hits of score 0 and without snippet."""
    found = connection.execute(
        """SELECT c.id, r.id, r.kind, r.title, r.sender, r.date, c.text, c.start, c."end", 0.0, '', c.context
        FROM json_each(?) wanted JOIN chunk c ON c.id = wanted.value JOIN record r ON r.number = c.record""",
        (json.dumps(list(chunks)),),
    )
    return {row[0]: Hit(*row) for row in found}


def _place(row: Sequence[Any]) -> Place:
    chunk, record, thread, kind, sender, date, length, asks = row
    return Place(chunk, record, thread, kind, sender, date, length, bool(asks))


def _frequency(connection: Connection, term: str) -> int:
    """In how many chunks a term stands."""
    row = connection.execute("SELECT count(*) FROM chunk_terms WHERE chunk_terms MATCH ?", (f'"{term}"',)).fetchone()
    return int(row[0])
