"""Sources are kept fresh in the background: when, how many at a time, and within what the machine can spare."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing

from app import due
from app.results import LibraryChanged
from app.source_results import SourceChanged
from app.watching import LIVED, STANDS
from storage.sync import SyncFailed
from tests.unit.schedule_fixtures import BEGINNING, low, until, world

HOUR = due.HOUR
UNREACHABLE = SyncFailed("source-unreachable", "No answer.")


async def test_a_new_source_is_read_at_once(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        await w.settle()
        assert w.titles() == {"First of notes"}
        assert w.source(number).synced is not None


async def test_a_source_is_read_again_when_its_interval_is_over(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.add()
        await w.settle()
        w.note("notes", "second.md", "# Second\n\nAnd the medlar.\n")
        await w.turn(HOUR - 1)
        assert "Second" not in w.titles()
        await w.turn(2)
        assert "Second" in w.titles()


async def test_nothing_is_read_where_the_schedule_was_not_started(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        await w.schedule.detach()
        w.schedule._wanted = False
        w.open()
        number = w.add()
        await trio.testing.wait_all_tasks_blocked(0.1)
        assert w.driver.began == []
        await w.syncing.sync(number)  # what a person asks for is done
        assert w.titles() == {"First of notes"}


async def test_a_feed_that_wishes_for_more_time_gets_it(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.again = 3 * HOUR
        number = w.add()
        await w.settle()
        assert w.source(number).due == BEGINNING + 3 * HOUR


async def test_two_sources_are_read_at_a_time_and_no_more(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.gate = threading.Event()
        for name in ("one", "two", "three", "four"):
            w.add(name)
        await until(lambda: len(w.driver.began) == 2)
        w.driver.gate.set()
        await until(lambda: w.ended() == 4)
        assert w.driver.most["all"] == 2


async def test_one_server_is_asked_once_at_a_time(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.gate = threading.Event()
        for name in ("one", "two"):
            w.add(name, "imap", host="mail.example.org")
        w.add("three", "imap", host="mail.example.com")
        await until(lambda: len(w.driver.began) == 2)
        w.driver.gate.set()
        await until(lambda: w.ended() >= 3)
        assert w.driver.most["mail.example.org"] == 1


async def test_failures_pause_longer_and_longer_and_a_success_ends_it(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        w.driver.broken[number] = UNREACHABLE
        await w.settle()
        pauses = []
        for _ in range(4):
            pauses.append(w.source(number).due - w.now())
            await w.turn(pauses[-1] - 1)
            tried = len(w.driver.began)
            await w.turn(2)
            assert len(w.driver.began) == tried + 1
        assert pauses == pytest.approx([60, 120, 240, 480], abs=2)
        del w.driver.broken[number]
        await w.turn(HOUR)
        assert (w.source(number).failures, w.source(number).error) == (0, "")


async def test_an_error_stands_where_the_person_sees_it(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        w.driver.broken[number] = SyncFailed("source-busy", "Too many connections.", later=900)
        await w.settle()
        one = w.source(number)
        assert (one.error, one.detail, one.failures) == ("source-busy", "Too many connections.", 1)
        assert one.due == w.now() + 900
        assert SourceChanged(number) in w.events


async def test_a_refused_password_is_shown_and_not_tried_again_until_it_is_edited(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        w.driver.broken[number] = SyncFailed("source-auth", "The password is wrong.")
        await w.settle()
        await w.turn(48 * HOUR)
        assert w.driver.began == [number]
        assert w.source(number).error == "source-auth"
        del w.driver.broken[number]
        w.vault.sources.edit(number, "notes", w.source(number).config, {"password": "right"})
        w.schedule.nudge(number)
        await w.settle()
        assert w.titles() == {"First of notes"}


async def test_one_source_that_cannot_be_read_never_stops_the_others(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        broken = w.add("broken")
        w.driver.broken[broken] = KeyError("the text of a mail")  # a fault in a driver
        w.add("sound")
        await w.settle()
        assert w.titles() == {"First of sound"}
        assert w.source(broken).error == "source-broken"
        assert "text of a mail" not in w.source(broken).detail


async def test_a_password_that_a_server_quotes_is_not_written_down(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        w.driver.broken[number] = SyncFailed("source-refused", "I know no hunter2hunter2.")
        await w.settle()
        assert w.source(number).detail == "I know no …."


async def test_paused_sources_are_left_alone(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        await w.settle()
        w.vault.sources.set_paused(number, True)
        await w.turn(48 * HOUR)
        assert w.driver.began == [number]


async def test_in_airplane_mode_only_what_lies_on_this_machine_is_read(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.airplane = True
        w.add("mail", "imap", host="mail.example.org")
        local = w.add("notes", "folder")
        await w.settle()
        await w.turn(HOUR)
        assert set(w.driver.began) == {local}
        w.airplane = False
        await w.settle()
        assert w.titles() == {"First of notes", "First of mail"}


async def test_a_low_battery_holds_sources_and_embedding_until_it_is_plugged_in(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        plugged, w.power = w.power, low(w)
        w.add()
        await w.settle()
        await w.turn(HOUR)
        assert (w.driver.began, w.held[-1]) == ([], True)
        w.power = plugged
        await w.turn(61)
        assert (w.titles(), w.held[-1]) == ({"First of notes"}, False)


async def test_on_battery_the_interval_is_four_times_as_long(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.power = replace(low(w), percent=80.0)
        w.add()
        await w.settle()
        await w.turn(4 * HOUR - 2)
        assert len(w.driver.began) == 1
        await w.turn(4)
        assert len(w.driver.began) == 2


async def test_a_person_may_have_nothing_read_on_battery(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.vault.settings.set("sync_on_battery", False)
        w.power = replace(low(w), percent=80.0)
        w.add()
        await w.settle()
        await w.turn(48 * HOUR)
        assert w.driver.began == []


async def test_a_loaded_machine_is_given_ten_minutes(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.add()
        await w.settle()
        w.power = replace(w.power, loaded=True)
        await w.turn(HOUR + due.PATIENCE - 2)
        assert len(w.driver.began) == 1
        await w.turn(4)
        assert len(w.driver.began) == 2


async def test_a_network_that_came_back_ends_the_pause(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        w.driver.broken[number] = UNREACHABLE
        await w.settle()
        for _ in range(8):  # the pause grows to hours
            await w.turn(w.source(number).due - w.now() + 1)
        assert w.source(number).due - w.now() > 2 * HOUR
        del w.driver.broken[number]
        w.power = replace(w.power, networks=frozenset({"198.51.100.7"}))
        await w.turn(61)
        assert w.source(number).failures == 0


async def test_news_are_read_at_once_and_not_more_often_than_every_few_seconds(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add(kind="notes")
        await w.settle()
        await w.turn(due.NEWS_GAP + 1)  # the watch stands; what came before it was looked for
        await until(lambda: number in w.driver.watching)
        before = len(w.driver.began)
        w.note("notes", "second.md", "# Second\n\nAnd the medlar.\n")
        await w.turn(due.NEWS_GAP)
        w.driver.watching[number]()
        await w.settle()
        assert "Second" in w.titles()
        for _ in range(5):
            w.driver.watching[number]()
            await w.settle()
        assert len(w.driver.began) == before + 1
        await w.turn(due.NEWS_GAP)
        assert len(w.driver.began) == before + 2


async def test_what_came_while_a_watch_was_begun_is_looked_for(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add(kind="notes")
        await w.settle()
        await until(lambda: number in w.driver.watching)
        await w.turn(due.NEWS_GAP + 1)
        w.note("notes", "second.md", "# Second\n\nAnd the medlar.\n")  # before the watch stands: it tells nobody
        await w.turn(STANDS)
        assert "Second" in w.titles()


async def test_a_watch_that_breaks_is_begun_again_after_growing_pauses(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.watch_fails = True
        w.add(kind="notes")
        await w.settle()
        await until(lambda: w.driver.watches == 1)
        counts = []
        for _ in range(30):
            await w.turn(60)
            counts.append(w.driver.watches)
        assert counts[-1] in (5, 6)  # after 1, 2, 4, 8, 16 minutes
        assert LIVED > 60


async def test_a_watch_ends_when_its_source_is_paused(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add(kind="notes")
        await w.settle()
        await until(lambda: number in w.driver.watching)
        w.vault.sources.set_paused(number, True)
        w.schedule.nudge()
        await until(lambda: number not in w.driver.watching)


async def test_news_are_told_and_embedded(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        number = w.add()
        await w.settle()
        assert w.events.count(SourceChanged(number)) == 2
        assert LibraryChanged(0) in w.events
        assert w.nudges == 1


async def test_locking_ends_a_sync_that_listens(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.gate = threading.Event()
        number = w.add(kind="notes")
        await until(lambda: w.driver.began == [number])
        await w.lock()
        await until(lambda: w.driver.now["all"] == 0)
        assert not w.syncing.running(number)


async def test_locking_does_not_wait_for_a_thread_that_hangs(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """The clock jumps over the seconds of grace; the thread hangs in real time, and finds the vault closed."""
    async with world(tmp_path, autojump_clock) as w:
        w.driver.gate, w.driver.deaf = threading.Event(), True
        number = w.add()
        await until(lambda: w.driver.began == [number])
        begun = time.monotonic()
        await w.lock()
        assert time.monotonic() - begun < 5
        w.driver.gate.set()
        await until(lambda: w.driver.now["all"] == 0)


async def test_a_sync_that_was_stopped_is_no_success(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.gate = threading.Event()
        number = w.add()
        await until(lambda: w.driver.began == [number])
        await w.syncing.stop(number)
        assert (w.source(number).synced, w.source(number).failures) == (None, 0)


async def test_a_sync_that_ends_while_the_schedule_looks_is_not_begun_again(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    async with world(tmp_path, mock_clock) as w:
        w.driver.gate = threading.Event()
        number = w.add()
        await until(lambda: w.driver.began == [number])
        w.slow = threading.Event()
        w.schedule.nudge()
        await until(w.looking.is_set)  # it has read that the source is due
        w.driver.gate.set()
        await until(lambda: not w.syncing.running(number))
        slow, w.slow = w.slow, None
        slow.set()
        await w.settle()
        assert w.driver.began == [number]


async def test_a_disk_that_is_full_is_not_tried_again_at_once(
    tmp_path: Path, mock_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storage.database import VaultError

    async with world(tmp_path, mock_clock) as w:
        number = w.add()

        def full(*_: object) -> None:
            raise VaultError("disk-full", "the disk is full")

        monkeypatch.setattr(w.vault.sources, "began", full)
        monkeypatch.setattr(w.vault.sources, "failed", full)
        await until(lambda: w.ended() == 1)
        for _ in range(5):
            w.schedule.nudge()
            await trio.testing.wait_all_tasks_blocked(0.05)
        assert w.ended() == 1
        assert w.source(number).failures == 0
