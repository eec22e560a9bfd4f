"""A model large enough to cite by itself, with its words scripted."""

from __future__ import annotations

from dataclasses import replace

from agent.compose import LARGE
from agent.llm import LlmFailed, ModelInfo, Turn
from agent.loop import Restated
from tests.fakes import ScriptedLlm
from tests.unit.test_loop import KEYS, Shelf, ask, evidence, last

RENT = "The rent is 700 euros a month."


class LargeLlm(ScriptedLlm):
    def __init__(self, answers: list[str | LlmFailed]) -> None:
        super().__init__(answers)

    async def info(self) -> ModelInfo:
        return replace(await super().info(), parameters=LARGE)


def shelf() -> Shelf:
    return Shelf(evidence(KEYS), evidence(RENT, record="m2", score=2.0))


async def test_the_sources_it_names_are_the_citations() -> None:
    events = await ask(shelf(), LargeLlm(["The rent is 700 euros [2]."]), "How much is the rent?")
    assert [(cited.number, cited.evidence.record) for cited in last(events).citations] == [(2, "m2")]
    assert last(events).text == "The rent is 700 euros [2]."


async def test_an_answer_that_names_no_source_gets_the_one_that_holds_it() -> None:
    events = await ask(shelf(), LargeLlm(["The rent is 700 euros."]), "How much is the rent?")
    assert last(events).text == "The rent is 700 euros. [2]"
    assert [cited.evidence.record for cited in last(events).citations] == ["m2"]


async def test_a_number_from_nowhere_is_taken_back_and_the_passage_quoted() -> None:
    events = await ask(shelf(), LargeLlm(["The rent is 900 euros [2]."]), "How much is the rent?")
    assert "900" not in last(events).text
    assert [event for event in events if isinstance(event, Restated)]
    assert not last(events).phrased


async def test_it_sees_every_passage_numbered_and_the_turns_before() -> None:
    llm = LargeLlm(["At 10:30 [1]."])
    history = [Turn("user", "Who has the keys?"), Turn("assistant", "Mr Hamon.")]
    await ask(shelf(), llm, "When are the keys ready?", history)
    turns = llm.requests[0].turns
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]
    assert "[1] Claire Dubois" in turns[-1].content
    assert f"\n{RENT}" in turns[-1].content


async def test_a_source_that_does_not_exist_is_not_named() -> None:
    events = await ask(shelf(), LargeLlm(["The rent is 700 euros [9]."]), "How much is the rent?")
    assert last(events).text == "The rent is 700 euros. [2]"
