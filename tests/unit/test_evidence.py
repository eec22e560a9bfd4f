"""The sentences that answer, chosen from passages."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from storage.evidence import select, sentences
from storage.records import Hit


def hit(text: str, *, chunk: int = 1, title: str = "The flat", date: float = 0.0, record: str = "m1") -> Hit:
    return Hit(
        chunk=chunk, id=record, kind="mail", title=title, sender="Claire", date=date, text=text, start=100,
        end=100 + len(text), score=1.0, context=f"From Claire, {title}",
    )  # fmt: skip


def deaf(_texts: list[str]) -> NDArray[np.float32] | None:
    """No embedder."""
    return None


def test_spans_are_the_sentences() -> None:
    text = "Hello Ann,\n\nthe keys are ready.  Come at 10:30! - bring\n- an id\n- 3 euros"
    assert [text[a:b] for a, b in sentences(text)] == [
        "Hello Ann,", "the keys are ready.", "Come at 10:30! - bring", "- an id", "- 3 euros",
    ]  # fmt: skip


def test_the_sentence_with_the_words_of_the_question_comes_first() -> None:
    found = select("When are the keys ready?", [hit("The rent is 700 euros. The keys are ready on 11 April.")], deaf)
    assert found[0].text == "The keys are ready on 11 April."


def test_a_span_points_into_the_body() -> None:
    text = "The rent is 700 euros. The keys are ready on 11 April."
    found = select("When are the keys ready?", [hit(text)], deaf)
    assert text[found[0].start - 100 : found[0].end - 100] == found[0].text


def test_the_kind_that_is_asked_for_decides_between_equal_words() -> None:
    text = "The deposit was discussed at length. The deposit is 1,150 euros."
    assert select("How much is the deposit?", [hit(text)], deaf)[0].text == "The deposit is 1,150 euros."


def test_of_two_that_could_answer_the_later_one_holds() -> None:
    early = hit("The dinner is at 19:00 on Friday.", chunk=1, date=1.0)
    late = hit("The dinner is at 20:30 on Friday.", chunk=2, date=2.0, record="m2")
    assert "20:30" in select("What time is the dinner?", [early, late], deaf)[0].text


def test_what_stands_in_the_subject_need_not_stand_in_the_sentence() -> None:
    text = "See you at the Swan and Anchor. Breakfast is included."
    found = select("Is breakfast included at the Swan?", [hit(text, title="Your stay at the Swan")], deaf)
    assert found[0].text == "Breakfast is included."


def test_a_question_in_the_other_language_finds_the_sentence() -> None:
    text = "Le loyer est de 700 euros. Les clés seront prêtes le 11 avril."
    assert select("When are the keys ready?", [hit(text, title="Appartement")], deaf)[0].text.startswith("Les clés")


def test_nothing_of_the_question_is_little_support() -> None:
    found = select("What is the capital of Mongolia?", [hit("The rent is 700 euros and due on Monday.")], deaf)
    assert found[0].support < 0.3


def test_meaning_counts_where_there_is_an_embedder() -> None:
    text = "The cat was seen by the vet on Monday. The dog sleeps all day long."

    def encode(texts: list[str]) -> NDArray[np.float32]:
        return np.array([[1.0, 0.0] if "dog" in t or "puppy" in t else [0.0, 1.0] for t in texts], dtype=np.float32)

    assert "dog" in select("What does the puppy do?", [hit(text)], encode)[0].text


@pytest.mark.parametrize("question", ["", "???", "\0", "a" * 10_000, '" OR NEAR('])
def test_odd_questions_do_no_harm(question: str) -> None:
    assert select(question, [hit("The keys are ready on 11 April.")], deaf)
