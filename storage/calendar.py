"""The only importer of icalendar and recurring_ical_events: calendar objects (RFC 5545) as events and occurrences.

Time zones: names of the IANA database, Windows names, and else what the file's own VTIMEZONE says.  A zone of the file
is renamed after its content, since the library keeps zones by name for good and two files may mean two things by one.

The two libraries are imported where an event is first read: that takes a tenth of a second, and few commands do it.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

MAX_ZONES = 200
MAX_COMPONENT = 1024 * 1024  # bytes of one event
MAX_OCCURRENCES = 5_000
MAX_RANGE = timedelta(days=3 * 366)

_FOLD = re.compile(r"\r?\n[ \t]")
_TZID = re.compile(r';TZID=("[^"]*"|[^;:"]*)', re.IGNORECASE)
_RULE = re.compile(r"^(?:RRULE|EXRULE)[^:]*:.*?FREQ=(\w+)", re.IGNORECASE | re.MULTILINE)
_FREE = (("TRANSP", "TRANSPARENT"), ("X-MICROSOFT-CDO-BUSYSTATUS", "FREE"))
_TOO_FINE = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})


class NotACalendar(ValueError):
    """The bytes are no calendar object, or one that makes no sense; the text is a sentence."""


@dataclass(frozen=True)
class Moment:
    """`at`: seconds since the epoch, UTC; of a whole day its noon in UTC, so that it is that day on every clock from
    UTC-12 to UTC+11.  `local`: as the calendar has it; `zone` names its time zone, empty for none."""

    at: float
    local: datetime
    all_day: bool
    zone: str = ""


@dataclass(frozen=True)
class Occurrence:
    """One time that an event takes place.  `ends` is when it is over, of whole days the noon of the last one.

    `free`: the calendar says that it takes no time (RFC 5545 section 3.8.2.7, and what Outlook writes for it).
    """

    uid: str
    title: str
    starts: float
    ends: float
    all_day: bool
    cancelled: bool
    place: str = ""
    text: str = ""
    free: bool = False


@dataclass(frozen=True)
class Block:
    """The text of one top component (VEVENT, VTIMEZONE), unfolded, lines ended by \\n."""

    name: str
    text: str


@dataclass(frozen=True)
class Parts:
    """A calendar file taken apart.  `fields`: the calendar's own, in upper case."""

    fields: dict[str, str]
    zones: dict[str, str]  # TZID → VTIMEZONE
    events: tuple[Block, ...]


def take_apart(text: str) -> Parts:
    """Errors: NotACalendar.  Events too large are left out; every other is parsed by itself, later."""
    if not re.match(r"\s*BEGIN:VCALENDAR", text, re.IGNORECASE):
        raise NotACalendar("It is not a calendar.")
    fields: dict[str, str] = {}
    zones: dict[str, str] = {}
    events: list[Block] = []
    for block in _blocks(_FOLD.sub("", text)):
        if block.name == "VEVENT":
            events.append(block)
        elif block.name == "VTIMEZONE":
            name = re.search(r"^TZID(?:;[^:]*)?:(.*)$", block.text, re.IGNORECASE | re.MULTILINE)
            if name and len(zones) < MAX_ZONES and len(block.text) < MAX_COMPONENT:
                zones.setdefault(name[1].strip(), block.text)
        elif not block.name:
            key, _, value = block.text.partition(":")
            fields.setdefault(key.partition(";")[0].upper(), value.strip())
    return Parts(fields, zones, tuple(events))


def _blocks(text: str) -> Iterator[Block]:
    """Top components, and the calendar's own lines as blocks without a name."""
    lines: list[str] = []
    depth, size = 0, 0
    for line in text.splitlines():
        upper = line[:40].upper().strip()
        if upper in ("BEGIN:VCALENDAR", "END:VCALENDAR") and depth == 0:
            continue
        if upper.startswith("BEGIN:"):
            if depth == 0:
                lines, size = [], 0
            depth += 1
        if depth == 0:
            yield Block("", line)
            continue
        size += len(line)
        if size <= MAX_COMPONENT:
            lines.append(line)
        if upper.startswith("END:"):
            depth -= 1
            if depth == 0 and size <= MAX_COMPONENT:
                yield Block(upper[4:].strip(), "\n".join(lines) + "\n")


def assemble(events: Sequence[str], parts: Parts) -> str:
    """A calendar object of its own: these events with the zones that they need."""
    named = {match[1].strip('"') for event in events for match in _TZID.finditer(event)}
    zones = [parts.zones[name] for name in sorted(named) if name in parts.zones and not _is_known(name)]
    zone = parts.fields.get("X-WR-TIMEZONE", "")
    own = f"X-WR-TIMEZONE:{zone}\n" if zone else ""
    body = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Nuee//EN\n{own}{''.join(zones)}{''.join(events)}END:VCALENDAR\n"
    return body.replace("\n", "\r\n")


def _is_known(name: str) -> bool:
    return name in _windows_names() or _zone(name) is not None


def _windows_names() -> Mapping[str, str]:
    """From the names that Windows gives to time zones to those of the IANA database."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return WINDOWS_TO_OLSON


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(_windows_names().get(name, name))
    except (KeyError, ValueError, OSError):  # KeyError: ZoneInfoNotFoundError
        return None


def parse(text: str) -> Any:
    """The calendar component, with the file's own zones under names that nothing else bears.  Errors: NotACalendar."""
    import icalendar

    parts = take_apart(text)
    renamed: dict[str, str] = {}
    zones = []
    for name, block in parts.zones.items():
        if _is_known(name) or set(map(str.upper, _RULE.findall(block))) - {"YEARLY"}:
            continue  # a zone that changes every second would be counted out from 1601 on
        fresh = f"nuee-{hashlib.sha256(block.encode('utf-8', 'replace')).hexdigest()[:16]}"
        renamed[name] = fresh
        zones.append(re.sub(r"^TZID(?:;[^:]*)?:.*$", f"TZID:{fresh}", block, count=1, flags=re.I | re.M))

    def rename(match: re.Match[str]) -> str:
        name = match[1].strip('"')
        return f";TZID={renamed[name]}" if name in renamed else match[0]

    events = [_TZID.sub(rename, block.text) for block in parts.events]
    zone = parts.fields.get("X-WR-TIMEZONE", "")
    head = f"X-WR-TIMEZONE:{zone}\n" if zone and _is_known(zone) else ""
    whole = f"BEGIN:VCALENDAR\n{head}{''.join(zones)}{''.join(events)}END:VCALENDAR\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return icalendar.Calendar.from_ical(whole)
        except Exception as error:
            raise NotACalendar(f"The event makes no sense ({type(error).__name__}).") from error


def moment(component: Any, name: str, default_zone: str) -> Moment | None:
    """The time under this property.  None where there is none, or none that a calendar could mean."""
    field = component.get(name)
    value = getattr(field, "dt", None)
    if isinstance(value, datetime):
        zone = str(field.params.get("TZID", "")) if value.tzinfo is not None else ""
        if value.tzinfo is None:
            value = value.replace(tzinfo=_zone(default_zone) or UTC)
            zone = default_zone if _zone(default_zone) else ""
        try:
            return Moment(value.timestamp(), value, False, _spoken(zone))
        except (ValueError, OverflowError):
            return None
    if isinstance(value, date):
        noon = datetime.combine(value, time(12), UTC)
        return Moment(noon.timestamp(), noon, True)
    return None


def _spoken(zone: str) -> str:
    """The zone as people know it; the file's own ones have names that say nothing."""
    return "" if zone.startswith("nuee-") else _windows_names().get(zone, zone)


def compose(uid: str, title: str, starts: date, ends: date, place: str, text: str, made: datetime) -> bytes:
    """A calendar object of one event.  `starts`, `ends`: moments with their time zone, or both whole days, the last
    one in it.  A zone without a name of the IANA database is told in UTC."""
    import icalendar

    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", made.astimezone(UTC))
    event.add("summary", title)
    event.add("dtstart", _told(starts))
    event.add("dtend", _told(ends) if isinstance(ends, datetime) else ends + timedelta(days=1))
    for name, value in (("location", place), ("description", text)):
        if value:
            event.add(name, value)
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Nuee//EN")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _told(value: date) -> date:
    return value.astimezone(UTC) if isinstance(value, datetime) and not isinstance(value.tzinfo, ZoneInfo) else value


def occurrences(raw: bytes | str, start: float, end: float) -> list[Occurrence]:
    """What takes place between two moments (seconds since the epoch, UTC), in order, at most `MAX_OCCURRENCES`.

    `raw`: a calendar object, as the original of an event's record is one.  Rules finer than a day stand for their first
    time alone.  Cancelled ones are in it and say so.  Errors: NotACalendar; ValueError for a range beyond `MAX_RANGE`.
    """
    import recurring_ical_events

    if not 0 <= end - start <= MAX_RANGE.total_seconds():
        raise ValueError(f"a range of occurrences is at most {MAX_RANGE.days} days")
    calendar = parse(raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw)
    first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for event in calendar.walk("VEVENT"):
                if any(_is_endless(rule) for rule in _rules(event)):
                    event.pop("RRULE", None)
            query = recurring_ical_events.of(calendar, skip_bad_series=True)
            found = query.between(first - timedelta(days=1), last + timedelta(days=1))
        except Exception as error:
            raise NotACalendar(f"The event makes no sense ({type(error).__name__}).") from error
    zone = str(calendar.get("X-WR-TIMEZONE", ""))
    each = (one for event in found if (one := _occurrence(event, zone)) and one.ends >= start and one.starts <= end)
    return sorted(islice(each, MAX_OCCURRENCES), key=lambda one: (one.starts, one.ends, one.uid))


def _rules(event: Any) -> list[Any]:
    rules = event.get("RRULE", [])
    return rules if isinstance(rules, list) else [rules]


def _is_endless(rule: Any) -> bool:
    """Whether counting it out would take longer than anybody waits: finer than a day, or days that no month has."""
    if set(map(str.upper, map(str, rule.get("FREQ", [])))) & _TOO_FINE:
        return True
    if any(rule.get(name) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
        return True
    days, months = [int(day) for day in rule.get("BYMONTHDAY", [])], [int(m) for m in rule.get("BYMONTH", [])]
    longest = max((29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31 for month in months), default=31)
    return bool(days) and all(abs(day) > longest for day in days)


def _occurrence(event: Any, zone: str) -> Occurrence | None:
    starts, ends = moment(event, "DTSTART", zone), moment(event, "DTEND", zone)
    if starts is None:
        return None
    finish = last_moment(starts, ends)
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    uid, title, place, text = (str(event.get(name, "")) for name in ("UID", "SUMMARY", "LOCATION", "DESCRIPTION"))
    free = any(str(event.get(name, "")).upper() == said for name, said in _FREE)
    return Occurrence(uid, title, starts.at, finish.at, starts.all_day, cancelled, place, text, free)


def last_moment(starts: Moment, ends: Moment | None) -> Moment:
    """When it is over.  The end of whole days is the day after the last one (RFC 5545 section 3.6.1)."""
    if ends is None or ends.at < starts.at:
        return starts
    if starts.all_day and ends.all_day and ends.at > starts.at:
        before = ends.local - timedelta(days=1)
        return Moment(before.timestamp(), before, True)
    return ends
