"""Calendar files: events in words, series, time zones, occurrences, and what strangers put into them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from storage import calendar
from storage.calendar import NotACalendar, occurrences
from storage.records import Broken, Record
from storage.sources import calendar_file

ZONE = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE
"""


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]


def event(*lines: str, uid: str = "1") -> str:
    return "\n".join(["BEGIN:VEVENT", *([f"UID:{uid}"] if uid else []), *lines, "END:VEVENT", ""])


def file(*parts: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(parts)}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def records(*parts: str, head: str = "") -> list[Record | Broken]:
    return list(calendar_file.records(file(*parts, head=head), "a.ics", "folder"))


def one(*parts: str, head: str = "") -> Record:
    (found,) = records(*parts, head=head)
    assert isinstance(found, Record), found
    return found


def test_an_event_in_words() -> None:
    found = one(
        event(
            "DTSTART;TZID=Europe/Paris:20260310T100000",
            "DTEND;TZID=Europe/Paris:20260310T113000",
            "SUMMARY:Lunch with the team",
            "LOCATION:Lyon\\, near the",
            "  river",
            "ORGANIZER;CN=Zoé:mailto:zoe@example.org",
            'ATTENDEE;CN="Byron, Ada";PARTSTAT=ACCEPTED:mailto:ada@example.org',
            "ATTENDEE;PARTSTAT=DECLINED:mailto:max@example.org",
            "DESCRIPTION:Bring the peas.\\nAnd this too.",
            "BEGIN:VALARM",
            "DESCRIPTION:Reminder",
            "END:VALARM",
        )
    )
    assert found.kind == "event"
    assert found.title == "Lunch with the team"
    assert found.body == (
        "When: Tuesday 10 March 2026, 10:00 to 11:30 (Europe/Paris)\n"
        "Where: Lyon, near the river\n"
        "Organizer: Zoé <zoe@example.org>\n"
        "Who: Byron, Ada <ada@example.org> (accepted), max@example.org (declined)\n\n"
        "Bring the peas.\nAnd this too."
    )
    assert (found.date, found.ends) == (at(2026, 3, 10, 9), at(2026, 3, 10, 10, 30))
    assert (found.external_id, found.folder, found.origin) == ("1", "folder", "a.ics#1")


def test_an_event_written_in_french_is_told_in_french() -> None:
    found = one(
        event(
            "DTSTART;TZID=Europe/Paris:20260310T100000",
            "DTEND;TZID=Europe/Paris:20260311T090000",
            "SUMMARY:Réunion de l'équipe avec les élèves",
            "LOCATION:Genève",
            "RRULE:FREQ=MONTHLY;BYDAY=2TU",
        )
    )
    assert found.body == (
        "Quand : mardi 10 mars 2026, 10:00 à mercredi 11 mars 2026, 09:00 (Europe/Paris)\n"
        "Se répète : tous les mois le deuxième mardi\n"
        "Où : Genève"
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY;COUNT=5", "every day, 5 times"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "every 2 weeks on Monday, Wednesday"),
        (
            "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20261231T000000Z",
            "every month on last Friday, until Thursday 31 December 2026",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on 1, 15"),
        ("FREQ=YEARLY;BYMONTH=3", "every year in March"),
    ],
)
def test_rules_in_words(rule: str, said: str) -> None:
    found = one(event("DTSTART:20260310T100000Z", "SUMMARY:The rule of them all", f"RRULE:{rule}"))
    assert f"Repeats: {said}" in found.body.split("\n")


def test_whole_days_have_their_date_on_every_clock_and_end_on_their_last_day() -> None:
    found = one(event("DTSTART;VALUE=DATE:20260714", "DTEND;VALUE=DATE:20260716", "SUMMARY:The holiday"))
    assert found.body == "When: Tuesday 14 July 2026 to Wednesday 15 July 2026"
    assert (found.date, found.ends) == (at(2026, 7, 14, 12), at(2026, 7, 15, 12))


def test_a_duration_stands_for_the_end() -> None:
    assert one(event("DTSTART:20260310T100000Z", "DURATION:PT1H30M")).ends == at(2026, 3, 10, 11, 30)


def test_an_end_before_the_start_is_not_believed() -> None:
    assert one(event("DTSTART:20260310T100000Z", "DTEND:20250310T100000Z")).ends == at(2026, 3, 10, 10)


@pytest.mark.parametrize(
    ("start", "head", "expected"),
    [
        ("DTSTART;TZID=W. Europe Standard Time:20260710T100000", "", at(2026, 7, 10, 8)),
        ('DTSTART;TZID="Customized Time Zone":20260710T100000', "", at(2026, 7, 10, 4)),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Paris:20260710T100000", "", at(2026, 7, 10, 8)),
        ("DTSTART:20260710T100000", "X-WR-TIMEZONE:Europe/Paris\n", at(2026, 7, 10, 8)),
        ("DTSTART:20260710T100000", "", at(2026, 7, 10, 10)),
        ("DTSTART:20260710T100000Z", "X-WR-TIMEZONE:Europe/Paris\n", at(2026, 7, 10, 10)),
    ],
)
def test_time_zones(start: str, head: str, expected: float) -> None:
    zone = ZONE.format(name="Customized Time Zone", offset="+0600")
    assert one(zone, event(start, "SUMMARY:x"), head=head).date == expected


def test_two_files_may_mean_two_zones_by_one_name() -> None:
    dates = [
        one(ZONE.format(name="Home", offset=offset), event("DTSTART;TZID=Home:20260710T100000")).date
        for offset in ("+0600", "-0300")
    ]
    assert dates == [at(2026, 7, 10, 4), at(2026, 7, 10, 13)]


def test_a_series_is_one_record_with_what_was_changed_in_it() -> None:
    found = one(
        event(
            "DTSTART:20260303T100000Z",
            "DTEND:20260303T110000Z",
            "RRULE:FREQ=WEEKLY",
            "EXDATE:20260317T100000Z",
            "SUMMARY:The weekly",
        ),
        event("RECURRENCE-ID:20260310T100000Z", "DTSTART:20260311T140000Z", "DTEND:20260311T150000Z", "SUMMARY:Moved"),
        event("RECURRENCE-ID:20260324T100000Z", "DTSTART:20260324T100000Z", "STATUS:CANCELLED", "SUMMARY:The weekly"),
    )
    assert found.external_id == "1"
    assert "Not on: Tuesday 17 March 2026, 10:00" in found.body
    assert (
        "Changed: Wednesday 11 March 2026, 14:00 to 15:00 (UTC) instead of Tuesday 10 March 2026, 10:00" in found.body
    )
    assert "Cancelled: Tuesday 24 March 2026, 10:00" in found.body
    starts = [(o.starts, o.cancelled) for o in occurrences(found.raw, at(2026, 3, 1), at(2026, 4, 1))]
    assert starts == [
        (at(2026, 3, 3, 10), False),
        (at(2026, 3, 11, 14), False),
        (at(2026, 3, 24, 10), True),
        (at(2026, 3, 31, 10), False),
    ]


def test_a_changed_occurrence_without_its_series_is_a_record_of_its_own() -> None:
    found = one(event("RECURRENCE-ID:20260310T100000Z", "DTSTART:20260311T140000Z", "SUMMARY:Moved"))
    assert found.external_id == "1/20260310T100000"


def test_of_two_versions_the_later_one_counts() -> None:
    found = one(
        event("DTSTART:20260310T100000Z", "SEQUENCE:2", "SUMMARY:later"),
        event("DTSTART:20260310T100000Z", "SEQUENCE:1", "SUMMARY:earlier"),
    )
    assert found.title == "later"


def test_a_cancelled_event_says_so() -> None:
    found = one(event("DTSTART:20260310T100000Z", "STATUS:CANCELLED", "SUMMARY:The party"))
    assert found.body.startswith("Cancelled: this event does not take place.\n")


def test_the_original_is_a_calendar_of_that_event_alone_with_its_zone() -> None:
    zone = ZONE.format(name="Home", offset="+0600")
    first, second = records(
        zone, event("DTSTART;TZID=Home:20260310T100000"), event("DTSTART:20260311T100000Z", uid="2")
    )
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert b"TZID:Home" in first.raw
    assert b"VTIMEZONE" not in second.raw
    assert [o.starts for o in occurrences(first.raw, at(2026, 3, 1), at(2026, 4, 1))] == [at(2026, 3, 10, 4)]


def test_the_calendars_name_is_the_folder() -> None:
    assert one(event("DTSTART:20260310T100000Z"), head="X-WR-CALNAME:Famille\n").folder == "Famille"


def test_a_broken_event_never_stops_the_rest() -> None:
    found = records(
        event("DTSTART:nonsense", uid="a"),
        event("SUMMARY:without a date", uid="b"),
        event("DTSTART;TZID=No/Where:20260310T100000", "RRULE:FREQ=SOMETIMES", uid="c"),
        event("DTSTART:20260310T100000Z", "SUMMARY:good", uid="d"),
    )
    assert [type(item) for item in found[:2]] == [Broken, Broken]
    assert isinstance(found[3], Record)
    assert found[3].title == "good"


def test_what_is_no_calendar_is_named() -> None:
    (found,) = calendar_file.records(b"just text", "a.ics", "")
    assert found == Broken("a.ics", "It is not a calendar.")


def test_a_file_cut_off_in_the_middle_gives_what_is_whole() -> None:
    data = file(event("DTSTART:20260310T100000Z", uid="a"), event("DTSTART:20260311T100000Z", uid="b"))
    found = list(calendar_file.records(data[: data.find(b"UID:b") + 30], "a", ""))
    assert [item.external_id for item in found if isinstance(item, Record)] == ["a"]


def test_occurrences_across_the_change_of_clocks_keep_their_local_time() -> None:
    raw = file(event("DTSTART;TZID=Europe/Paris:20260320T100000", "RRULE:FREQ=WEEKLY;COUNT=3"))
    starts = [one.starts for one in occurrences(raw, at(2026, 1, 1), at(2026, 12, 31))]
    assert starts == [at(2026, 3, 20, 9), at(2026, 3, 27, 9), at(2026, 4, 3, 8)]


def test_an_event_that_lasts_into_the_range_takes_place_in_it() -> None:
    raw = file(event("DTSTART;VALUE=DATE:20260310", "DTEND;VALUE=DATE:20260320"))
    assert len(occurrences(raw, at(2026, 3, 15), at(2026, 3, 16))) == 1
    assert occurrences(raw, at(2026, 3, 20), at(2026, 3, 21)) == []


def test_a_range_of_occurrences_has_a_limit() -> None:
    with pytest.raises(ValueError, match="days"):
        occurrences(file(), 0, at(2026, 1, 1))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,1,2,3;BYSECOND=0,1,2,3",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;INTERVAL=1",
        "FREQ=YEARLY;BYYEARDAY=400",
        "FREQ=DAILY;COUNT=999999999999",
    ],
)
def test_a_rule_made_to_take_long_takes_seconds_at_most(rule: str) -> None:
    raw = file(event("DTSTART:19700101T000000Z", f"RRULE:{rule}"))
    begun = time.perf_counter()
    try:
        found = occurrences(raw, at(2026, 1, 1), at(2026, 12, 31))
    except NotACalendar:
        found = []
    assert time.perf_counter() - begun < 5
    assert len(found) <= calendar.MAX_OCCURRENCES


def test_a_time_zone_made_to_take_long_is_not_believed() -> None:
    zone = ZONE.format(name="Evil", offset="+0600").replace("END:STANDARD", "RRULE:FREQ=SECONDLY\nEND:STANDARD")
    begun = time.perf_counter()
    found = one(zone, event("DTSTART;TZID=Evil:20260310T100000"))
    assert time.perf_counter() - begun < 2
    assert found.date == at(2026, 3, 10, 10)
