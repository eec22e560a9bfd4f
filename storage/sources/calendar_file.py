"""Calendar files (.ics): each event a record, a series of them one.

A series is told with its rule and with what was changed in it; an overridden occurrence whose series is not in the file
is a record of its own.  The original kept is a calendar object of that event alone, with the zones it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storage import calendar, calendar_words, language
from storage.calendar import Moment, NotACalendar, Parts
from storage.records import Broken, Record
from storage.sources import charsets, clean

_MAX_LISTED = 100  # people, exceptions, changes that are named
_MAX_BODY = 200_000  # characters


def records(data: bytes, origin: str, folder: str) -> Iterator[Record | Broken]:
    """Every event of the file.  Raises nothing; one that makes no sense never stops the rest."""
    warnings: list[str] = []
    try:
        parts = calendar.take_apart(charsets.of_file(data, warnings))
    except NotACalendar as error:
        yield Broken(origin, str(error))
        return
    folder = clean.line(parts.fields.get("X-WR-CALNAME", ""), warnings)[:200] or folder
    for number, blocks in enumerate(_series(parts), start=1):
        place = f"{origin}#{number}"
        try:
            yield _record(calendar.assemble(blocks, parts), parts, place, folder)
        except NotACalendar as error:
            yield Broken(place, str(error))
        except Exception as error:  # noqa: BLE001 - the library computes lazily and raises many kinds
            yield Broken(place, f"The event makes no sense ({type(error).__name__}).")


def _series(parts: Parts) -> list[list[str]]:
    """The events with one UID together, in the order of the file."""
    found: dict[str, list[str]] = {}
    for number, block in enumerate(parts.events):
        uid = next((line[4:] for line in block.text.split("\n") if line[:4].upper() == "UID:"), "")
        found.setdefault(uid.strip() or f"\0{number}", []).append(block.text)
    return list(found.values())


def _record(text: str, parts: Parts, origin: str, folder: str) -> Record:
    """Errors: NotACalendar."""
    warnings: list[str] = []
    events = list(calendar.parse(text).walk("VEVENT"))
    if not events:
        raise NotACalendar("The event makes no sense.")
    masters = [event for event in events if "RECURRENCE-ID" not in event]
    event = max(masters or events, key=lambda one: int(one.get("SEQUENCE", 0)))
    changes = [one for one in events if "RECURRENCE-ID" in one and one is not event]
    zone = parts.fields.get("X-WR-TIMEZONE", "")
    starts = calendar.moment(event, "DTSTART", zone)
    if starts is None:
        raise NotACalendar("The event does not say when it begins.")
    ends = _end(event, starts, zone)
    title = clean.line(str(event.get("SUMMARY", "")), warnings)[:300]
    own = str(event.get("DESCRIPTION", ""))
    said = calendar_words.words(language.detect(f"{title}\n{own[:2000]}\n{event.get('LOCATION', '')}"))
    lines = _lines(event, changes, starts, ends, zone, said)
    body = clean.body(
        "\n".join(line for line in lines if line) + (f"\n\n{own.strip()}" if own.strip() else ""), warnings
    )
    return Record(
        kind="event",
        title=title,
        body=body[:_MAX_BODY],
        date=starts.at,
        ends=ends.at,
        external_id=_external_id(event, zone),
        folder=folder,
        origin=origin,
        raw=text.encode("utf-8", "replace"),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _external_id(event: Any, zone: str) -> str:
    uid = " ".join(str(event.get("UID", "")).split())[:900]
    replaced = calendar.moment(event, "RECURRENCE-ID", zone)
    return f"{uid}/{replaced.local:%Y%m%dT%H%M%S}" if replaced is not None else uid


def _end(event: Any, starts: Moment, zone: str) -> Moment:
    ends = calendar.moment(event, "DTEND", zone)
    duration = getattr(event.get("DURATION"), "td", None) or getattr(event.get("DURATION"), "dt", None)
    if ends is None and duration is not None:
        over = starts.local + duration
        ends = Moment(over.timestamp(), over, starts.all_day, starts.zone)
    return calendar.last_moment(starts, ends)


def _lines(
    event: Any, changes: list[Any], starts: Moment, ends: Moment, zone: str, said: calendar_words.Words
) -> list[str]:
    labels = said.labels
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    rules = [text for each in _many(event, "RRULE")[:5] if (text := calendar_words.rule(each, said))]
    return [
        labels["was"] if cancelled else "",
        labels["when"] + calendar_words.span(starts, ends, said),
        labels["repeats"] + "; ".join(rules) if rules else "",
        calendar_words.listed("except", _moments(event, "EXDATE", zone), said),
        calendar_words.listed("also", _moments(event, "RDATE", zone), said),
        *(_change(one, zone, said) for one in changes[:_MAX_LISTED]),
        *(labels["where"] + " ".join(str(each).split()) for each in _many(event, "LOCATION")[:1] if str(each).strip()),
        *(labels["organizer"] + calendar_words.person(each, said) for each in _many(event, "ORGANIZER")[:1]),
        _people(_many(event, "ATTENDEE"), said),
        *(labels["link"] + str(each).strip() for each in _many(event, "URL")[:1] if str(each).strip()),
    ]


def _people(found: list[Any], said: calendar_words.Words) -> str:
    names = [calendar_words.person(each, said) for each in found[:_MAX_LISTED]]
    return said.labels["who"] + ", ".join(names) if names else ""


def _change(one: Any, zone: str, said: calendar_words.Words) -> str:
    """One occurrence of a series that is otherwise than the rule says."""
    was, now = calendar.moment(one, "RECURRENCE-ID", zone), calendar.moment(one, "DTSTART", zone)
    if was is None:
        return ""
    before = calendar_words.moment(was, said)
    if str(one.get("STATUS", "")).upper() == "CANCELLED":
        return said.labels["cancelled"] + before
    text = said.labels["moved"] + (calendar_words.span(now, _end(one, now, zone), said) if now else before)
    text += f" {said.labels['instead']} {before}" if now and now.at != was.at else ""
    extra = [" ".join(str(one.get(name, "")).split()) for name in ("SUMMARY", "LOCATION")]
    return ", ".join([text, *(each for each in extra if each)])


def _moments(event: Any, name: str, zone: str) -> list[Moment]:
    found = [each for field in _many(event, name) for each in getattr(field, "dts", [field])]
    made = (calendar.moment({name: each}, name, zone) for each in found[:_MAX_LISTED])
    return [one for one in made if one is not None]


def _many(event: Any, name: str) -> list[Any]:
    found = event.get(name)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
