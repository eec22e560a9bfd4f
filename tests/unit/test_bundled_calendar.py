# ruff: noqa: E501
"""The bundled skill "calendar": what it finds, adds and proposes, and what it asks back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from skills.sandbox import Sandbox
from tests.unit.bundled_fixtures import ScriptedHost, run_entry, text_of

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=timezone(timedelta(hours=1)))  # a Wednesday, in Paris
DENTIST = {"id": "e1", "title": "Dentist Dr Moreau", "start": "2026-03-12T08:00:00Z", "end": "2026-03-12T08:30:00Z"}
TEAM = {"id": "e2", "title": "Réunion équipe", "start": "2026-03-05T13:00:00Z", "end": "2026-03-05T14:00:00Z"}
HOLIDAYS = {"id": "e3", "title": "School holidays", "start": "2026-03-09", "end": "2026-03-13", "all_day": True}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.fixture
def host() -> ScriptedHost:
    return ScriptedHost(events=[dict(DENTIST), dict(TEAM), dict(HOLIDAYS)])


def ask(sandbox: Sandbox, host: ScriptedHost, entry: str, request: str, language: str = "en") -> Any:
    return run_entry(sandbox, host, "calendar", entry, NOW, request=request, language=language)


def added(host: ScriptedHost) -> tuple[str, str, str] | None:
    calls = host.called("event_add")
    return (calls[0]["title"], calls[0]["start"], calls[0]["end"]) if calls else None


FOUND = {
    "when is the dentist": "Thursday 12 March 2026, 09:00 to 09:30 – Dentist",
    "when do I see Dr Moreau": "Thursday 12 March 2026",
    "what do I have tomorrow": "Thursday 5 March 2026, 14:00 to 15:00 – Réunion équipe",
    "qu'est-ce que j'ai demain": "jeudi 5 mars 2026, 14:00 à 15:00 – Réunion équipe",
    "quand est la reunion d'équipe": "jeudi 5 mars 2026",
    "what's on my calendar next week": "Monday 9 March 2026 to Friday 13 March 2026, all day – School holidays",
    "am I busy on March 12": "Dentist",
    "ai-je quelque chose vendredi après-midi": "Il n’y a rien dans votre agenda le vendredi 6 mars 2026.",
    "when is the concert": "I find nothing about “concert”",
}


@pytest.mark.parametrize("request_", FOUND)
def test_it_finds_what_takes_place(request_: str, sandbox: Sandbox, host: ScriptedHost) -> None:
    language = "fr" if any(word in request_ for word in ("qu'", "quand", "ai-je")) else "en"
    assert FOUND[request_] in text_of(ask(sandbox, host, "find", request_, language))


def test_what_it_finds_is_cited(sandbox: Sandbox, host: ScriptedHost) -> None:
    found = ask(sandbox, host, "find", "when is the dentist")
    assert ("[1]" in found["text"], found["sources"]) == (True, ["e1"])


def test_where_nothing_is_ahead_it_says_what_was(sandbox: Sandbox) -> None:
    past = ScriptedHost(events=[{**DENTIST, "start": "2026-02-12T08:00:00Z", "end": "2026-02-12T08:30:00Z"}])
    assert "Nothing is ahead; this was:" in text_of(ask(sandbox, past, "find", "when is the dentist"))


def test_what_was_cancelled_is_not_found(sandbox: Sandbox) -> None:
    off = ScriptedHost(events=[{**DENTIST, "cancelled": True}])
    assert "nothing" in text_of(ask(sandbox, off, "find", "when is the dentist"))


ADDED = {
    "add lunch with Ada on Friday at 12:30 for an hour": ("lunch with Ada", "2026-03-06T12:30", "2026-03-06T13:30"),
    "ajoute déjeuner avec Ada vendredi à 12h30 pendant une heure": ("déjeuner avec Ada", "2026-03-06T12:30", "2026-03-06T13:30"),
    "put dentist in my calendar on 12 March at 9am": ("dentist", "2026-03-12T09:00", "2026-03-12T10:00"),
    "schedule a call with Bob tomorrow from 14:00 to 15:00": ("call with Bob", "2026-03-05T14:00", "2026-03-05T15:00"),
    "book a haircut for Tuesday at 5pm": ("haircut", "2026-03-10T17:00", "2026-03-10T18:00"),
    "create an event: birthday party, Saturday all day": ("birthday party", "2026-03-07", "2026-03-07"),
    "planifie un appel avec Paul demain de 14h à 15h": ("appel avec Paul", "2026-03-05T14:00", "2026-03-05T15:00"),
    "note réunion de chantier mardi à 17h": ("réunion de chantier", "2026-03-10T17:00", "2026-03-10T18:00"),
    "inscris anniversaire de Léa samedi toute la journée": ("anniversaire de Léa", "2026-03-07", "2026-03-07"),
    "ajoute à mon calendrier le concert du 3 avril à 20h": ("concert", "2026-04-03T20:00", "2026-04-03T21:00"),
    "add tea with Eve tomorrow at half past four in the afternoon": ("tea with Eve", "2026-03-05T16:30", "2026-03-05T17:30"),
    "ajoute une visite demain à 14h pour 2h": ("visite", "2026-03-05T14:00", "2026-03-05T16:00"),
    "add review of Q3 numbers on 2026-03-09 10:00-11:30": ("review of Q3 numbers", "2026-03-09T10:00", "2026-03-09T11:30"),
    "add planning tomorrow 2-4pm": ("planning", "2026-03-05T14:00", "2026-03-05T16:00"),
    "add gym friday 5pm": ("gym", "2026-03-06T17:00", "2026-03-06T18:00"),
    "ajoute une réunion le 12 à 14h": ("réunion", "2026-03-12T14:00", "2026-03-12T15:00"),
    "add coffee with Sam in three days at 10": ("coffee with Sam", "2026-03-07T10:00", "2026-03-07T11:00"),
    "ajoute un dîner après-demain à 20h30": ("dîner", "2026-03-06T20:30", "2026-03-06T21:30"),
}  # fmt: skip


@pytest.mark.parametrize("request_", ADDED)
def test_it_adds_what_is_plain(request_: str, sandbox: Sandbox, host: ScriptedHost) -> None:
    ask(sandbox, host, "add", request_)
    title, start, end = ADDED[request_]
    times = tuple(f"{one}:00" if "T" in one else one for one in (start, end))
    assert added(host) == (title, *times)


def test_a_place_is_taken_from_the_request(sandbox: Sandbox, host: ScriptedHost) -> None:
    ask(sandbox, host, "add", "ajoute un dîner vendredi prochain à 20h chez Léa", "fr")
    assert (host.called("event_add")[0]["title"], host.called("event_add")[0]["place"]) == ("dîner", "chez Léa")


ASKED_BACK = {
    "add dinner next Friday at 8pm": "Do you mean Friday 6 March 2026 or Friday 13 March 2026?",
    "add standup on Wednesday at 10:00": "Do you mean Wednesday 4 March 2026 or Wednesday 11 March 2026?",
    "add call with Bob on Thursday at 5": "Do you mean 05:00 in the morning or 17:00?",
    "add call with Bob at 15:00": "On which day?",
    "add call with Bob on Thursday": "At what time, or is it all day?",
    "add at 10:00 tomorrow": "What shall I call it?",
    "add holiday on February 30 at 10:00": "There is no such day.",
    "add breakfast today at 7:30": "is over",
}


@pytest.mark.parametrize("request_", ASKED_BACK)
def test_what_is_not_plain_is_asked_back_and_nothing_is_added(
    request_: str, sandbox: Sandbox, host: ScriptedHost
) -> None:
    assert ASKED_BACK[request_] in text_of(ask(sandbox, host, "add", request_))
    assert added(host) is None


def test_it_says_what_else_is_at_that_time(sandbox: Sandbox, host: ScriptedHost) -> None:
    answer = ask(sandbox, host, "add", "add call tomorrow at 14:30")
    assert ("At the same time" in answer["text"], answer["sources"]) == (True, ["e2"])


def test_it_adds_before_it_reads_what_others_wrote(sandbox: Sandbox, host: ScriptedHost) -> None:
    """So that adding rests on the request alone."""
    ask(sandbox, host, "add", "add call tomorrow at 16:30")
    assert [call.function for call in host.calls] == ["event_add", "event_list"]


def test_a_refusal_is_said(sandbox: Sandbox, host: ScriptedHost) -> None:
    host.refused.add("event_add")
    assert ask(sandbox, host, "add", "add call tomorrow at 16:30") == "It was not added."


def proposed(sandbox: Sandbox, host: ScriptedHost, request: str) -> list[str]:
    return [one[:16] for one in ask(sandbox, host, "propose", request)["slots"]]


def test_free_slots_are_spread_over_the_days_asked_for(sandbox: Sandbox, host: ScriptedHost) -> None:
    found = proposed(sandbox, host, "find three free slots of 45 minutes next week in the afternoon")
    assert found == ["2026-03-09T13:00", "2026-03-10T13:00", "2026-03-11T13:00"]


def test_the_same_in_french(sandbox: Sandbox, host: ScriptedHost) -> None:
    found = proposed(sandbox, host, "trouve trois créneaux libres de 45 minutes la semaine prochaine l'après-midi")
    assert found == ["2026-03-09T13:00", "2026-03-10T13:00", "2026-03-11T13:00"]


def test_no_slot_overlaps_what_is_in_the_calendar(sandbox: Sandbox, host: ScriptedHost) -> None:
    found = proposed(sandbox, host, "find ten slots of 3 hours tomorrow")
    assert found == ["2026-03-05T09:00", "2026-03-05T15:00"]


def test_weekends_are_left_out_unless_asked_for(sandbox: Sandbox, host: ScriptedHost) -> None:
    week = proposed(sandbox, host, "find ten slots of an hour this week")
    assert all(one[:10] <= "2026-03-06" for one in week)
    assert proposed(sandbox, host, "find a free hour this weekend")[0] == "2026-03-07T09:00"


def test_no_slot_is_in_the_past(sandbox: Sandbox, host: ScriptedHost) -> None:
    late = NOW.replace(hour=16, minute=40)
    answer = run_entry(sandbox, host, "calendar", "propose", late, request="propose three times today")
    assert answer["slots"][0] == "2026-03-04T16:45:00"


def test_hours_may_be_named(sandbox: Sandbox, host: ScriptedHost) -> None:
    found = proposed(sandbox, host, "propose two times between 10:00 and 12:00 on Thursday for 90 minutes")
    assert found == ["2026-03-05T10:00"]


def test_what_lasts_all_day_is_told_beside_the_slots(sandbox: Sandbox, host: ScriptedHost) -> None:
    assert ask(sandbox, host, "propose", "propose two times next week")["sources"] == ["e3"]
