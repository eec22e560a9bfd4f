"""What rules can tell of a question."""

from __future__ import annotations

import pytest

from agent.llm import Turn
from agent.question import language, understand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("When do I get the keys?", "en"),
        ("Quand est-ce que je récupère les clés ?", "fr"),
        ("combien coute la réparation du vélo", "fr"),
        ("what's the code", "en"),
        ("l'adresse du dentiste", "fr"),
        ("Heron budget?", "otherwise"),
    ],
)
def test_the_language_of_a_question_shows_in_its_small_words(text: str, expected: str) -> None:
    assert language(text, "otherwise") == expected


def test_a_question_that_leans_on_the_one_before_is_searched_with_it() -> None:
    history = [Turn("user", "When is Sophie's dinner?"), Turn("assistant", "On Friday.")]
    assert understand("and where is it?", history, "en").search == "When is Sophie's dinner? and where is it?"


def test_a_question_that_names_its_own_matter_leaves_the_one_before_alone() -> None:
    history = [Turn("user", "Who decides the price of Heron?")]
    assert understand("and when is the dinner?", history, "en").search == "and when is the dinner?"


def test_a_question_of_small_words_alone_leans_on_the_one_before() -> None:
    history = [Turn("user", "Who decides the price of Heron?")]
    assert understand("and when?", history, "en").search == "Who decides the price of Heron? and when?"


def test_a_question_that_stands_alone_is_searched_alone() -> None:
    history = [Turn("user", "When is Sophie's dinner?")]
    question = "How much does the plumber charge for a visit on Sundays?"
    assert understand(question, history, "en").search == question


@pytest.mark.parametrize("text", ["Hello!", "bonjour", "Merci beaucoup", "thanks"])
def test_a_greeting_is_no_question(text: str) -> None:
    assert understand(text, [], "en").social


@pytest.mark.parametrize("text", ["Hello, when is the dinner?", "Merci de me dire quand est le dîner"])
def test_a_polite_question_is_a_question(text: str) -> None:
    assert not understand(text, [], "en").social
