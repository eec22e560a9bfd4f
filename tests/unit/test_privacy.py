"""Forgetting, new secrets and locking by itself, as the window calls them, over a real vault and real workers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from app import asking, commands, present, requests
from app.node import Node, open_node
from app.privacy_results import NewPhrase
from app.results import CommandFailed, LibraryChanged, StateChanged
from app.workers import WorkerFailed
from storage.conversations import Citation
from storage.gaps import GAP

PASSPHRASE = "gravel otter lantern seventeen"


@asynccontextmanager
async def opened(home: Path, seen: list[object] | None = None) -> AsyncIterator[Node]:
    """An open vault with two notes in it."""
    notes = home.parent / "notes"
    notes.mkdir()
    (notes / "jam.md").write_text("# Quince\n\nThe quixolotl jam is ready since Tuesday.\n")
    (notes / "soup.md").write_text("# Leek\n\nThe soup is hot.\n")
    async with open_node(home, (seen if seen is not None else []).append) as node:
        await commands.create(node, PASSPHRASE)
        await commands.import_paths(node, [str(notes)])
        yield node


async def note(node: Node, title: str) -> str:
    return next(row.id for row in (await commands.library(node)).rows if row.title == title)


def alive(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


async def test_a_preview_forgets_nothing(home: Path) -> None:
    async with opened(home) as node:
        preview = await commands.forget_preview(node, before="2100-01-01")
        assert (preview.count, sorted(preview.titles)) == (2, ["Leek", "Quince"])
        assert (await commands.library(node)).total == 2


async def test_what_is_forgotten_is_found_no_more_and_the_window_is_told(home: Path) -> None:
    seen: list[object] = []
    async with opened(home, seen) as node:
        seen.clear()
        done = await commands.forget(node, [await note(node, "Quince")])
        assert (done.records, done.titles) == (1, ("Quince",))
        assert (await commands.search(node, "quixolotl", mode="words")).hits == ()
        assert any(isinstance(event, LibraryChanged) for event in seen)


async def test_the_process_that_ran_skills_is_ended_and_the_next_run_has_another(home: Path) -> None:
    async with opened(home) as node:
        runner = node.skills._runner
        assert runner is not None
        await node.blocking(runner.engine)
        before = runner._worker.pid  # type: ignore[union-attr]
        await commands.forget(node, [await note(node, "Quince")])
        assert not alive(before)
        assert await node.blocking(runner.engine)


async def test_the_index_process_is_ended_and_a_new_one_started(home: Path) -> None:
    async with opened(home) as node:
        vault = node.vault
        before = vault.index._worker.pid  # type: ignore[attr-defined]
        vault.index.add(np.array([1, 2]), np.eye(2, 384, dtype=np.float32))
        await commands.forget(node, [await note(node, "Quince")])
        assert not alive(before)
        assert alive(vault.index._worker.pid)  # type: ignore[attr-defined]
        assert vault.index.count == 0


async def test_an_answer_that_was_begun_before_is_not_kept(home: Path) -> None:
    """It may rest on what was forgotten while the model spoke."""
    async with opened(home) as node:
        forgotten = await note(node, "Quince")
        talk = await node.blocking(node.vault.vault.conversations.create, "Jam")
        before = node.forgets
        await commands.forget(node, [forgotten])
        await asking._keep(node, talk, "The quixolotl jam is ready.", None, before)
        await asking._keep(node, talk, "The soup is hot.", None, node.forgets)
        kept = await node.blocking(node.vault.vault.conversations.get, talk)
        assert [message.text for message in kept.messages] == [GAP, "The soup is hot."]


@pytest.mark.parametrize(
    ("language", "gap", "source"), [("en", "[forgotten]", "(forgotten)"), ("fr", "[oublié]", "(oublié)")]
)
async def test_a_gap_is_shown_in_the_readers_language(home: Path, language: str, gap: str, source: str) -> None:
    async with opened(home) as node:
        name = await note(node, "Quince")
        talks = node.vault.vault.conversations
        talk = talks.create("Jam")
        cited = Citation(1, name, "Quince", "", None, "The quixolotl jam is ready", 10, 30)
        talks.append(talk, "assistant", "It is ready [1].", [cited])
        await commands.forget(node, [name])
        shown = present.conversation(node.vault.vault, talk, language).messages[0]
        assert (shown.text, shown.citations[0].title, shown.citations[0].id) == (gap, source, "")


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ({}, "forget-what"),
        ({"ids": ["n1234"], "sender": "Ada"}, "forget-what"),
        ({"before": "yesterday"}, "bad-date"),
        ({"sender": "   "}, "forget-what"),
    ],
)
async def test_what_is_not_clear_is_refused(home: Path, wanted: dict[str, object], key: str) -> None:
    async with opened(home) as node:
        with pytest.raises(CommandFailed) as caught:
            await commands.forget(node, **wanted)  # type: ignore[arg-type]
        assert caught.value.key == key
        assert (await commands.library(node)).total == 2


async def test_nothing_is_forgotten_while_the_vault_is_locked(home: Path) -> None:
    async with opened(home) as node:
        await commands.lock(node)
        with pytest.raises(CommandFailed) as caught:
            await commands.forget(node, before="2100-01-01")
        assert caught.value.key == "locked"


async def test_a_new_passphrase_opens_and_the_old_one_does_not(home: Path) -> None:
    """Of an open vault, which stays open; and of a locked one."""
    async with opened(home) as node:
        peer = (await commands.status(node)).peer_id
        await commands.change_passphrase(node, PASSPHRASE, "the second one")
        states = [node.state]
        await commands.lock(node)
        await commands.change_passphrase(node, "the second one", "the third one")
        states.append(node.state)
        for old in (PASSPHRASE, "the second one"):
            with pytest.raises(WorkerFailed) as caught:
                await commands.unlock(node, old)
            assert caught.value.code == "wrong-secret"
        await commands.unlock(node, "the third one")
        assert states == ["open", "locked"]
        assert (await commands.status(node)).peer_id == peer
        assert (await commands.library(node)).total == 2


async def test_a_new_phrase_opens_and_the_old_one_does_not(home: Path) -> None:
    async with open_node(home) as node:
        old = (await commands.create(node, PASSPHRASE)).recovery_phrase
        new = (await commands.new_recovery_phrase(node, PASSPHRASE)).recovery_phrase
        await commands.lock(node)
        with pytest.raises(WorkerFailed):
            await commands.unlock(node, old)
        await commands.unlock(node, new)
        assert node.state == "open"


async def test_a_forgotten_passphrase_is_replaced_with_the_phrase(home: Path) -> None:
    async with open_node(home) as node:
        phrase = (await commands.create(node, PASSPHRASE)).recovery_phrase
        await commands.lock(node)
        await commands.change_passphrase(node, phrase, "the second one")
        await commands.unlock(node, "the second one")
        assert node.state == "open"


async def test_a_change_with_the_wrong_secret_changes_nothing_and_the_open_vault_stays_open(home: Path) -> None:
    async with opened(home) as node:
        before = node.profile.key_file.read_bytes()
        for change in (
            commands.change_passphrase(node, "wrong", "new"),
            commands.new_recovery_phrase(node, "wrong"),
        ):
            with pytest.raises(WorkerFailed) as caught:
                await change
            assert caught.value.code == "wrong-secret"
        assert node.profile.key_file.read_bytes() == before
        assert node._keyholder is not None
        assert node._keyholder.alive  # the seed is still held for what has to be signed


async def test_an_empty_passphrase_is_refused(home: Path) -> None:
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        with pytest.raises(CommandFailed) as caught:
            await commands.change_passphrase(node, PASSPHRASE, "")
        assert caught.value.key == "passphrase-empty"


def test_a_phrase_is_not_in_the_repr_of_what_carries_it() -> None:
    assert "abandon" not in repr(NewPhrase("abandon " * 23 + "art"))


async def test_a_vault_that_nobody_uses_locks_and_its_processes_end(home: Path) -> None:
    seen: list[object] = []
    async with opened(home, seen) as node:
        await commands.set_setting(node, "lock_after_minutes", 1)
        held = [node.vault.index._worker.pid, node._keyholder.pid]  # type: ignore[attr-defined, union-attr]
        node.presence._seen -= 61
        await node.presence.check()
        assert node.state == "locked"
        assert not any(map(alive, held))
        assert StateChanged("locked") in seen


async def test_a_command_counts_as_somebody_being_there(home: Path) -> None:
    async with opened(home) as node:
        node.presence._seen -= 3600
        await requests.run(node, "status", {}, lambda _: None)
        await node.presence.check()
        assert node.state == "open"
        node.presence._seen -= 3600
        await commands.touch(node)
        await node.presence.check()
        assert node.state == "open"
