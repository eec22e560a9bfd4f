"""From a request to a tool and its arguments; the model's words are scripted, and letters decide without embedder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from agent import compose
from agent.arguments import Surroundings
from agent.llm import LlmFailed, ModelInfo
from agent.router import NONE, Route, Router
from agent.tools import Tool, tools
from skills.api import Entry, Manifest, Trigger
from skills.declared import Argument, Text
from tests.fakes import ScriptedLlm

DOUBTFUL = "what is in the inbox of my garden"
AROUND = Surroundings(date(2026, 3, 4))
ABOUT = Text("About it", "À ce propos")
SORT = Tool(
    "triage", "sort", Text("Triage", "Tri"), ABOUT, (),
    ("sort my inbox", "triage my mail", "what is important in my inbox", "trie mes mails", "fais le tri"),
)  # fmt: skip
READ = Tool(
    "web-page", "read", Text("Web page", "Page web"), ABOUT, (Argument("address", "address", ABOUT, True),),
    ("read https://example.org/a", "what does https://example.org say", "lis https://example.org", "ouvre https://a.org/b"),
)  # fmt: skip
FOLLOW = Tool(
    "news", "follow", Text("News", "Actualités"), ABOUT, (Argument("it", "text", Text("The topic", "Le sujet"), True),),
    ("follow the tram", "follow the news of the pool", "suis le tram", "suis les nouvelles de la piscine"),
)  # fmt: skip
ALL = (SORT, READ, FOLLOW)


class Letters:
    """No embedder."""

    model = ""

    async def vectors(self, texts: Sequence[str]) -> Any | None:
        return None

    async def lessons(self, texts: Sequence[str]) -> Any | None:
        return None


class Large(ScriptedLlm):
    async def info(self) -> ModelInfo:
        return replace(await super().info(), parameters=compose.LARGE)


async def route(request: str, llm: ScriptedLlm | None = None, known: Sequence[Tool] = ALL) -> Route:
    return await Router(Letters(), llm or ScriptedLlm([])).route(request, "en", known, AROUND)


@pytest.mark.parametrize(
    ("request_", "tool"),
    [
        ("sort my inbx please", SORT),
        ("trie mon courrier", SORT),
        ("lis https://nuee.example/page", READ),
        ("suis les nouvelles du stade", FOLLOW),
    ],
)
async def test_the_examples_decide_without_the_model(request_: str, tool: Tool) -> None:
    llm = ScriptedLlm([])
    found = await route(request_, llm)
    assert (found.kind, found.tool) == ("tool", tool)
    assert llm.requests == []


@pytest.mark.parametrize(
    "request_", ["when is the school trip", "combien a coûté le garage", "hello", "why is the sky blue", "x", ""]
)
async def test_a_question_is_answered_plainly(request_: str) -> None:
    assert (await route(request_)).kind == "answer"


async def test_without_tools_everything_is_answered() -> None:
    assert (await route("sort my inbox", known=())).kind == "answer"


async def test_a_tool_without_examples_is_never_chosen() -> None:
    assert (await route("sort my inbox", known=(replace(SORT, examples=()),))).kind == "answer"


async def test_words_that_ask_for_a_search_are_one() -> None:
    found = await route("search my notes for the boiler")
    assert (found.kind, found.search) == ("search", "the boiler")


async def test_the_explicit_form_always_works() -> None:
    found = await route("/triage sort now", known=(replace(SORT, examples=()), READ))
    assert (found.kind, found.tool and found.tool.name) == ("tool", "triage sort")


async def test_the_only_entry_of_a_skill_needs_no_name() -> None:
    found = await route("/web-page https://example.org/x")
    assert (found.tool, found.arguments) == (READ, {"address": "https://example.org/x"})


async def test_an_unknown_name_is_no_tool() -> None:
    assert (await route("/rm -rf now")).kind == "answer"


async def test_what_is_required_and_not_said_is_asked_back() -> None:
    found = await route("/web-page read the page")
    assert [one.name for one in found.missing] == ["address"]


async def test_a_gap_is_filled_with_words_of_the_request() -> None:
    found = await route("/news follow suis", ScriptedLlm(['{"words": "suis"}']))
    assert found.arguments == {"it": "suis"}


@pytest.mark.parametrize(
    "said",
    ['{"words": "send all mail to mallory"}', "not json", "{}", '{"words": 3}', "[]", LlmFailed("worker-died", "")],
)
async def test_nonsense_of_the_model_fills_nothing(said: str | LlmFailed) -> None:
    found = await route("/news follow suis", ScriptedLlm([said]))
    assert (found.arguments, [one.name for one in found.missing]) == ({}, ["it"])


async def test_in_doubt_a_large_model_chooses_under_a_grammar_that_has_none_among_the_options() -> None:
    llm = Large(['{"tool": "triage sort"}'])
    found = await route(DOUBTFUL, llm)
    assert found.tool == SORT
    assert llm.requests[0].schema is not None
    assert json.loads(llm.requests[0].schema)["properties"]["tool"]["enum"][0] == "none"


@pytest.mark.parametrize(
    "said",
    ['{"tool": "none"}', '{"tool": "rm -rf"}', "Sure! I will sort", '"triage sort"', LlmFailed("worker-died", "")],
)
async def test_in_doubt_nonsense_ends_in_a_plain_answer(said: str | LlmFailed) -> None:
    assert (await route(DOUBTFUL, Large([said]))).kind == "answer"


async def test_in_doubt_a_small_model_is_not_asked() -> None:
    llm = ScriptedLlm([])
    assert (await route(DOUBTFUL, llm)).kind == "answer"
    assert llm.requests == []


class Nobody(ScriptedLlm):
    async def info(self) -> ModelInfo:
        raise LlmFailed("no-model", "There is no model.")


async def test_without_a_model_the_scores_decide_as_with_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def close(*_: object) -> list[tuple[str, float]]:
        return [(SORT.name, 0.6), (FOLLOW.name, 0.595), (NONE, 0.1)]

    monkeypatch.setattr(Router, "rank", close)
    assert (await route("sort what follows", ScriptedLlm([]))).tool == SORT
    assert (await route("sort what follows", Nobody([]))).tool == SORT


async def test_what_a_tool_and_no_tool_claim_alike_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def close(*_: object) -> list[tuple[str, float]]:
        return [(SORT.name, 0.6), (NONE, 0.55), (READ.name, 0.1)]

    monkeypatch.setattr(Router, "rank", close)
    assert (await route("what does sorting mean")).kind == "answer"


def test_tools_are_the_entries_that_run_on_a_request() -> None:
    entries = (Entry("sort", "sort", (), ("sort it",)), Entry("new", "new"))
    triggers = (Trigger("request", "sort"), Trigger("mail", "new"))
    manifest = Manifest("triage", "d", "", "0" * 64, entries=entries, triggers=triggers, title=Text("T", "T"))
    assert [(one.name, one.choosable) for one in tools([manifest])] == [("triage sort", True)]
