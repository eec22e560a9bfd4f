"""The person's time: what a day and a time of day of theirs are.

A context's clock may stand in a fixed distance from UTC, which knows no summer time.  Where that is the machine's own
time, the machine's rules say what another day's midnight is."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

_LINK = "/etc/localtime"


def aware(naive: datetime, now: datetime) -> datetime:
    """A time of day without a zone, as the person means it.  Errors: OverflowError, OSError, ValueError."""
    return naive.astimezone() if _is_machines(now) else naive.replace(tzinfo=now.tzinfo)


def here(at: float, now: datetime) -> datetime:
    """Seconds since the epoch on the person's clock.  Errors: as `aware`."""
    return datetime.fromtimestamp(at).astimezone() if _is_machines(now) else datetime.fromtimestamp(at, now.tzinfo)


def named(one: datetime, now: datetime) -> datetime:
    """The same moment in a zone that has a name, where the person's has one that is known."""
    if isinstance(one.tzinfo, ZoneInfo) or not _is_machines(now):
        return one
    try:
        zone = ZoneInfo(os.path.realpath(_LINK).partition("zoneinfo/")[2])
    except (KeyError, ValueError, OSError):
        return one
    found = one.astimezone(zone)
    return found if found.utcoffset() == one.utcoffset() else one


def _is_machines(now: datetime) -> bool:
    return isinstance(now.tzinfo, timezone) and now.astimezone().utcoffset() == now.utcoffset()
