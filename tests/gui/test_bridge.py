"""The bridge between Qt and trio: exactly one end for each command, in order, whatever happens when."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import shiboken6
import trio
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.events import CoreStopped
from app.results import CommandFailed, Piece, Progress, StateChanged

HOME = Path("unused")


class Commands:
    """Short commands of every temper."""

    @staticmethod
    async def quick(node: object, value: int) -> int:
        return value

    @staticmethod
    async def checkpoints(node: object, count: int) -> int:
        for _ in range(count):
            await trio.lowlevel.checkpoint()
        return count

    @staticmethod
    async def forever(node: object) -> None:
        await trio.sleep_forever()

    @staticmethod
    async def refuses(node: object) -> None:
        raise CommandFailed("locked")

    @staticmethod
    async def breaks(node: object) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Commands.refuses, node)
            nursery.start_soon(trio.sleep_forever)

    @staticmethod
    async def talks(node: object, count: int, report: Callable[[object], None]) -> int:
        for i in range(count):
            report(i)
            if i % 7 == 0:
                await trio.lowlevel.checkpoint()
        return count

    @staticmethod
    async def streams(node: object, count: int, report: Callable[[object], None]) -> str:
        for _ in range(count):
            report(Piece("ab "))
        report(Progress("reading", 1, 2))
        report(Progress("reading", 2, 2))
        return "ab " * count

    @staticmethod
    async def ticks(node: object, report: Callable[[object], None]) -> None:
        while True:
            report("tick")
            await trio.sleep(0.002)

    @staticmethod
    async def stubborn(node: object) -> str:
        """Ends itself with what there is, as an answer stopped by the user does."""
        try:
            await trio.sleep(3600)
        except trio.Cancelled:
            return "half"
        return "whole"


@asynccontextmanager
async def plain_node(home: Path, listener: Callable[[object], None]) -> AsyncIterator[object]:
    listener(StateChanged("open"))
    yield object()


class Ends:
    """Records how each job ended and what it said before."""

    def __init__(self) -> None:
        self.finals: dict[int, list[tuple[str, Any]]] = {}
        self.reports: dict[int, list[Any]] = {}
        self.late_reports = 0

    def callbacks(self, key: int) -> Any:
        def final(name: str) -> Callable[..., None]:
            return lambda *value: self.finals.setdefault(key, []).append((name, value[0] if value else None))

        return {"on_done": final("done"), "on_failed": final("failed"), "on_cancelled": final("cancelled")}

    def reporting(self, key: int) -> Callable[[Any], None]:
        def heard(value: Any) -> None:
            self.late_reports += key in self.finals
            self.reports.setdefault(key, []).append(value)

        return heard


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:
    bridge = Bridge(HOME, commands=Commands, open_node=plain_node)
    stops: list[CoreStopped] = []
    bridge.stopped.connect(stops.append)
    bridge.start()
    yield bridge
    bridge.stop()
    qtbot.waitUntil(lambda: bool(stops))
    bridge.join()
    assert stops[0].error is None


def faults(qtbot: QtBot, seed: int) -> list[str]:
    """What went wrong in one random schedule of starts, cancellations and stops."""
    chance = random.Random(seed)
    bridge = Bridge(HOME, commands=Commands, open_node=plain_node)
    owner, ends, stops = QObject(), Ends(), list[object]()
    bridge.stopped.connect(stops.append)
    jobs: dict[int, Any] = {}
    early = chance.random() < 0.5
    if early:
        bridge.start()
    for key in range(chance.randrange(1, 40)):
        name = chance.choice(["quick", "checkpoints", "forever", "refuses", "breaks", "talks", "stubborn"])
        args = (chance.randrange(50),) if name in ("quick", "checkpoints", "talks") else ()
        extra: Any = {"on_report": ends.reporting(key)} if name == "talks" else {}
        jobs[key] = bridge.submit(owner, name, *args, **ends.callbacks(key), **extra)
        while jobs and chance.random() < 0.5:
            jobs[chance.choice(list(jobs))].cancel()
        if chance.random() < 0.1:
            qtbot.wait(1)
        if chance.random() < 0.02:
            bridge.stop()
    if not early:
        bridge.start()
    bridge.stop()
    qtbot.waitUntil(lambda: bool(stops) and not bridge.pending, timeout=20_000)
    bridge.join()

    held = {
        "a job without an end": sorted(ends.finals) == sorted(jobs),
        "a job ended twice": all(len(finals) == 1 for finals in ends.finals.values()),
        "a report after the end": ends.late_reports == 0,
        "reports out of order": all(said == sorted(said) for said in ends.reports.values()),
        "a job still pending": bridge.pending == 0,
        "a scope left open": not bridge._core._scopes,
        "not stopped exactly once": stops == [CoreStopped(None)],
    }
    return [f"seed {seed}: {fault}" for fault, fine in held.items() if not fine]


@pytest.mark.parametrize("seed", range(40))
def test_every_command_of_a_random_schedule_ends_exactly_once(qtbot: QtBot, seed: int) -> None:
    assert faults(qtbot, seed) == []


@pytest.mark.campaign
@pytest.mark.parametrize("block", range(6))
def test_every_command_of_six_hundred_schedules_ends_exactly_once(qtbot: QtBot, block: int) -> None:
    assert [fault for seed in range(block * 100, block * 100 + 100) for fault in faults(qtbot, seed)] == []


def test_a_command_answers_on_the_qt_thread(qtbot: QtBot, bridge: Bridge) -> None:
    heard: list[threading.Thread] = []
    bridge.submit(bridge, "quick", 1, on_done=lambda _: heard.append(threading.current_thread()))
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [threading.main_thread()]


def test_a_failure_inside_a_nursery_arrives_as_itself(qtbot: QtBot, bridge: Bridge) -> None:
    heard: list[BaseException] = []
    bridge.submit(bridge, "breaks", on_failed=heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert isinstance(heard[0], CommandFailed)
    assert heard[0].key == "locked"


def test_a_stopped_command_may_still_hand_over_what_it_has(qtbot: QtBot, bridge: Bridge) -> None:
    heard: list[str] = []
    job = bridge.submit(bridge, "stubborn", on_done=heard.append)
    bridge.submit(bridge, "checkpoints", 3, on_done=lambda _: job.cancel())
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["half"]


def test_pieces_of_one_frame_arrive_joined_and_whole(qtbot: QtBot, bridge: Bridge) -> None:
    reports: list[object] = []
    heard: list[str] = []
    bridge.submit(bridge, "streams", 5_000, on_report=reports.append, on_done=heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    pieces = [report.text for report in reports if isinstance(report, Piece)]
    assert "".join(pieces) == heard[0]
    assert len(pieces) < 500
    assert reports[-1] == Progress("reading", 2, 2)


def test_a_flood_of_reports_leaves_the_event_loop_free(qtbot: QtBot, bridge: Bridge) -> None:
    ticks: list[float] = []
    timer = QTimer(bridge, interval=1)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    heard: list[int] = []

    def slow(_: object) -> None:
        time.sleep(0.0005)

    bridge.submit(bridge, "talks", 400, on_report=slow, on_done=heard.append)
    qtbot.waitUntil(lambda: bool(heard), timeout=20_000)
    gaps = sorted(b - a for a, b in itertools.pairwise(ticks))
    assert gaps[int(len(gaps) * 0.9)] < 0.016


def test_nothing_is_called_on_a_destroyed_owner(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()
    heard: list[str] = []
    job = bridge.submit(owner, "stubborn", on_done=heard.append)
    owner.deleteLater()
    destroyed: list[bool] = []
    owner.destroyed.connect(lambda: destroyed.append(True))
    qtbot.waitUntil(lambda: bool(destroyed))
    job.cancel()
    qtbot.waitUntil(lambda: bridge.pending == 0)
    assert heard == []


def test_reports_to_a_destroyed_owner_are_dropped(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()
    heard: list[object] = []
    job = bridge.submit(owner, "ticks", on_report=heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    shiboken6.delete(owner)
    before = len(heard)
    quick: list[int] = []
    bridge.submit(bridge, "talks", 50, on_report=_unheard, on_done=quick.append)
    qtbot.waitUntil(lambda: bool(quick))
    assert len(heard) == before
    job.cancel()


def _unheard(_: object) -> None:
    """A report nobody looks at."""


def test_what_the_node_says_unasked_is_heard(qtbot: QtBot) -> None:
    bridge = Bridge(HOME, commands=Commands, open_node=plain_node)
    notes: list[object] = []
    stops: list[object] = []
    bridge.noted.connect(notes.append)
    bridge.stopped.connect(stops.append)
    bridge.start()
    qtbot.waitUntil(lambda: bool(notes))
    bridge.stop()
    qtbot.waitUntil(lambda: bool(stops))
    bridge.join()
    assert notes == [StateChanged("open")]


def test_a_node_that_cannot_open_ends_waiting_commands_and_says_why(qtbot: QtBot) -> None:
    @asynccontextmanager
    async def no_node(home: Path, listener: Callable[[object], None]) -> AsyncIterator[object]:
        await trio.sleep(0.01)
        if home == HOME:
            raise CommandFailed("in_use")
        yield object()

    bridge = Bridge(HOME, commands=Commands, open_node=no_node)
    heard: list[str] = []
    stops: list[CoreStopped] = []
    bridge.stopped.connect(stops.append)
    bridge.submit(bridge, "quick", 1, on_cancelled=lambda: heard.append("cancelled"))
    bridge.start()
    qtbot.waitUntil(lambda: bool(stops))
    bridge.join()
    assert heard == ["cancelled"]
    assert isinstance(stops[0].error, CommandFailed)
