"""What came in, day by day: from which source, of which kind, how much, and the last few of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from storage.database import Connection
from storage.records import Kind
from storage.vault import Vault

LATEST = 3


@dataclass(frozen=True)
class Line:
    """A record of a timeline."""

    id: str
    kind: Kind
    title: str
    sender: str


@dataclass(frozen=True)
class Arrivals:
    """What one source brought of one kind on one day.  `day`: local, YYYY-MM-DD.  `source` 0: imported by hand.

    `latest`: by their own date, as far as that is not after the arrival (an event may lie in the future).
    """

    day: str
    source: int
    name: str
    kind: Kind
    count: int
    latest: tuple[Line, ...]


def arrivals(vault: Vault, days: int, before: str | None = None) -> list[Arrivals]:
    """The last `days` days on which anything came in, newest first; of a day, what brought most comes first.

    `before`: only days before this one (YYYY-MM-DD).  A day is one of the machine's time zone as it is now.
    Blocking.  Errors: VaultError; ValueError for a `before` that is no date.
    """
    bound = _midnight(datetime.strptime(before, "%Y-%m-%d")) if before else float("inf")
    found: list[Arrivals] = []
    with vault.read() as connection:
        names = dict(connection.execute("SELECT id, name FROM source").fetchall())
        for _ in range(days):
            (last,) = connection.execute("SELECT max(added) FROM record WHERE added < ?", (bound,)).fetchone()
            if last is None:
                break
            day = datetime.fromtimestamp(last)
            begin, end = _midnight(day), min(bound, _midnight(day + timedelta(days=1)))
            found += _day(connection, day.strftime("%Y-%m-%d"), begin, end, names)
            bound = begin
    return found


def _midnight(day: datetime) -> float:
    """When the local day began; also on the days that have 23 or 25 hours."""
    return datetime.combine(day.date(), time()).timestamp()


def _day(connection: Connection, day: str, begin: float, end: float, names: dict[int, str]) -> list[Arrivals]:
    groups = connection.execute(
        """SELECT coalesce(source, 0), kind, count(*) FROM record WHERE added >= ? AND added < ?
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2""",
        (begin, end),
    ).fetchall()
    return [
        Arrivals(day, source, names.get(source, ""), kind, count, _latest(connection, begin, end, source, kind))
        for source, kind, count in groups
    ]


def _latest(connection: Connection, begin: float, end: float, source: int, kind: str) -> tuple[Line, ...]:
    found = connection.execute(
        """SELECT id, kind, title, sender FROM record
        WHERE added >= ? AND added < ? AND coalesce(source, 0) = ? AND kind = ?
        ORDER BY min(coalesce(date, added), added) DESC, number DESC LIMIT ?""",
        (begin, end, source, kind, LATEST),
    )
    return tuple(Line(*row) for row in found)
