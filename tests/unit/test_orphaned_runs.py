"""What waits of a skill that was removed, switched off or replaced comes to its end, and says why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app import commands
from app.node import Node
from tests.unit.hosting_fixtures import made
from tests.unit.test_hosting_commands import GRANTED, PLANS, opened


async def remove(node: Node) -> None:
    await commands.remove_skill(node, "planner")


async def switch_off(node: Node) -> None:
    await commands.enable_skill(node, "planner", on=False)


async def replace(node: Node) -> None:
    before = node.vault.vault.skills.get("planner").digest
    node.vault.vault.skills.put(made(PLANS + "\n", "planner", GRANTED)[1], before)
    await node.skills.skills_changed()


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (remove, "The skill planner was removed, and what it asked with it."),
        (switch_off, "The skill planner is switched off."),
        (replace, "Another version of the skill that asked was installed; nothing was done."),
    ],
)
async def test_its_question_is_closed_and_the_log_says_why(
    home: Path, act: Callable[[Node], Awaitable[None]], says: str
) -> None:
    async with opened(home) as (node, record):
        view = await commands.run_skill(node, "planner", "go", {"record": record})
        assert await commands.approvals_waiting(node) == 1

        await act(node)

        row = (await commands.run(node, view.row.id)).row
        assert (row.state, row.error, row.approval) == ("stopped", says, None)
        assert await commands.approvals_waiting(node) == 0


async def test_another_skills_question_stays(home: Path) -> None:
    async with opened(home) as (node, record):
        node.vault.vault.skills.put(made("def go(language):\n    return {}\n", "other", ())[1], None)
        view = await commands.run_skill(node, "planner", "go", {"record": record})
        await commands.remove_skill(node, "other")
        assert (await commands.run(node, view.row.id)).row.state == "waiting"
