"""One way to search the vault: the window, the command line, answers and other programs go where any skill goes."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.policy import FUNCTIONS, OWN
from agent.rules import Rule
from agent.taint import Turn
from app import commands
from app.asking import ask
from app.endpoint.mcp_server import TOOLS
from app.functions.port import Answer, Context
from app.node import Node, open_node
from app.results import CommandFailed
from app.retrieval import Retrieval
from storage.filters import BadFilter
from tests.fakes import ScriptedLlm
from tests.paths import ROOT
from tests.unit.vault_fixtures import mail

PASSPHRASE = "gravel otter lantern seventeen"
SEARCH = {"storage.search", "storage.evidence"}
QUESTION = "When does the ferry to Corsica leave?"


class Words(ScriptedLlm):
    async def aclose(self) -> None:
        """There is no process to end."""


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Node]:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await node.blocking(node.vault.vault.library.add, [mail("Ferry", "The ferry to Corsica leaves at noon.")])
        node.llm = Words(["At noon."] * 4)  # type: ignore[assignment]
        yield node


def called(node: Node) -> list[tuple[str, Context]]:
    """Host functions as they are called from now on."""
    seen: list[tuple[str, Context]] = []

    def watched(name: str, function: Any) -> Any:
        async def call(node: Node, context: Context, arguments: Mapping[str, Any]) -> Answer:
            seen.append((name, context))
            answer: Answer = await function(node, context, arguments)
            return answer

        return call

    performing = node.skills.performing
    performing.table = {name: watched(name, function) for name, function in performing.table.items()}
    return seen


async def found_by_another_program(node: Node, tool: str = "search", **given: Any) -> dict[str, Any]:
    return await TOOLS[tool][1](node, given)


async def rule(node: Node, effect: Any) -> None:
    await commands.add_rule(node, Rule(effect, "read").to_plain())


def imported(path: Path) -> set[str]:
    """Names of modules that a file imports, wherever it does."""
    names: set[str] = set()
    for one in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(one, ast.Import):
            names |= {alias.name for alias in one.names}
        elif isinstance(one, ast.ImportFrom):
            names |= {f"{one.module}", *(f"{one.module}.{alias.name}" for alias in one.names)}
    return names


def importers(modules: set[str]) -> set[str]:
    files = [*(ROOT / "app").rglob("*.py"), *(ROOT / "agent").rglob("*.py")]
    return {file.relative_to(ROOT).as_posix() for file in files if imported(file) & modules}


def test_one_module_alone_reaches_the_search_of_storage() -> None:
    types_only = "app/functions/searching.py"  # names its types
    assert importers(SEARCH) - {types_only} == {"app/functions/finding.py"}


def test_what_finds_is_reached_through_host_functions_only() -> None:
    inner = {"app.functions.finding", "app.functions.searching", "app.functions.reading.found"}
    assert {one for one in importers(inner) if not one.startswith("app/functions/")} == set()


@pytest.mark.parametrize("mode", ["words", "hybrid"])
async def test_the_person_s_search_is_a_host_function(home: Path, mode: Any) -> None:
    async with opened(home) as node:
        seen = called(node)
        found = await commands.search(node, "ferry", mode=mode)
        assert [hit.title for hit in found.hits] == ["Ferry"]
        assert [(name, context.skill, context.taint.typed) for name, context in seen] == [
            ("vault.search", OWN, ("ferry",))
        ]


async def test_an_answer_looks_up_through_a_host_function(home: Path) -> None:
    async with opened(home) as node:
        seen = called(node)
        answer = await ask(node, QUESTION)
        assert [one.title for one in answer.citations] == ["Ferry"]
        assert [name for name, _ in seen] == ["vault.recall"]


@pytest.mark.parametrize(
    ("tool", "given", "function"),
    [("search", {"query": "ferry"}, "vault.search"), ("ask", {"question": QUESTION}, "vault.recall")],
)
async def test_another_program_looks_up_through_a_host_function_and_nobody_typed_it(
    home: Path, tool: str, given: dict[str, Any], function: str
) -> None:
    async with opened(home) as node:
        seen = called(node)
        await found_by_another_program(node, tool, **given)
        assert [(name, context.taint.typed) for name, context in seen] == [(function, ())]


async def test_what_was_looked_up_is_read_by_the_turn(home: Path) -> None:
    async with opened(home) as node:
        turn = Turn()
        turn.typed(QUESTION)
        (one,) = await Retrieval(node, turn).recall(QUESTION, 3)
        assert [(source.origin, source.record) for source in turn.taint.untrusted] == [("mail", one.record)]


async def test_what_the_person_looks_for_is_no_act_of_the_agent(home: Path) -> None:
    async with opened(home) as node:
        await commands.search(node, "ferry")
        await ask(node, QUESTION)
        assert await commands.activity(node) == ()


async def test_what_another_program_looked_for_is_told(home: Path) -> None:
    async with opened(home) as node:
        found = await found_by_another_program(node, query="ferry")
        await found_by_another_program(node, "show", id=found["hits"][0]["id"])
        told = await commands.activity(node)
        assert [one.sentence for one in told] == [
            "Showed “Ferry” to another program.",
            "Searched your vault for another program: “ferry”.",
        ]
        assert [source.title for source in told[0].because] == ["Ferry"]


@pytest.mark.parametrize("effect", ["ask", "deny"])
async def test_no_rule_stands_between_the_person_and_what_is_theirs(home: Path, effect: str) -> None:
    async with opened(home) as node:
        await rule(node, effect)
        assert len((await commands.search(node, "ferry")).hits) == 1
        assert len((await ask(node, QUESTION)).citations) == 1
        assert (await commands.approvals(node), await commands.activity(node)) == ((), ())


@pytest.mark.parametrize("tool", ["search", "show", "ask"])
async def test_a_rule_that_denies_reading_denies_it_to_another_program(home: Path, tool: str) -> None:
    async with opened(home) as node:
        await rule(node, "deny")
        (record,) = (await commands.search(node, "ferry")).hits
        given = {"search": {"query": "ferry"}, "show": {"id": record.id}, "ask": {"question": QUESTION}}[tool]
        with pytest.raises(CommandFailed) as caught:
            await found_by_another_program(node, tool, **given)
        assert caught.value.key == "look-up-denied"


async def test_a_rule_that_asks_about_reading_asks_when_another_program_does(home: Path) -> None:
    async with opened(home) as node:
        await rule(node, "ask")
        with pytest.raises(CommandFailed) as caught:
            await found_by_another_program(node, query="ferry")
        assert caught.value.key == "look-up-waits"
        (asked,) = await commands.approvals(node)
        assert (asked.function, asked.id) == ("vault.search", caught.value.values["number"])


async def test_a_filter_that_is_none_is_said_as_ever(home: Path) -> None:
    async with opened(home) as node:
        with pytest.raises(BadFilter):
            await commands.search(node, "is:purple")


def test_the_contract_names_the_functions_of_the_program_alone() -> None:
    said = (ROOT / "docs" / "host-functions.md").read_text("utf-8")
    own = [name for name, one in FUNCTIONS.items() if one.permission is None and one.act == "read"]
    assert [name for name in own if f"`{name.replace('.', '_')}(" not in said or f"`{name}`" not in said] == []
