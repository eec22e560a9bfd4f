"""When a source is read next: rules without clock, threads or network.  Seconds; moments are since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass

from app.power import Power
from storage.source_store import Source
from storage.sources import drivers

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

INTERVALS = {  # between two syncs; what can tell of news is watched besides
    "imap": 5 * MINUTE,
    "notes": 30 * MINUTE,
    "folder": 30 * MINUTE,
    "feed": HOUR,
    "calendar": HOUR,
    "contacts": HOUR,
}
WATCHED = ("imap", "notes", "folder", "calendar", "contacts")
UNTIL_EDITED = ("source-auth",)  # trying a refused password again and again locks the account at many providers

FIRST_PAUSE = MINUTE  # after a failure; twice as long after each further one
LONGEST_PAUSE = 6 * HOUR
JITTER = 0.2  # of a pause, either way: sources that failed together do not come back together
ON_BATTERY = 4  # times the interval
PATIENCE = 10 * MINUTE  # a loaded machine holds a sync back for so long at most
NEWS_GAP = 5.0  # between two syncs that news caused: an editor saves more often than that


@dataclass(frozen=True)
class Conditions:
    """What decides besides the source itself.  `on_battery`: the person lets sources be read on battery."""

    now: float
    power: Power
    airplane: bool = False
    on_battery: bool = True


def interval(kind: str, wished: float | None = None) -> float:
    """From one success to the next sync; `wished`: what the source itself asks for, within an interval and a day."""
    usual = INTERVALS.get(kind, HOUR)
    return usual if wished is None else min(max(wished, usual), DAY)


def pause(failures: int, chance: float, later: float | None = None) -> float:
    """After `failures` in a row (1 or more).  `chance`: 0 … 1, evenly drawn.  `later`: what the source asked for."""
    grown = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 20), LONGEST_PAUSE)
    jittered = min(grown * (1 + JITTER * (2 * chance - 1)), LONGEST_PAUSE)
    return jittered if later is None else max(jittered, min(later, DAY))


def held(source: Source, conditions: Conditions) -> bool:
    """Whether it is not read by itself, whatever the hour."""
    return (
        source.paused
        or (source.failures > 0 and source.error in UNTIL_EDITED)
        or (conditions.airplane and drivers.needs_network(source.kind, source.config))
    )


def saving(conditions: Conditions) -> bool:
    """Whether the battery is spared: then nothing is read by itself."""
    power = conditions.power
    return power.low or (not power.plugged and not conditions.on_battery)


def due(source: Source, conditions: Conditions) -> float:
    """When it is read next, if nothing holds it; 0 for at once.  Errors and news are no interval: they keep theirs."""
    if source.due == 0:
        return 0.0
    if source.due > conditions.now + 2 * DAY:  # the clock was wrong when it was set
        return conditions.now
    if source.failures or conditions.power.plugged:
        return source.due
    return source.due + (ON_BATTERY - 1) * interval(source.kind)


def starts(source: Source, conditions: Conditions) -> float:
    """When the schedule begins it: `due`, and later while the machine is loaded, but not by more than PATIENCE."""
    at = due(source, conditions)
    if at == 0 or not conditions.power.loaded:
        return at
    return at + PATIENCE
