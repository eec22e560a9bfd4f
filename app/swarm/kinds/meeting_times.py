"""When a person is free, and putting what was agreed on into their calendar.  Blocking; any thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from agent.policy import OWN
from storage import agenda, calendar
from storage.records import Record
from storage.sources import calendar_file
from storage.vault import Vault

DAY_BEGINS, DAY_ENDS = time(9), time(18)  # unless the person says otherwise, Monday to Friday
_GRID = timedelta(minutes=30)
_SATURDAY = 5
_LAST = time(23, 59)


def free(vault: Vault, starts: Sequence[float], seconds: float) -> list[float]:
    """Those of these times (seconds since the epoch) at which nothing takes place for so long.

    Whole days, such as birthdays, and what was cancelled do not count.  Errors: VaultError.
    """
    if not starts:
        return []
    taking = agenda.between(vault, min(starts), max(starts) + seconds)
    busy = [(one.at.starts, one.at.ends) for one in taking if not one.at.all_day and not one.at.cancelled]
    return [at for at in starts if not any(begins < at + seconds and ends > at for begins, ends in busy)]


@dataclass(frozen=True)
class Hours:
    """Between which times of day, of the person's clock, and on which days a meeting is looked for."""

    begin: time = DAY_BEGINS
    end: time = DAY_ENDS
    weekends: bool = False

    def hold(self, starts: datetime, ends: datetime) -> bool:
        """The last minute of the day counts as its end."""
        if not self.weekends and starts.weekday() >= _SATURDAY:
            return False
        if self.end >= _LAST and ends.time() == time(0) and ends.date() == starts.date() + timedelta(days=1):
            return starts.time() >= self.begin
        return starts.date() == ends.date() and starts.time() >= self.begin and ends.time() <= self.end


USUAL = Hours()


def candidates(
    vault: Vault, begin: datetime, end: datetime, seconds: float, most: int, hours: Hours = USUAL
) -> list[float]:
    """Up to `most` free times within `hours` between two moments of the person's clock, spread evenly."""
    grid = []
    at = begin.replace(minute=0, second=0, microsecond=0)
    while at <= end:
        over = at + timedelta(seconds=seconds)
        if begin <= at and over <= end and hours.hold(at, over):
            grid.append(at.timestamp())
        at += _GRID
    found = free(vault, grid, seconds)
    return found if len(found) <= most else [found[number * len(found) // most] for number in range(most)]


def agree(vault: Vault, uid: str, title: str, at: float, seconds: float, text: str) -> bool:
    """Put the meeting into the person's calendar, once; whether it was not there.  Errors: VaultError."""
    starts, ends = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(at + seconds, UTC)
    raw = calendar.compose(uid, title, starts, ends, "", text, starts)
    (record,) = (one for one in calendar_file.records(raw, "nuee", "Nuée") if isinstance(one, Record))
    added = vault.library.add([replace(record, origin="nuee")]).ids
    if added:
        said = {"title": title, "start": f"{starts.astimezone():%Y-%m-%d %H:%M}"}
        undo = {"function": "event.add", "arguments": {"id": added[0]}}
        vault.activity.add(OWN, "event.add", said, undo=undo, records=added)
    return bool(added)
