"""The commands about runs, questions, rules and activity, as window and command line call them, over a whole node."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.rules import BadRule
from app import cli, commands, requests
from app.node import Node, open_node
from app.printing import PRINTERS
from app.results import CommandFailed
from storage.vault import VaultError
from tests.unit.hosting_fixtures import made
from tests.unit.vault_fixtures import mail

PASSPHRASE = "gravel otter lantern seventeen"
PLANS = """
def go(language, record):
    said = mail_get(id=record)
    mail_label(id=record, labels=["meeting"])
    event = event_add(title=said["title"], start="2031-05-06T12:00:00Z", end="2031-05-06T13:00:00Z")
    return {"text": "Added [1]", "sources": [record], "event": event["id"]}
"""
GRANTED = ("mail.read", "mail.label", "calendar.write")


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[tuple[Node, str]]:
    """A node with one mail and a skill that plans it."""
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        record = mail("Lunch \u202e with Ada")
        node.vault.vault.library.add([record])
        node.vault.vault.skills.put(made(PLANS, "planner", GRANTED)[1], None)
        yield node, record.id()


async def command(node: Node, *words: str) -> tuple[dict[str, Any], str]:
    """A command line: its result, and what it prints."""
    name, args = cli.request(cli.parser("en").parse_args([*words]), "en")
    result = await requests.run(node, name, args, lambda _: None)
    out = io.StringIO()
    PRINTERS[name](result, "en", out, "")
    return result, out.getvalue()


async def test_a_skill_asks_is_answered_on_the_command_line_and_its_act_can_be_taken_back(home: Path) -> None:
    async with opened(home) as (node, record):
        view = await commands.run_skill(node, "planner", "go", {"record": record})
        number = str(view.row.approval)
        assert await commands.approvals_waiting(node) == 1

        _, listed = await command(node, "approvals")
        shown, printed = await command(node, "approvals", "show", number)
        assert f"{number}  Add" in listed
        assert "Lunch ⟦U+202E⟧ with Ada" in printed
        assert "\u202e" not in printed
        assert [source["title"] for source in shown["sources"]] == ["Lunch  with Ada"]

        answered, _ = await command(node, "approvals", "yes", number)
        after = await commands.run(node, view.row.id)
        assert (answered["state"], after.row.state, after.row.text) == ("done", "done", "Added [1]")
        assert (await commands.show(node, after.value["event"])).kind == "event"

        did = [(row.sentence[:5], row.undo) for row in await commands.activity(node)]
        assert did == [("Added", True), ("Marke", True)]
        deed = next(row.id for row in await commands.activity(node) if row.sentence.startswith("Marked"))
        await command(node, "activity", "undo", str(deed))
        assert node.vault.vault.marks.get(record) is None
        with pytest.raises(VaultError) as caught:
            await commands.undo(node, deed)
        assert caught.value.code == "not-undoable"
        assert (await command(node, "skills", "log", "planner"))[1].count("planner 1.0.0") == 1


async def test_rules_are_read_in_plain_words_and_changed(home: Path) -> None:
    async with opened(home) as (node, record):
        await command(node, "rules", "add", "deny", "--function", "event.add", "--skill", "planner")
        own = [row for row in await commands.rules(node) if row.id]
        built_in = [row for row in await commands.rules(node) if not row.id]
        assert [row.sentence[:7] for row in own] == ["Never: "]
        assert built_in
        view = await commands.run_skill(node, "planner", "go", {"record": record})
        assert (view.row.state, [call.decision for call in view.calls]) == ("failed", ["allow", "allow", "deny"])
        with pytest.raises(BadRule):
            await commands.add_rule(node, {"effect": "perhaps"})
        await command(node, "rules", "remove", str(own[0].id))
        assert [row for row in await commands.rules(node) if row.id] == []


async def test_what_is_not_there_is_said_to_be(home: Path) -> None:
    async with opened(home) as (node, record):
        for name, entry, key in (("nobody", "go", "skill-unknown"), ("planner", "stay", "skill-entry")):
            with pytest.raises(CommandFailed) as caught:
                await commands.run_skill(node, name, entry, {"record": record})
            assert caught.value.key == key
        with pytest.raises(CommandFailed) as caught:
            await commands.answer_approval(node, 1, "perhaps", "")
        assert caught.value.key == "approval-answer"
        await commands.lock(node)
        with pytest.raises(CommandFailed) as caught:
            await commands.runs(node)
        assert caught.value.key == "locked"
