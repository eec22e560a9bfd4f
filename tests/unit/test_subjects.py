"""A line says what a task is about, short and plain, whoever wrote it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from app.actions import tasks_cli
from app.swarm.explaining import spoken
from app.swarm.subjects import MOST, subject

DIGEST = "5e" * 32


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("inference", {"prompt": "Why is the sky blue?", "max-tokens": 64}, "Why is the sky blue?"),
        ("inference", {"prompt-bytes": 19}, ""),
        ("meeting", {"title": "Lunch", "minutes": 60}, "Lunch"),
        ("meeting", {"off": "ab" * 16}, ""),
        ("skill", {"skill": "translate", "entry": "go", "arguments": "{}"}, "translate go"),
        ("model", {"sha256": DIGEST}, "5e5e5e5e5e5e…"),
        ("of-a-later-release", {"prompt": "x"}, ""),
        ("inference", {"prompt": ["no", "text"]}, ""),
    ],
)
def test_each_kind_has_its_own(kind: str, spec: dict[str, Any], said: str) -> None:
    assert subject(kind, spec) == said


def test_a_model_that_is_here_has_its_name() -> None:
    assert subject("model", {"sha256": DIGEST}, {DIGEST: "Small model"}) == "Small model"


def test_a_long_prompt_is_cut_at_a_word() -> None:
    said = subject("inference", {"prompt": "Where the river bends there is a mill. " * 20})
    assert said == "Where the river bends there is a mill. Where the river bends there is…"
    assert len(subject("inference", {"prompt": "x" * 10_000})) == MOST


def test_what_a_peer_wrote_stays_one_plain_line() -> None:
    said = subject("meeting", {"title": "Lunch\n\x1b[31m<b>now</b>\u202e"})
    assert said.startswith("Lunch ")
    assert not any(letter in said for letter in "\n\x1b\u202e")


def test_the_list_says_it_under_the_state() -> None:
    out = io.StringIO()
    row = {
        "id": "ab" * 16, "kind": "inference", "state": "calling", "provider_name": "", "detail": "", "job": "",
        "subject": "Why is the sky blue?",
    }  # fmt: skip
    tasks_cli.PRINTERS["tasks"]({"tasks": [row]}, "en", out, "")
    assert out.getvalue() == "abababab  inference  waiting for proposals\n          Why is the sky blue?\n"


@pytest.mark.parametrize(
    ("performative", "detail", "english", "french"),
    [
        ("cfp", "", "who would do it?", "qui le ferait ?"),
        ("propose", "", "I would", "moi"),
        ("propose", "1200 credit", "I would, 1\u202f200 credits", "moi, 1\u202f200 crédits"),
        ("refuse", "busy", "no: BUSY", "non : BUSY"),
        ("refuse", "", "no", "non"),
        ("inform-result", "", "done, here is the result", "c’est fait, voici le résultat"),
        ("sing", "loudly", "sing · loudly", "sing · loudly"),
    ],
)
def test_a_message_is_said_as_a_person_would(performative: str, detail: str, english: str, french: str) -> None:
    assert spoken(performative, detail, "en", str.upper) == english
    assert spoken(performative, detail, "fr", str.upper) == french


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"text": "Good day."}, "Good day."),
        ({"value": "42"}, "42"),
        ({"size": 98_000_000, "sent": 98_000_000}, "98.0 MB of 98.0 MB came."),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_result_is_said_in_words(result: Any, said: str) -> None:
    assert tasks_cli._outcome(result, "en") == said


def test_the_agreed_time_is_said_by_the_clock() -> None:
    said = tasks_cli._outcome({"slot": 1_900_000_000}, "en")
    assert said.startswith("Agreed for 2030-03-1")
    assert "1900000000" not in said
