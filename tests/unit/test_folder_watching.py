"""Watching a folder: what changes is told, by file events or by looking."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import watchfiles

from storage.sources import folder_events
from storage.sources.watched_folder import WatchedFolder
from storage.sync import SyncFailed
from tests.unit.folder_fixtures import Watched, folder_fixture, opened_fixture  # noqa: F401


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.fixture(name="watching", params=[None, True], ids=["events", "polling"])
def watching_fixture(folder: Watched, request: pytest.FixtureRequest) -> object:
    """A thread that watches the folder; yields the list of news and stops at the end."""
    news: list[float] = []
    over = threading.Event()
    failures: list[BaseException] = []
    watcher = WatchedFolder(folder.wanted, polling=request.param)

    def run() -> None:
        try:
            watcher.watch(folder.account, lambda: news.append(time.monotonic()), over.is_set)
        except SyncFailed as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(1.0)
    yield folder, news, failures
    over.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_change_is_told(watching: tuple[Watched, list[float], list[BaseException]]) -> None:
    folder, news, _ = watching
    folder.write("Peas.md", "Sow.")
    assert within(15, lambda: bool(news))


def test_a_folder_that_goes_away_while_watched_is_an_error(
    watching: tuple[Watched, list[float], list[BaseException]],
) -> None:
    folder, _, failures = watching
    shutil.rmtree(folder.root)
    assert within(15, lambda: bool(failures))


def test_what_an_editor_keeps_in_hidden_folders_is_no_news(folder: Watched) -> None:
    over = threading.Event()
    heard: list[bool] = []
    (folder.root / ".obsidian").mkdir()

    def run() -> None:
        heard.extend(folder_events.wait(folder.root, over.is_set))

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    folder.write(".obsidian/workspace.json", "{}")
    time.sleep(1.5)
    over.set()
    thread.join(10)
    assert True not in heard


def test_where_file_events_fail_the_folder_is_polled(folder: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = watchfiles.watch

    def out_of_watches(*paths: Any, **options: Any) -> Any:
        if not options["force_polling"]:
            raise OSError(28, "no space left on device")  # what inotify says when its limit is reached
        return real(*paths, **{**options, "poll_delay_ms": 100})

    monkeypatch.setattr(watchfiles, "watch", out_of_watches)
    over = threading.Event()
    heard: list[bool] = []
    thread = threading.Thread(target=lambda: heard.extend(folder_events.wait(folder.root, over.is_set)))
    thread.start()
    time.sleep(0.5)
    folder.write("Peas.md", "Sow.", age=-1)
    time.sleep(3.0)
    over.set()
    thread.join(10)
    assert heard.count(True) >= 2  # one for what may have been missed before, one for the change
