"""When a source is read next: intervals, pauses, battery, load."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import due
from app.due import DAY, HOUR, MINUTE, Conditions
from app.power import Power
from storage.source_store import Source
from storage.sync import SourceKind

NOW = 1_700_000_000.0
PLUGGED = Conditions(NOW, Power())
ON_BATTERY = replace(PLUGGED, power=Power(plugged=False, percent=80))


def source(kind: SourceKind = "imap", **changes: object) -> Source:
    config = {"host": "mail.example.org"} if kind == "imap" else {"path": "/notes"}
    one = Source(1, kind, "One", config, False, NOW - DAY, NOW - 60, NOW - 60, NOW + 240, 0, "", "")
    return replace(one, **changes)  # type: ignore[arg-type]


def test_pauses_double_from_a_minute_to_six_hours() -> None:
    pauses = [due.pause(failures, 0.5) for failures in range(1, 12)]
    assert pauses[:4] == [60, 120, 240, 480]
    assert pauses[-1] == 6 * HOUR
    assert pauses == sorted(pauses)


def test_a_pause_is_jittered_and_never_longer_than_the_longest() -> None:
    assert due.pause(3, 0.0) < due.pause(3, 1.0)
    assert due.pause(3, 0.0) == pytest.approx(4 * MINUTE * 0.8)
    assert due.pause(1000, 1.0) == due.LONGEST_PAUSE


def test_a_source_that_says_come_back_later_is_believed_up_to_a_day() -> None:
    assert due.pause(1, 0.5, later=900) == 900
    assert due.pause(1, 0.5, later=5) == MINUTE
    assert due.pause(1, 0.5, later=1e9) == DAY


def test_a_feed_is_asked_as_seldom_as_it_wishes_but_once_a_day() -> None:
    assert due.interval("feed") == HOUR
    assert due.interval("feed", 3 * HOUR) == 3 * HOUR
    assert due.interval("feed", 1) == HOUR
    assert due.interval("feed", 1e9) == DAY


def test_on_battery_intervals_are_four_times_as_long() -> None:
    one = source()
    assert due.due(one, PLUGGED) == NOW + 240
    assert due.due(one, ON_BATTERY) == NOW + 240 + 3 * 5 * MINUTE


def test_what_is_new_or_was_edited_is_read_at_once_on_battery_too() -> None:
    assert due.due(source(due=0.0), ON_BATTERY) == 0


@pytest.mark.parametrize(
    ("power", "on_battery", "saves"),
    [
        (Power(plugged=False, percent=29.9), True, True),
        (Power(plugged=False, percent=30.0), True, False),
        (Power(plugged=False, percent=80.0), False, True),
        (Power(plugged=True, percent=5.0), False, False),
        (Power(), True, False),
    ],
)
def test_a_low_battery_or_the_wish_to_spare_it_holds_everything(power: Power, on_battery: bool, saves: bool) -> None:
    assert due.saving(Conditions(NOW, power, on_battery=on_battery)) is saves


def test_a_loaded_machine_holds_a_sync_back_for_ten_minutes_at_most() -> None:
    loaded = replace(PLUGGED, power=Power(loaded=True))
    assert due.starts(source(due=NOW - 1), loaded) == NOW - 1 + due.PATIENCE
    assert due.starts(source(due=NOW - due.PATIENCE), loaded) <= NOW


def test_a_refused_password_is_not_tried_again_until_it_is_edited() -> None:
    refused = source(failures=1, error="source-auth")
    assert due.held(refused, PLUGGED)
    assert not due.held(replace(refused, failures=0), PLUGGED)  # as editing leaves it
    assert not due.held(source(failures=9, error="source-unreachable"), PLUGGED)


def test_in_airplane_mode_only_what_lies_on_this_machine_is_read() -> None:
    flying = replace(PLUGGED, airplane=True)
    assert due.held(source("imap"), flying)
    assert due.held(source("feed", config={"address": "https://example.org/feed"}), flying)
    assert due.held(source("calendar", config={"address": "https://example.org/a.ics"}), flying)
    assert not due.held(source("calendar", config={"path": "/a.ics"}), flying)
    assert not due.held(source("notes"), flying)


def test_a_due_date_from_a_clock_that_was_wrong_is_not_waited_for() -> None:
    assert due.due(source(due=NOW + 400 * DAY), PLUGGED) == NOW
