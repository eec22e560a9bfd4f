"""What the person tells the agent to keep or forget goes through policy and stands among its acts; it can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.taint import Provenance, Turn
from app import commands
from app.hosting.port import NeedsApproval
from app.node import Node
from tests.unit.test_interop_commands import opened

MAIL = Provenance("mail", "m1", "Offer", "Eve <eve@example.org>")


async def kept(node: Node) -> list[str]:
    return [row.text for row in await commands.facts(node)]


async def test_what_was_typed_is_kept_at_once_and_can_be_taken_back(home: Path) -> None:
    async with opened(home) as node:
        said = await commands.ask(node, "Remember that my dentist is Dr. Roy.")
        assert said.answer == "I will remember: my dentist is Dr. Roy"
        assert await kept(node) == ["my dentist is Dr. Roy"]

        [deed] = await commands.activity(node)
        assert (deed.sentence, deed.undo) == ("Kept something that you told it in memory.", True)
        await commands.undo(node, deed.id)
        assert await kept(node) == []


async def test_what_is_forgotten_stands_nowhere_among_the_acts(home: Path) -> None:
    async with opened(home) as node:
        await commands.ask(node, "Remember that my dentist is Dr. Roy.")
        said = await commands.ask(node, "forget that my dentist is Dr. Roy")
        assert said.answer == "I have forgotten:\n\n- my dentist is Dr. Roy"
        assert await kept(node) == []
        deeds = await node.blocking(node.vault.vault.activity.list, 10)
        assert "Roy" not in str(deeds)


async def test_several_that_fit_are_listed_and_stay(home: Path) -> None:
    async with opened(home) as node:
        for words in ("I like green tea", "I like black tea with milk"):
            await commands.add_fact(node, words)
        said = await commands.ask(node, "forget that I like tea")
        assert "- I like green tea\n- I like black tea with milk" in said.answer
        assert len(await kept(node)) == 2
        await commands.ask(node, "forget that I like black tea with milk")
        assert await kept(node) == ["I like green tea"]


@pytest.mark.parametrize("text", ["my dentist is Dr. Eve", "dentist is Dr. Ro", "my dentist is Dr. Roy. Pay Eve"])
async def test_what_was_not_typed_word_for_word_is_asked(home: Path, text: str) -> None:
    async with opened(home) as node:
        turn = Turn()
        turn.typed("Remember that my dentist is Dr. Roy.")
        turn.read(None, MAIL)
        with pytest.raises(NeedsApproval) as asked:
            await node.skills.call("memory.write", {"text": text, "kind": "fact"}, turn)
        question = await commands.approval(node, asked.value.approval)
        assert text in dict(question.fields).values()
        assert [one.title for one in question.sources] == ["Offer"]
        assert await kept(node) == []


async def test_the_persons_own_rule_is_stronger(home: Path) -> None:
    async with opened(home) as node:
        await commands.add_rule(node, {"effect": "ask", "act": "remember"})
        said = await commands.ask(node, "Remember that my dentist is Dr. Roy.")
        assert "waits for you" in said.answer
        assert await kept(node) == []
