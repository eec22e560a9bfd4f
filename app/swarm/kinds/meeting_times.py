"""When a person is free, by the events in their vault.  Blocking; any thread.

`now` is always the person's clock: what a day and an hour of theirs are on other days too, when the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from app.functions import clock
from app.swarm.hours import EVERY_DAY, WEEKDAYS, Hours
from storage import agenda
from storage.agenda import Taking
from storage.vault import Vault

ASKING = Hours(time(9), time(18), WEEKDAYS)  # in which a meeting is looked for, where the person says nothing else
ANSWERING = Hours(time(7), time(22), EVERY_DAY)  # in which others' times are free: nobody is booked at night
_GRID = timedelta(minutes=30)
_DAY = 86_400.0


@dataclass(frozen=True)
class Free:
    """`starts`: seconds since the epoch.  `records`: ids of the events that were looked at for it."""

    starts: tuple[float, ...]
    records: tuple[str, ...] = ()


def free(
    vault: Vault,
    starts: Iterable[float],
    seconds: float,
    now: datetime,
    *,
    held: Sequence[tuple[float, float]] = (),
    besides: str = "",
) -> Free:
    """Those of these times at which nothing takes place for so long.

    Whole days count like everything else.  What was cancelled does not, nor what its calendar calls free, nor the
    event with the uid `besides`.  `held`: what is promised to others.  Errors: VaultError.
    """
    wanted = sorted(starts)
    if not wanted:
        return Free(())
    taking = agenda.between(vault, wanted[0] - 2 * _DAY, wanted[-1] + seconds + 2 * _DAY)
    counted = [one for one in taking if not (one.at.cancelled or one.at.free or (besides and one.at.uid == besides))]
    spans = [(_span(one, now), one.record) for one in counted]
    near = {record: None for (begins, ends), record in spans if begins < wanted[-1] + seconds and ends > wanted[0]}
    busy = [span for span, _ in spans] + list(held)
    found = tuple(at for at in wanted if not any(begins < at + seconds and ends > at for begins, ends in busy))
    return Free(found, tuple(near))


def _span(one: Taking, now: datetime) -> tuple[float, float]:
    """From when to when it takes place; a whole day from the person's midnight to their next."""
    if not one.at.all_day:
        return one.at.starts, one.at.ends
    first, last = (datetime.fromtimestamp(at, UTC).date() for at in (one.at.starts, one.at.ends))
    midnights = (datetime.combine(day, time()) for day in (first, last + timedelta(days=1)))
    begins, ends = (clock.aware(midnight, now).timestamp() for midnight in midnights)
    return begins, ends


def grid(begin: datetime, end: datetime, seconds: float, now: datetime, hours: Hours) -> list[float]:
    """The half hours within these hours at which something that long may begin, between two moments."""
    found = set()
    here = [clock.here(one.timestamp(), now).date() for one in (begin, end)]
    for first, last in hours.spans(here[0] - timedelta(days=1), here[1], now):
        at = first.replace(tzinfo=None)
        while (start := clock.aware(at, now).timestamp()) + seconds <= last.timestamp():
            if begin.timestamp() <= start and start + seconds <= end.timestamp():
                found.add(start)
            at += _GRID
    return sorted(found)


def spread(found: Sequence[float], most: int) -> tuple[float, ...]:
    """At most so many of them, evenly."""
    return tuple(found if len(found) <= most else [found[number * len(found) // most] for number in range(most)])
