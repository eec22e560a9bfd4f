"""Skills that run by themselves: on new mail, on an article, at a time of day; once each, and within bounds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.hosting import triggers
from app.power import Power
from app.skill_results import SkillsChanged
from storage.records import Record
from tests.unit.hosting_fixtures import House, house
from tests.unit.vault_fixtures import mail, path_fixture  # noqa: F401

ON_MAIL = '\n[[triggers]]\non = "mail"\nrun = "go"\n'
AT_EIGHT = '\n[[triggers]]\non = "schedule"\nrun = "go"\nat = "08:00"\n'
NAMES = "def go(language, record):\n    return record\n"
SPEAKS = 'def go(language):\n    return "good morning"\n'
FAILS = "def go(language, record):\n    return 1 // 0\n"
EIGHT = datetime(2030, 5, 6, 8, 0).astimezone()


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> float:
        return self.moment.timestamp()


def quiet(one: House, clock: Callable[[], float], power: Power | None = None) -> None:
    """Mains power and a clock of the test's, also for what is installed and comes in."""
    object.__setattr__(one.surroundings, "power", lambda: power or Power())
    for store in (one.store.skills, one.store.fired, one.store.library, one.store.runs):
        store._clock = clock


def new(title: str, clock: Clock, **fields: Any) -> Record:
    return mail(title, f"{title} it is.", **{"date": clock(), **fields})


def ran(one: House) -> list[Any]:
    return [run.value for run in reversed(one.store.runs.list())]


async def test_each_new_mail_is_handed_to_the_skill_once(path: Path) -> None:
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock)
        one.add(new("Before", clock))
        clock.moment += timedelta(minutes=1)
        one.install(NAMES, more=ON_MAIL)
        clock.moment += timedelta(minutes=1)
        came = one.add(new("First", clock), new("Second", clock))
        counts = [await one.host.triggers.round(one.store) for _ in range(2)]
        assert (counts, ran(one)) == ([2, 0], came)


async def test_the_mail_that_set_a_skill_off_taints_its_run(path: Path) -> None:
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock)
        one.install(
            'def go(language, record):\n    mail_send(to=["a@example.org"], subject="S", text="T")\n', more=ON_MAIL
        )
        clock.moment += timedelta(minutes=1)
        one.add(new("Poison", clock))
        await one.host.triggers.round(one.store)
        (question,) = one.store.approvals.list()
        assert (question.reason, [source.title for source in question.sources]) == ("tainted", ["Poison"])
        assert one.sent == []


async def test_an_archive_that_is_imported_is_no_news(path: Path) -> None:
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock)
        one.install(NAMES, more=ON_MAIL)
        clock.moment += timedelta(minutes=1)
        one.add(new("Old", clock, date=clock() - 30 * 86400))
        assert await one.host.triggers.round(one.store) == 0


async def test_a_time_of_day_comes_once_a_day_and_is_caught_up_within_six_hours(path: Path) -> None:
    clock = Clock(EIGHT - timedelta(hours=1))
    async with house(path, clock) as one:
        quiet(one, clock)
        one.install(SPEAKS, more=AT_EIGHT)
        counts = []
        for moment in (
            EIGHT - timedelta(minutes=1),
            EIGHT,
            EIGHT + timedelta(hours=5),
            EIGHT + timedelta(days=1, hours=5),  # the machine was off at eight
            EIGHT + timedelta(days=2, hours=7),  # too late
            EIGHT + timedelta(days=3),
        ):
            clock.moment = moment
            counts.append(await one.host.triggers.round(one.store))
        assert counts == [0, 1, 0, 1, 0, 1]


async def test_no_more_than_the_budget_runs_in_a_minute(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "BUDGET", 2)
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock)
        one.install(NAMES, more=ON_MAIL)
        clock.moment += timedelta(minutes=1)
        one.add(*(new(f"Mail {number}", clock) for number in range(4)))
        counts = [await one.host.triggers.round(one.store) for _ in range(2)]
        one.host.triggers._begun.clear()  # a minute later
        assert (*counts, await one.host.triggers.round(one.store)) == (2, 0, 2)


async def test_nothing_runs_by_itself_on_a_low_battery(path: Path) -> None:
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock, Power(plugged=False, percent=5))
        one.install(NAMES, more=ON_MAIL)
        clock.moment += timedelta(minutes=1)
        one.add(new("Mail", clock))
        assert await one.host.triggers.round(one.store) == 0


async def test_a_skill_that_fails_five_times_in_a_row_is_switched_off_and_said_to_be(path: Path) -> None:
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock)
        one.install(FAILS, more=ON_MAIL)
        clock.moment += timedelta(minutes=1)
        one.add(*(new(f"Mail {number}", clock) for number in range(7)))
        assert await one.host.triggers.round(one.store) == 5
        assert not one.store.skills.get("helper").enabled
        assert [deed.function for deed in one.store.activity.list()] == ["skill.paused"]
        assert any(isinstance(event, SkillsChanged) for event in one.events)


async def test_a_skill_that_asks_and_asks_is_not_set_off_until_somebody_answers(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers, "MOST_WAITING", 2)
    clock = Clock(EIGHT)
    async with house(path, clock) as one:
        quiet(one, clock)
        one.store.approvals._clock = clock
        one.install(
            'def go(language, record):\n    mail_send(to=["a@example.org"], subject="S", text="T")\n', more=ON_MAIL
        )
        clock.moment += timedelta(minutes=1)
        one.add(*(new(f"Mail {number}", clock) for number in range(4)))
        counts = [await one.host.triggers.round(one.store)]
        last = one.store.approvals.list()[0]
        await one.host.answer(last.id, "no", last.digest)
        counts.append(await one.host.triggers.round(one.store))
        assert (counts, one.store.approvals.count()) == ([2, 1], 2)


async def test_a_clock_that_was_ahead_for_a_while_does_not_silence_a_time_of_day(path: Path) -> None:
    clock = Clock(EIGHT - timedelta(hours=1))
    async with house(path, clock) as one:
        quiet(one, clock)
        one.install(SPEAKS, more=AT_EIGHT)
        counts = []
        for moment in (EIGHT + timedelta(days=365), EIGHT + timedelta(hours=1), EIGHT + timedelta(days=1)):
            clock.moment = moment
            counts.append(await one.host.triggers.round(one.store))
        assert counts == [1, 0, 1]
