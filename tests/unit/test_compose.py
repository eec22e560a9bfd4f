"""What of a model's answer is believed."""

from __future__ import annotations

import pytest

from agent.compose import believed, cited, says_more, tidy, unsupported

SOURCE = "The deposit for the flat is €1,150 and it has to reach me before 3 April. Ask for Mr Hamon."


@pytest.mark.parametrize(
    "answer",
    [
        "The deposit is €1,150.",
        "The deposit for the flat is €1,150 and has to arrive before 3 April.",
        "You should ask for Mr Hamon.",
    ],
)
def test_what_the_source_says_is_believed(answer: str) -> None:
    assert believed(answer, [SOURCE], "How much is the deposit?")


@pytest.mark.parametrize(
    "answer",
    [
        "The deposit is €1,250.",  # another number
        "The deposit is due before 13 April.",  # another date
        "Ask for Mr Leroy.",  # another name
        "The train to Paris leaves in the evening from platform nine.",  # another matter
        "",
    ],
)
def test_what_the_source_does_not_say_is_not_believed(answer: str) -> None:
    assert not believed(answer, [SOURCE], "How much is the deposit?")


def test_the_first_word_of_a_sentence_is_no_name() -> None:
    assert "asking" in unsupported("Asking costs nothing", [SOURCE], "")
    assert believed("Please ask for Mr Hamon before 3 April.", [SOURCE], "whom do I ask?")


def test_an_answer_that_repeats_the_question_says_nothing() -> None:
    assert not says_more("The deposit for the flat?", "How much is the deposit for the flat?")


def test_repeated_sentences_are_said_once() -> None:
    assert tidy("It is booked. It is booked. It is booked.") == "It is booked."


def test_only_sources_that_exist_are_cited() -> None:
    assert cited("Yes [2], and [7], [2].", 3) == [2]
