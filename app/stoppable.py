"""Blocking work that is asked to stop, and left behind if it does not: a thread that hangs in a socket must not hold up
the locking of the vault."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import trio

T = TypeVar("T")
GRACE = 3.0  # seconds

# Typed here: libp2p brings type stubs of an older trio, which know no `abandon_on_cancel`.
_thread: Callable[..., Awaitable[Any]] = trio.to_thread.run_sync


class Flag:
    """A flag that one thread sets and another polls."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()


async def stoppable(work: Callable[[], T], stop: Flag, limiter: trio.CapacityLimiter, grace: float = GRACE) -> T:
    """Run `work`, which polls `stop`, in a worker thread.  When the caller is cancelled, set `stop`, give the work
    `grace` seconds to return, and then go on without it: what it still does and raises is heard by nobody.

    A thread that was left behind keeps its token of `limiter` until it ends.
    """
    results: list[T] = []
    errors: list[Exception] = []
    ended = trio.Event()
    patience = trio.CancelScope(shield=True)

    async def run() -> None:
        with patience:
            try:
                results.append(await _thread(work, limiter=limiter, abandon_on_cancel=True))
            except Exception as error:  # noqa: BLE001 - re-raised below, in the caller's task
                errors.append(error)
        ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        try:
            await ended.wait()
        except trio.Cancelled:
            stop.set()
            with trio.CancelScope(deadline=trio.current_time() + grace, shield=True):
                await ended.wait()
            patience.cancel()
            raise
    if errors:
        raise errors[0]
    return results[0]
