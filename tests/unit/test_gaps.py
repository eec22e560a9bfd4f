"""What conversations lose when a record is forgotten."""

from __future__ import annotations

import pytest

from storage.gaps import GAP, Source, Traces, runs, telling, without_runs, without_sources, words

MAIL = "The heron stands by the old mill at dusk, waiting for eels. Nobody else has seen it."
SOURCE = Source(1, "The heron stands by the old mill at dusk", "A bird", "Ada Byron <ada@example.org>")
NOTHING = Traces(frozenset(), frozenset())


def traces(text: str, *unique: str) -> Traces:
    return Traces(set(runs(words(text))), frozenset(unique))


def test_a_line_that_cites_the_record_goes() -> None:
    said = "It stands at the mill [1].\n\nYou also have a dentist appointment [2]."
    assert without_sources(said, [SOURCE], NOTHING) == f"{GAP}\n\nYou also have a dentist appointment [2]."


def test_a_number_that_only_begins_so_is_another() -> None:
    assert without_sources("The dentist [12].", [SOURCE], NOTHING) == "The dentist [12]."


def test_a_quotation_goes_whole_with_its_attribution() -> None:
    said = "Here:\n\n> It was\n> by the water.\n>\n> — Ada, 3 May [1]\n\n> Other\n>\n> — Max [2]"
    assert without_sources(said, [SOURCE], NOTHING) == f"Here:\n\n{GAP}\n\n> Other\n>\n> — Max [2]"


@pytest.mark.parametrize(
    "line", ["It stands by the OLD mill.", "— Ada Byron, 3 May", "As “A Bird” says, no.", "Héron stands by it"]
)
def test_a_line_that_quotes_or_names_it_without_a_number_goes(line: str) -> None:
    source = Source(1, SOURCE.quote + ", heron stands by it", SOURCE.title, SOURCE.sender)
    assert without_sources(f"{line}\n\nThe dentist [2].", [source], NOTHING) == f"{GAP}\n\nThe dentist [2]."


def test_neighbouring_lines_leave_one_gap() -> None:
    assert without_sources("One [1].\nTwo [1].\nThree [2].", [SOURCE], NOTHING) == f"{GAP}\nThree [2]."


def test_an_answer_that_shares_a_run_without_citing_it_goes_whole() -> None:
    said = "I read that it is waiting for eels. Nobody else knows.\n\nAnything more?"
    assert without_sources(said, [], traces(MAIL)) == GAP


def test_a_run_over_two_lines_is_found() -> None:
    assert without_sources("It is waiting\nfor eels. Nobody\nelse.", [SOURCE], traces(MAIL)) == GAP


def test_a_word_that_no_other_record_holds_is_a_trace() -> None:
    assert without_sources("It is a heron.", [], traces(MAIL, "heron")) == GAP


def test_an_answer_with_no_trace_stays_to_the_letter() -> None:
    said = "The dentist is on  Friday [2].\r\n\r\n- at nine\n"
    assert without_sources(said, [], traces(MAIL, "heron")) == said


def test_a_question_keeps_its_words_and_loses_what_was_pasted() -> None:
    asked = "Where is the heron? It says: “The heron stands by the old mill, at dusk” and so on."
    assert without_runs(asked, traces(MAIL)) == (f"Where is the heron? It says: “{GAP}” and so on.")


def test_four_words_in_a_row_are_no_trace() -> None:
    assert without_runs("By the old mill?", traces(MAIL)) == "By the old mill?"


def test_accents_in_two_parts_are_the_same_word() -> None:
    assert words("e\u0301te\u0301") == words("été") == ["ete"]


def test_a_question_without_a_trace_stays_to_the_letter() -> None:
    assert without_runs("e\u0301te\u0301 ?", NOTHING) == "e\u0301te\u0301 ?"


@pytest.mark.parametrize(("word", "tells"), [("heron", True), ("the", False), ("is", False), ("4711", True)])
def test_small_words_tell_nothing(word: str, tells: bool) -> None:
    assert telling(word) is tells
