"""One question through the agent, with a model whose words are scripted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.compose import source_line
from agent.llm import LlmFailed, Turn
from agent.loop import Answered, Answerer, Event, Found, Piece, Restated
from agent.ports import Evidence
from app.texts import text
from tests.fakes import ScriptedLlm

KEYS = "The keys will be ready at 10:30 on Saturday 11 April, ask for Mr Hamon."


def evidence(
    words: str, *, support: float = 1.0, holds: bool = True, record: str = "m1", score: float = 3.0
) -> Evidence:
    return Evidence(
        record=record,
        kind="mail",
        title="The flat",
        sender="Claire Dubois <claire@example.org>",
        date=1_773_300_000.0,
        text=words,
        start=0,
        end=len(words),
        passage=words,
        score=score,
        support=support,
        holds=holds,
    )


class Shelf:
    """A memory that holds what it is given."""

    def __init__(self, *found: Evidence, empty: bool = False) -> None:
        self.found = found
        self.asked: list[str] = []
        self._empty = empty

    async def recall(self, question: str, limit: int) -> Sequence[Evidence]:
        self.asked.append(question)
        return self.found[:limit]

    async def empty(self) -> bool:
        return self._empty


async def ask(shelf: Shelf, llm: ScriptedLlm, question: str, history: Sequence[Turn] = ()) -> list[Event]:
    answerer = Answerer(shelf, llm, text, "en", now=lambda: 1_780_000_000.0)
    return [event async for event in answerer.answer(question, history)]


def last(events: list[Event]) -> Answered:
    assert isinstance(events[-1], Answered)
    return events[-1]


async def test_an_answer_that_the_source_holds_is_kept_and_quoted() -> None:
    events = await ask(
        Shelf(evidence(KEYS)), ScriptedLlm(["The keys will be ready at 10:30."]), "When are the keys ready?"
    )
    assert last(events).text.startswith("The keys will be ready at 10:30. [1]\n\n> The keys will be ready")


async def test_the_citation_names_record_and_span() -> None:
    events = await ask(Shelf(evidence(KEYS)), ScriptedLlm(["At 10:30."]), "When are the keys ready?")
    cited = last(events).citations[0]
    assert (cited.number, cited.evidence.record, cited.evidence.start, cited.evidence.end) == (1, "m1", 0, len(KEYS))


async def test_what_the_model_invents_is_taken_back() -> None:
    events = await ask(Shelf(evidence(KEYS)), ScriptedLlm(["The keys are ready at 14:45 in Lyon."]), "When?")
    assert "14:45" not in last(events).text
    assert not last(events).phrased
    assert [event for event in events if isinstance(event, Restated)]


async def test_the_date_of_the_message_is_no_answer() -> None:
    events = await ask(Shelf(evidence(KEYS)), ScriptedLlm(["The dinner is on 12 March 2026."]), "When is the dinner?")
    assert not last(events).phrased


async def test_the_line_above_the_source_is_not_streamed() -> None:
    head = source_line(evidence(KEYS), "en")
    events = await ask(Shelf(evidence(KEYS)), ScriptedLlm([f"{head}:\nAt 10:30."]), "When are the keys ready?")
    assert "".join(event.text for event in events if isinstance(event, Piece)) == "At 10:30."


async def test_a_sentence_that_only_repeats_the_source_is_shown_once() -> None:
    events = await ask(Shelf(evidence(KEYS)), ScriptedLlm([KEYS]), "When are the keys ready?")
    assert last(events).text.count("10:30") == 1


async def test_the_words_arrive_before_the_answer() -> None:
    events = await ask(Shelf(evidence(KEYS)), ScriptedLlm(["The keys will be ready at 10:30."]), "When?")
    kinds = [type(event) for event in events]
    assert kinds[0] is Found
    assert kinds.count(Piece) > 1
    assert kinds[-1] is Answered


async def test_without_support_nothing_is_made_up_and_the_model_is_not_asked() -> None:
    llm = ScriptedLlm(["Something plausible."])
    events = await ask(Shelf(evidence(KEYS, support=0.1)), llm, "What is the capital of Mongolia?")
    assert last(events).text == text("agent.nothing_found", "en")
    assert llm.requests == []


async def test_an_empty_vault_says_what_to_do() -> None:
    events = await ask(Shelf(empty=True), ScriptedLlm([]), "Quand est le dîner ?")
    assert last(events).text == text("agent.empty_vault", "fr")


async def test_a_greeting_is_answered_without_a_search() -> None:
    shelf = Shelf(evidence(KEYS))
    events = await ask(shelf, ScriptedLlm([]), "Bonjour !")
    assert last(events).text == text("agent.greeting", "fr")
    assert shelf.asked == []


async def test_a_follow_up_is_searched_with_the_question_before() -> None:
    shelf = Shelf(evidence(KEYS))
    history = [Turn("user", "When are the keys ready?"), Turn("assistant", "At 10:30.")]
    await ask(shelf, ScriptedLlm(["Ask for Mr Hamon."]), "and who has them?", history)
    assert shelf.asked == ["When are the keys ready? and who has them?"]


async def test_a_small_model_sees_one_sentence_where_one_holds_the_answer() -> None:
    llm = ScriptedLlm(["At 10:30."])
    await ask(Shelf(evidence(KEYS), evidence("It costs 85 euros.", score=2.9)), llm, "When are the keys ready?")
    assert "85 euros" not in llm.requests[0].turns[-1].content


async def test_the_death_of_the_model_ends_the_answer_in_one_error() -> None:
    llm = ScriptedLlm([LlmFailed("worker-died", "The language model stopped unexpectedly.")])
    with pytest.raises(LlmFailed) as caught:
        await ask(Shelf(evidence(KEYS)), llm, "When are the keys ready?")
    assert caught.value.code == "worker-died"


async def test_a_sender_who_could_not_be_verified_is_told() -> None:
    forged = replace(evidence(KEYS), authenticated=False)
    events = await ask(Shelf(forged), ScriptedLlm(["The keys will be ready at 10:30."]), "When are the keys ready?")
    assert last(events).text.endswith("The sender of [1] could not be verified.")


@pytest.mark.parametrize("authenticated", [True, None])
async def test_a_sender_who_was_verified_or_never_checked_is_not_warned_of(authenticated: bool | None) -> None:
    shelf = Shelf(replace(evidence(KEYS), authenticated=authenticated))
    events = await ask(shelf, ScriptedLlm(["The keys will be ready at 10:30."]), "When are the keys ready?")
    assert "verified" not in last(events).text


async def test_what_the_person_told_is_quoted_and_has_nothing_to_open() -> None:
    told = replace(evidence("my dentist is Dr. Roy"), record="", kind="fact", title="", sender="you told me")
    events = await ask(Shelf(told), ScriptedLlm(["Your dentist is Dr. Roy."]), "What is my dentist's name?")
    assert last(events).text.startswith("Your dentist is Dr. Roy.\n\n> my dentist is Dr. Roy\n>\n> — you told me")
    assert last(events).citations == ()
