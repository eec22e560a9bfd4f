"""The composition root over a real vault and real worker processes; no model is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.llm import LlmFailed
from app import commands
from app.node import open_node
from app.results import CommandFailed, StateChanged
from app.workers import WorkerFailed

PASSPHRASE = "gravel otter lantern seventeen"


async def test_a_node_is_absent_then_open_then_locked_then_open(home: Path) -> None:
    seen: list[object] = []
    async with open_node(home, seen.append) as node:
        states = [node.state]
        await commands.create(node, PASSPHRASE)
        states.append(node.state)
        await commands.lock(node)
        states.append(node.state)
        await commands.unlock(node, PASSPHRASE)
        states.append(node.state)
    assert states == ["absent", "open", "locked", "open"]
    assert [event.state for event in seen if isinstance(event, StateChanged)] == ["open", "locked", "open", "locked"]


async def test_a_wrong_passphrase_leaves_the_vault_locked(home: Path) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await commands.lock(node)
        with pytest.raises(WorkerFailed) as caught:
            await commands.unlock(node, "not this")
        assert caught.value.code == "wrong-secret"
        assert node.state == "locked"


async def test_nothing_of_the_vault_can_be_had_while_it_is_locked(home: Path) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await commands.lock(node)
        for command in (commands.search(node, "x"), commands.library(node), commands.conversations(node)):
            with pytest.raises(CommandFailed) as caught:
                await command
            assert caught.value.key == "locked"


async def test_a_vault_that_cannot_be_made_leaves_no_key_behind(home: Path) -> None:
    home.mkdir()
    (home / "vault.nuee").write_bytes(b"something else")
    async with open_node(home) as node:
        with pytest.raises(Exception, match="already"):
            await commands.create(node, PASSPHRASE)
        assert node.state == "absent"
    assert (home / "vault.nuee").read_bytes() == b"something else"


async def test_the_peer_id_is_made_with_the_profile_and_stays(home: Path) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        first = (await commands.status(node)).peer_id
        await commands.lock(node)
        assert (await commands.status(node)).peer_id is None
        await commands.unlock(node, PASSPHRASE)
        assert (await commands.status(node)).peer_id == first


async def test_theme_and_language_are_known_before_the_vault_is_open(home: Path) -> None:
    async with open_node(home) as node:
        await commands.set_setting(node, "theme", "dark")
        assert await commands.setting(node, "theme") == "dark"
        with pytest.raises(CommandFailed):
            await commands.set_setting(node, "theme", "pink")


async def test_what_cannot_be_imported_is_listed_with_its_reason(home: Path, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Quince\n\nThe jam is ready.\n")
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        report = await commands.import_paths(node, [str(tmp_path / "note.md"), str(tmp_path / "nowhere")])
        assert report.imported == 1
        assert [failure.path.endswith("nowhere") for failure in report.failed] == [True]


async def test_words_find_what_was_imported_before_anything_is_embedded(home: Path, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Quince\n\nThe jam is ready.\n")
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await commands.import_paths(node, [str(tmp_path / "note.md")])
        found = await commands.search(node, "jam", mode="words")
        assert [hit.title for hit in found.hits] == ["Quince"]
        assert found.mode == "words"


async def test_without_a_model_a_skill_is_used_and_a_question_names_what_is_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "none"))
    (tmp_path / "note.md").write_text("The heron eats fish.\n")
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        await commands.import_paths(node, [str(tmp_path / "note.md")])
        said = await commands.ask(node, "/follow-ups list")
        assert said.answer == "Nothing is open: no promise and no question without an answer."
        with pytest.raises(LlmFailed) as caught:
            await commands.ask(node, "What does the heron eat?")
        assert caught.value.code == "no-model"
