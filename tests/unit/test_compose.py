"""What of a model's answer is believed."""

from __future__ import annotations

import pytest

from agent.compose import believed, cited, one_line, says_more, sentences, trusted, unsupported

SOURCE = "The deposit for the flat is €1,150 and it has to reach me before 3 April. Ask for Mr Hamon."


@pytest.mark.parametrize(
    "answer",
    [
        "The deposit is €1,150.",
        "The deposit for the flat is €1,150 and has to reach me before 3 April.",
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
        "The deposit is €1,150 to her lips.",  # a word from nowhere
        "The train to Paris leaves in the evening from platform nine.",  # another matter
        "",
    ],
)
def test_what_the_source_does_not_say_is_not_believed(answer: str) -> None:
    assert not believed(answer, [SOURCE], "How much is the deposit?")


def test_the_first_word_of_a_sentence_is_no_name() -> None:
    assert unsupported("Asking costs nothing", [SOURCE], "") == ["asking", "costs", "nothing"]
    assert believed("Please ask for Mr Hamon.", [SOURCE], "whom do I ask?", slack=25)
    assert not believed("Ask for Mr Leroy.", [SOURCE], "whom do I ask?", slack=25)


def test_the_first_sentence_that_holds_is_taken() -> None:
    answer = "Claire Dubois, 12 March 2026:\nIt is 900 euros. The deposit is €1,150. Bring flowers."
    assert trusted(answer, [SOURCE], "How much is it?") == "The deposit is €1,150."


@pytest.mark.parametrize(
    ("quote", "line"), [("- Sunday:\n lunch", "Sunday: lunch"), ("# 3 rue", "3 rue"), ("-5 °C", "-5 °C")]
)
def test_a_quotation_loses_its_list_mark_and_nothing_else(quote: str, line: str) -> None:
    assert one_line(quote) == line


def test_an_answer_that_repeats_the_question_says_nothing() -> None:
    assert not says_more("The deposit for the flat?", "How much is the deposit for the flat?")


def test_repeated_sentences_are_said_once() -> None:
    assert sentences("It is booked. It is booked. It is booked.") == ["It is booked."]


def test_only_sources_that_exist_are_cited() -> None:
    assert cited("Yes [2], and [7], [2].", 3) == [2]
