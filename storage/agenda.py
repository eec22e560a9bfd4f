"""What takes place between two moments, of all events in the vault, repetitions unfolded."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import timedelta

from storage import calendar
from storage.calendar import NotACalendar, Occurrence
from storage.vault import Vault

MAX_DAYS = 370
MOST = 1000  # occurrences
_DAY = timedelta(days=1).total_seconds()
_REPEATS = re.compile(rb"^(?:RRULE|RDATE|RECURRENCE-ID)[;:]", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Taking:
    """`record`: the event's id."""

    record: str
    at: Occurrence


def between(vault: Vault, start: float, end: float) -> list[Taking]:
    """In order, at most `MOST`.  `start`, `end`: seconds since the epoch, UTC, at most `MAX_DAYS` apart.

    An event without an original, or whose original makes no sense, is taken as its record says.  Blocking.  Errors:
    VaultError; ValueError for a span that is too long.
    """
    if not 0 <= end - start <= MAX_DAYS * _DAY:
        raise ValueError(f"a span is at most {MAX_DAYS} days")
    with vault.read() as connection:
        found = connection.execute(
            """SELECT r.id, r.title, r.date, coalesce(r.ends, r.date), o.bytes FROM record r
            LEFT JOIN original o ON o.record = r.number WHERE r.kind = 'event' AND r.date <= ? ORDER BY r.date""",
            (end + _DAY,),
        ).fetchall()
    taking: list[Taking] = []
    for name, title, starts, ends, packed in found:
        raw = zlib.decompress(packed) if packed else b""
        if ends < start - _DAY and not _REPEATS.search(raw):
            continue
        taking += [Taking(name, one) for one in _occurrences(raw, start, end, title, starts, ends)]
    return sorted(taking, key=lambda one: (one.at.starts, one.at.ends, one.record))[:MOST]


def named(vault: Vault, uid: str, origin: str) -> str:
    """The id of the event that a calendar knows by `uid` and that came from there; "" where there is none.

    Blocking.  Errors: VaultError.
    """
    with vault.read() as connection:
        row = connection.execute(
            "SELECT id FROM record WHERE kind = 'event' AND external_id = ? AND origin = ?", (uid, origin)
        ).fetchone()
    return "" if row is None else str(row[0])


def _occurrences(raw: bytes, start: float, end: float, title: str, starts: float, ends: float) -> list[Occurrence]:
    try:
        if raw:
            return calendar.occurrences(raw, start, end)
    except NotACalendar:
        pass  # it was imported all the same: its record says when it is
    inside = starts <= end and ends >= start
    return [Occurrence("", title, starts, ends, all_day=False, cancelled=False)] if inside else []
