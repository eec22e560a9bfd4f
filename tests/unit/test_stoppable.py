"""Blocking work that is asked to stop, and left behind if it does not."""

from __future__ import annotations

import threading

import pytest
import trio
import trio.testing

from app.stoppable import Flag, stoppable
from tests.unit.schedule_fixtures import until


async def test_the_result_or_the_failure_of_the_work_is_the_callers() -> None:
    limiter = trio.CapacityLimiter(1)
    assert await stoppable(lambda: 3, Flag(), limiter) == 3
    with pytest.raises(ZeroDivisionError):
        await stoppable(lambda: 1 // 0, Flag(), limiter)


async def test_work_that_listens_is_waited_for(nursery: trio.Nursery) -> None:
    stop, begun, ended = Flag(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        while not stop.is_set():
            threading.Event().wait(0.001)
        ended.set()

    with trio.CancelScope() as scope:
        async with trio.open_nursery() as inner:
            inner.start_soon(stoppable, work, stop, trio.CapacityLimiter(1))
            await until(begun.is_set)
            scope.cancel()
    assert ended.is_set()


async def test_work_that_hangs_is_left_behind_after_the_grace(autojump_clock: trio.testing.MockClock) -> None:
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(20)

    limiter = trio.CapacityLimiter(1)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as inner:
            inner.start_soon(stoppable, work, Flag(), limiter, 3.0)
            await until(begun.is_set)
            before = trio.current_time()
            scope.cancel()
    assert trio.current_time() - before == pytest.approx(3.0, abs=0.5)
    assert limiter.borrowed_tokens == 1  # until the thread ends
    release.set()
    await until(lambda: limiter.borrowed_tokens == 0)
