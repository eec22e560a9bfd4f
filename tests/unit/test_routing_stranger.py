"""A skill that nothing was tuned for, with five examples, beside the bundled ones; letters decide, without embedder."""

from __future__ import annotations

from functools import cache

import pytest

from agent.choosing import Chooser
from agent.router import NONE, SURE, UNASKED, lesson
from agent.tools import Tool
from benchmarks.routing import BUNDLED, PRACTICE, bundled, requests
from skills.declared import Text

PLANTS = Tool(
    "plants", "water", Text("House plants", "Plantes"), Text("Keeps watering dates.", "Note les arrosages."), (),
    ("I watered the ferns", "when did I last water the cactus", "which plants are thirsty",
     "j'ai arrosé les fougères", "quelles plantes ont soif"),
)  # fmt: skip


@cache
def chooser(*, stranger: bool) -> Chooser:
    known = bundled(BUNDLED)
    return Chooser(*lesson([*known, PLANTS] if stranger else known))


def chosen(request: str, *, stranger: bool = True) -> str:
    scores = chooser(stranger=stranger).scores(request)
    best = max((label for label in scores if label != NONE), key=scores.__getitem__)
    return best if scores[best] >= SURE and scores[best] - scores[NONE] >= UNASKED else NONE


@pytest.mark.parametrize(
    "request_",
    [
        "watered the orchids this morning",
        "did I water the plants",
        "j'ai arrosé le cactus hier",
        "les plantes ont-elles soif",
    ],
)
def test_five_examples_are_enough_for_requests_in_other_words_of_the_same_kind(request_: str) -> None:
    assert chosen(request_) == PLANTS.name


def test_a_new_skill_takes_hardly_any_request_from_the_others() -> None:
    asked = requests(PRACTICE)
    assert [one.text for one in asked if chosen(one.text) == PLANTS.name] == []
    moved = sum(chosen(one.text) != chosen(one.text, stranger=False) for one in asked)
    assert moved <= len(asked) // 20


def test_a_question_that_names_a_plant_is_still_answered_plainly() -> None:
    assert chosen("what did the gardener say about the roof") == NONE
