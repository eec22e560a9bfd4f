"""Days, times and durations in requests, said on Wednesday 4 March 2026."""

from __future__ import annotations

from datetime import date

import pytest

from agent import moments

TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("call tomorow", "2026-03-05"),
        ("lunch on wednsday", "2026-03-11"),
        ("mardi prochain", "2026-03-10"),
        ("le 12 mars", "2026-03-12"),
        ("le 1er avril", "2026-04-01"),
        ("march 12th, 2027", "2027-03-12"),
        ("12/03", "2026-03-12"),
        ("the 5th", "2026-03-05"),
        ("le 3", "2026-04-03"),
        ("in two weeks", "2026-03-18"),
        ("après-demain", "2026-03-06"),
        ("dans 3 jours", "2026-03-07"),
        ("next week", "2026-03-09"),
        ("ce week-end", "2026-03-07"),
        ("last friday", "2026-02-27"),
        ("on 2026-04-02", "2026-04-02"),
        ("Monday 16 March", "2026-03-16"),
        ("cet après-midi", "2026-03-04"),
    ],
)
def test_a_day_is_understood(text: str, day: str) -> None:
    assert [found.value for found in moments.days(text, TODAY)] == [day]


@pytest.mark.parametrize("text", ["the 31 february", "le 45 mars", "a month of sundries", "no. 12"])
def test_what_names_no_day_gives_none(text: str) -> None:
    assert moments.days(text, TODAY) == []


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("at 3", ["15:00"]),
        ("at 9", ["09:00"]),
        ("2:30 pm", ["14:30"]),
        ("12 am", ["00:00"]),
        ("14h30", ["14:30"]),
        ("à 9 heures", ["09:00"]),
        ("neuf heures et demie", ["09:30"]),
        ("half past six", ["18:30"]),
        ("midi", ["12:00"]),
        ("de 14h à 15h30", ["14:00", "15:30"]),
        ("pendant 2 heures", []),
        ("un rendez-vous de 2h", []),
        ("25:70", []),
    ],
)
def test_a_time_is_understood(text: str, times: list[str]) -> None:
    assert [found.value for found in moments.times(text)] == times


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("for half an hour", [30]),
        ("une demi-heure", [30]),
        ("1h30 la semaine prochaine", [90]),
        ("pendant 2 heures", [120]),
        ("45 min", [45]),
        ("an hour and a half", [90]),
        ("à 9 heures", []),
        ("mardi à 14h30", []),
    ],
)
def test_a_duration_is_understood(text: str, minutes: list[int]) -> None:
    assert [found.value for found in moments.durations(text)] == minutes


def test_what_was_found_stands_where_it_says() -> None:
    text = "Déjeuner le 12 mars à 12h30"
    (day,) = moments.days(text, TODAY)
    (time,) = moments.times(text)
    assert (text[day.start : day.end], text[time.start : time.end].strip()) == ("le 12 mars", "12h30")
