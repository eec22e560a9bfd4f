"""What a person does with sources, over a real node: add, check, edit, pause, sync, remove; airplane mode."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import docx
import pytest
import trio
import trio.testing

from app import commands, requests
from app.node import Node, open_node
from app.power import Power
from app.results import CommandFailed, LibraryChanged, Progress, as_json
from app.source_results import SourceChanged, SourceRow
from app.surroundings import Surroundings
from installer.fetch import FetchFailed
from storage.sync import SyncFailed
from tests.unit.schedule_fixtures import FolderDriver, until

PASSPHRASE = "gravel otter lantern seventeen"
SECRET = "correct-horse-battery"
ACCOUNT = {"host": "mail.example.org", "user": "ada"}


class Bench:
    """An open node with a driver that reads folders whatever the kind, and a folder to read."""

    def __init__(self, node: Node, driver: FolderDriver, events: list[object], folder: Path) -> None:
        self.node = node
        self.driver = driver
        self.events = events
        self.folder = folder

    async def add(self, name: str = "Notes", kind: str = "notes") -> SourceRow:
        path = self.folder / name
        path.mkdir()
        (path / "first.md").write_text("# Quince\n\nThe jam is ready.\n")
        return await commands.add_source(self.node, kind, name, {"path": str(path)}, {})

    async def request(self, name: str, **args: Any) -> dict[str, Any]:
        return await requests.run(self.node, name, args, lambda _: None)


@asynccontextmanager
async def bench(home: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    driver, events = FolderDriver(), list[object]()
    around = Surroundings(chance=lambda: 0.5, power=Power, driver=lambda _kind: driver)
    async with open_node(home, events.append, around) as node:
        await commands.create(node, PASSPHRASE)
        yield Bench(node, driver, events, tmp_path)


async def test_a_source_is_added_read_listed_and_found(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        row = await b.add()
        assert (row.kind, row.name, row.state, row.records) == ("notes", "Notes", "new", 0)
        reports: list[object] = []
        done = await commands.sync_source(b.node, row.id, reports.append)
        assert (done.new, done.failed, done.error) == (1, (), "")
        assert any(isinstance(report, Progress) for report in reports)
        (row,) = await commands.sources(b.node)
        assert (row.state, row.records, row.error) == ("ok", 1, "")
        assert [hit.title for hit in (await commands.search(b.node, "jam", mode="words")).hits] == ["Quince"]
        assert LibraryChanged(0) in b.events
        (entry,) = await commands.timeline(b.node, 7)
        assert (entry.name, entry.kind, entry.count, entry.latest[0][2]) == ("Notes", "note", 1, "Quince")


async def test_the_same_place_is_not_read_twice(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        await b.add()
        (tmp_path / "link").symlink_to(tmp_path / "Notes")
        with pytest.raises(CommandFailed) as caught:
            await commands.add_source(b.node, "notes", "Again", {"path": str(tmp_path / "link")}, {})
        assert (caught.value.key, caught.value.values) == ("source-there", {"name": "Notes"})
        await commands.add_source(b.node, "imap", "", ACCOUNT, {"password": SECRET})
        with pytest.raises(CommandFailed):
            await commands.add_source(b.node, "imap", "", {"host": "MAIL.example.org", "user": "Ada"}, {})


async def test_a_secret_shows_in_no_row_no_repr_no_log_and_no_failure(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with bench(home, tmp_path) as b:
        row = await commands.add_source(b.node, "imap", "Work", ACCOUNT, {"password": SECRET})
        b.driver.broken[row.id] = SyncFailed("source-auth", f"LOGIN ada {SECRET} failed")
        b.driver.broken[0] = SyncFailed("source-auth", f"LOGIN ada {SECRET} failed")
        with pytest.raises(SyncFailed) as first:
            await commands.sync_source(b.node, row.id)
        with pytest.raises(SyncFailed) as second:
            await commands.check_source(b.node, "imap", {**ACCOUNT, "user": "max"}, {"password": SECRET})
        (row,) = await commands.sources(b.node)
        shown = [repr(row), json.dumps(as_json(row)), str(first.value), str(second.value), caplog.text, repr(b.events)]
        assert row.error == "source-auth"
        assert not [text for text in shown if SECRET in text]
        assert (await b.node.blocking(b.node.vault.vault.sources.account, row.id)).secret("password") == SECRET


async def test_a_password_cannot_hide_in_the_settings(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        with pytest.raises(CommandFailed) as caught:
            await commands.add_source(b.node, "imap", "", {**ACCOUNT, "password": SECRET}, {})
        assert caught.value.key == "source-setting"


async def test_an_edited_source_keeps_its_secret_and_is_due_at_once(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        row = await commands.add_source(b.node, "imap", "Work", ACCOUNT, {"password": SECRET})
        b.driver.broken[row.id] = SyncFailed("source-auth", "No.")
        with pytest.raises(SyncFailed):
            await commands.sync_source(b.node, row.id)
        edited = await commands.edit_source(b.node, row.id, "", {**ACCOUNT, "folders": ["INBOX"]}, {})
        assert (edited.name, edited.config["folders"], edited.failures) == ("Work", ["INBOX"], 0)
        assert edited.place == "ada@mail.example.org: INBOX"
        account = await b.node.blocking(b.node.vault.vault.sources.account, row.id)
        assert account.secret("password") == SECRET


async def test_a_failed_sync_is_told_and_the_others_are_read(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        broken, sound = await b.add("Broken"), await b.add("Sound")
        b.driver.broken[broken.id] = SyncFailed("source-gone", "The folder is not there.")
        first, second = await commands.sync_all(b.node)
        assert (first.source, first.error, first.detail) == (broken.id, "source-gone", "The folder is not there.")
        assert (second.source, second.new, second.error) == (sound.id, 1, "")
        assert [row.state for row in await commands.sources(b.node)] == ["error", "ok"]


async def test_removing_a_source_keeps_or_takes_what_it_brought(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        kept, gone = await b.add("Kept"), await b.add("Gone", "folder")
        (tmp_path / "Gone" / "first.md").write_text("# Medlar\n\nStill hard.\n")
        await commands.sync_all(b.node)
        index = b.node.vault.index
        removed = await commands.remove_source(b.node, kept.id, True)
        assert (removed.records, index.alive) == (0, True)
        removed = await commands.remove_source(b.node, gone.id, False)
        assert (removed.name, removed.records) == ("Gone", 1)
        assert not index.alive  # it held the vectors of what went
        assert b.node.vault.index.alive
        assert [row.title for row in (await commands.library(b.node)).rows] == ["Quince"]
        assert await commands.sources(b.node) == ()


async def test_pausing_stops_the_sync_that_runs(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        row = await b.add()
        b.driver.gate = threading.Event()
        async with trio.open_nursery() as nursery:
            failures: list[CommandFailed] = []

            async def sync() -> None:
                try:
                    await commands.sync_source(b.node, row.id)
                except CommandFailed as error:
                    failures.append(error)

            nursery.start_soon(sync)
            await until(lambda: bool(b.driver.began))
            paused = await commands.pause_source(b.node, row.id, True)
        assert (paused.state, paused.due) == ("paused", None)
        assert [failure.key for failure in failures] == ["sync-stopped"]
        b.driver.gate.set()
        await commands.sync_source(b.node, row.id)  # on demand it is read all the same


async def test_airplane_mode_stays_after_a_restart_and_while_locked(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        assert await commands.airplane(b.node) is False
        assert await commands.airplane(b.node, True) is True
        assert SourceChanged(0) in b.events
    async with open_node(home) as node:
        assert (node.state, await commands.airplane(node)) == ("locked", True)
        assert (await commands.status(node)).airplane
        (home / "airplane").unlink()  # whoever can write there cannot switch it off for an open vault
        await commands.unlock(node, PASSPHRASE)
        assert await commands.airplane(node) is True
        assert (home / "airplane").exists()


async def test_nothing_is_fetched_in_airplane_mode(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "models"))
    async with bench(home, tmp_path) as b:
        row = await commands.add_source(b.node, "imap", "Work", ACCOUNT, {"password": SECRET})
        local = await b.add()
        await commands.airplane(b.node, True)
        for fetching in (
            commands.sync_source(b.node, row.id),
            commands.check_source(b.node, "feed", {"address": "https://example.org/feed"}, {}),
            commands.add_model(b.node, "https://example.org/model.gguf"),
        ):
            with pytest.raises(CommandFailed) as caught:
                await fetching
            assert caught.value.key == "airplane"
        assert b.driver.began == []
        assert [row.state for row in await commands.sources(b.node)] == ["airplane", "new"]
        assert (await commands.sync_source(b.node, local.id)).new == 1
        await commands.airplane(b.node, False)
        with pytest.raises(FetchFailed):  # asked again, and refused for another reason
            await commands.add_model(b.node, "http://example.org/model.gguf")


async def test_switching_airplane_mode_on_ends_what_is_being_fetched(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        row = await commands.add_source(b.node, "imap", "Work", ACCOUNT, {"password": SECRET})
        b.driver.gate = threading.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_expect, "airplane", b.node, row.id)
            await until(lambda: bool(b.driver.began))
            await commands.airplane(b.node, True)
        assert b.driver.now["all"] == 0


async def _expect(key: str, node: Node, source: int) -> None:
    with pytest.raises(CommandFailed) as caught:
        await commands.sync_source(node, source)
    assert caught.value.key == key


async def test_nothing_is_read_while_the_vault_is_locked(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        b.node.schedule.start()
        row = await b.add()
        await until(lambda: row.id in b.driver.watching)  # it was read, and is watched
        await commands.lock(b.node)
        began = len(b.driver.began)
        with pytest.raises(CommandFailed) as caught:
            await commands.sync_source(b.node, row.id)
        assert caught.value.key == "locked"
        assert (len(b.driver.began), b.driver.watching) == (began, {})
        await commands.unlock(b.node, PASSPHRASE)
        assert (await commands.sources(b.node))[0].records == 1


async def test_locking_ends_a_sync_that_a_person_asked_for(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        row = await b.add()
        b.driver.gate = threading.Event()
        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_expect, "locked", b.node, row.id)
                await until(lambda: bool(b.driver.began))
                await commands.lock(b.node)


async def test_a_check_that_hangs_ends_after_a_minute(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        (tmp_path / "Notes").mkdir()
        hanging = threading.Event()
        b.driver.hanging = hanging
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("app.actions.sources.CHECK_SECONDS", 0.1)
            with pytest.raises(CommandFailed) as caught:
                await commands.check_source(b.node, "notes", {"path": str(tmp_path / "Notes")}, {})
        hanging.set()
        assert caught.value.key == "source-slow"


async def test_the_command_line_names_sources_by_number_or_name(home: Path, tmp_path: Path) -> None:
    async with bench(home, tmp_path) as b:
        row = await b.add("Mes Notés")
        assert (await b.request("source-pause", source=str(row.id), paused=True))["state"] == "paused"
        assert (await b.request("source-pause", source="mes notes", paused=False))["state"] == "new"
        for name, key in (("nothing", "source-unknown"), ("99", "source-unknown")):
            with pytest.raises(CommandFailed) as caught:
                await b.request("source-remove", source=name, keep=True)
            assert caught.value.key == key


async def test_documents_in_a_folder_are_read_by_their_own_process(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Papers"
    folder.mkdir()
    document = docx.Document()
    document.add_paragraph("The medlar was planted in spring.")
    document.save(str(folder / "garden.docx"))
    async with open_node(home) as node:
        await commands.create(node, PASSPHRASE)
        row = await commands.add_source(node, "folder", "", {"path": str(folder)}, {})
        done = await commands.sync_source(node, row.id)
        assert (done.new, done.failed) == (1, ())
        assert [hit.kind for hit in (await commands.search(node, "medlar", mode="words")).hits] == ["file"]


async def test_forgetting_with_a_source_leaves_a_gap_in_conversations_and_lets_it_be_added_again(
    home: Path, tmp_path: Path
) -> None:
    async with bench(home, tmp_path) as b:
        row = await b.add("Notes")
        (tmp_path / "Notes" / "first.md").write_text("# Medlar\n\nThe medlar ripened under the seventh slate.\n")
        await commands.sync_source(b.node, row.id)
        talks = b.node.vault.vault.conversations
        talk = talks.create("Where?")
        talks.append(talk, "assistant", "The medlar ripened under the seventh slate.")
        await commands.remove_source(b.node, row.id, False)
        (message,) = (await commands.conversation(b.node, talk)).messages
        assert "seventh slate" not in message.text
        again = await commands.add_source(b.node, "notes", "", {"path": str(tmp_path / "Notes")}, {})
        assert (await commands.sync_source(b.node, again.id)).new == 1
