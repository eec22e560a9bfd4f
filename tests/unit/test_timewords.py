"""Time words become intervals of the reader's own days."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.timewords import intervals

NOW = datetime(2026, 3, 18, 15).timestamp()  # a Wednesday


def named(question: str) -> list[tuple[str, str]]:
    """First day and the day after the last of each interval."""
    days = [(datetime.fromtimestamp(i.start), datetime.fromtimestamp(i.end)) for i in intervals(question, NOW)]
    assert all(one.hour == other.hour == 0 for one, other in days)
    return [(f"{one:%Y-%m-%d}", f"{other:%Y-%m-%d}") for one, other in days]


@pytest.mark.parametrize(
    ("question", "first", "after"),
    [
        ("What did Anna say yesterday?", "2026-03-17", "2026-03-18"),
        ("Qu'a dit Anna hier ?", "2026-03-17", "2026-03-18"),
        ("avant-hier", "2026-03-16", "2026-03-17"),
        ("today", "2026-03-18", "2026-03-19"),
        ("aujourd’hui", "2026-03-18", "2026-03-19"),
        ("last week", "2026-03-09", "2026-03-16"),
        ("la semaine dernière", "2026-03-09", "2026-03-16"),
        ("this week", "2026-03-16", "2026-03-23"),
        ("cette semaine", "2026-03-16", "2026-03-23"),
        ("last month", "2026-02-01", "2026-03-01"),
        ("le mois dernier", "2026-02-01", "2026-03-01"),
        ("l'année dernière", "2025-01-01", "2026-01-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("in March", "2026-03-01", "2026-04-01"),
        ("en mars 2025", "2025-03-01", "2025-04-01"),
        ("in December", "2025-12-01", "2026-01-01"),
        ("en décembre", "2025-12-01", "2026-01-01"),
        ("on 12 March", "2026-03-12", "2026-03-13"),
        ("March 3rd, 2025", "2025-03-03", "2025-03-04"),
        ("le 1er février", "2026-02-01", "2026-02-02"),
        ("12/03/2026", "2026-03-12", "2026-03-13"),
        ("3/25/2026", "2026-03-25", "2026-03-26"),
        ("2026-03-12", "2026-03-12", "2026-03-13"),
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("three weeks ago", "2026-02-23", "2026-03-02"),
        ("il y a trois semaines", "2026-02-23", "2026-03-02"),
        ("the last two weeks", "2026-03-04", "2026-03-19"),
        ("ces deux dernières semaines", "2026-03-04", "2026-03-19"),
        ("on Friday", "2026-03-13", "2026-03-14"),
        ("lundi dernier", "2026-03-16", "2026-03-17"),
        ("last weekend", "2026-03-14", "2026-03-16"),
        ("le week-end dernier", "2026-03-14", "2026-03-16"),
        ("in 2024", "2024-01-01", "2025-01-01"),
    ],
)
def test_time_words_name_days(question: str, first: str, after: str) -> None:
    assert named(question) == [(first, after)]


@pytest.mark.parametrize(
    "question",
    ["May I ask you something?", "a table for sept personnes", "31/02/2026", "I paid 12.50 €", "room 2024", ""],
)
def test_what_is_no_date_is_left_alone(question: str) -> None:
    assert named(question) == []


def test_two_dates_are_two_intervals() -> None:
    assert len(named("between 3 March and 5 March 2026")) == 2


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    assert all(interval.start < interval.end for interval in intervals(text, NOW))


@given(st.integers(0, 99999), st.integers(0, 99), st.integers(0, 99))
def test_no_number_breaks_it(year: int, month: int, day: int) -> None:
    for question in (
        f"{day}/{month}/{year}",
        f"{year}-{month:02}-{day:02}",
        f"{day} March {year}",
        f"{year} years ago",
    ):
        assert all(interval.start < interval.end for interval in intervals(question, NOW))
