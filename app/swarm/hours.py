"""At what times of the week something holds, on the person's clock: when an offer stands, when meetings may be.

In an offer's settings "hours" is "HH:MM-HH:MM", over midnight where the second is not later, and "days" the days on
which they begin, as numbers from 1, Monday, to 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from app.functions import clock

HOURS, DAYS = "hours", "days"  # the settings
EVERY_DAY = frozenset(range(1, 8))
WEEKDAYS = frozenset(range(1, 6))
_HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?")
_NAMES = {
    name: number
    for names in ("mon tue wed thu fri sat sun", "lun mar mer jeu ven sam dim", "1 2 3 4 5 6 7")
    for number, name in enumerate(names.split(), 1)
}


@dataclass(frozen=True)
class Hours:
    """`begins` and `ends` the same: all day."""

    begins: time
    ends: time
    days: frozenset[int] = EVERY_DAY

    def spans(self, first: date, last: date, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Those that begin on these days, in order.  `now`: the person's clock."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day.isoweekday() in self.days:
                over = day if self.ends > self.begins else day + timedelta(days=1)
                begins, ends = datetime.combine(day, self.begins), datetime.combine(over, self.ends)
                yield clock.aware(begins, now), clock.aware(ends, now)

    def cover(self, begins: float, ends: float, now: datetime) -> bool:
        """Whether the whole time between two moments (seconds since the epoch) lies in one of them."""
        day = clock.here(begins, now).date()
        near = self.spans(day - timedelta(days=1), day, now)
        return any(first.timestamp() <= begins and ends <= last.timestamp() for first, last in near)

    def plain(self) -> dict[str, Any]:
        """As an offer's settings hold it."""
        return {HOURS: f"{self.begins:%H:%M}-{self.ends:%H:%M}", DAYS: sorted(self.days)}


def of(settings: Mapping[str, Any], usual: Hours | None = None) -> Hours | None:
    """What the settings say, each part as usual where it is not set; None: always."""
    said, days = settings.get(HOURS), settings.get(DAYS)
    if not said and not days:
        return usual
    begins, ends = read_hours(str(said)) if said else (usual.begins, usual.ends) if usual else (time(), time())
    return Hours(begins, ends, frozenset(days) if days else usual.days if usual else EVERY_DAY)


def read_hours(said: str) -> tuple[time, time]:
    """Of "9-18" or "22:30-07:00".  Errors: ValueError."""
    found = _HOURS.fullmatch(said.replace(" ", ""))
    if found is None:
        raise ValueError("these are no hours")
    begin, begin_minute, end, end_minute = (int(part or 0) for part in found.groups())
    if (end, end_minute) == (24, 0):
        end = 0
    return time(begin, begin_minute), time(end, end_minute)


def read_days(said: str) -> list[int]:
    """Of "mon-fri", "lun,mer" or "1-5,7": numbers from 1, Monday.  Errors: ValueError."""
    days: set[int] = set()
    for part in said.casefold().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        ends = [_NAMES.get(name[:3], 0) for name in (first, last or first)]
        if 0 in ends or ends[0] > ends[1]:
            raise ValueError("these are no days")
        days.update(range(ends[0], ends[1] + 1))
    return sorted(days)
