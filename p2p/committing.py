"""Jobs on the outbox from many tasks, kept together: whoever comes while a transaction is under way joins the next one.

A commit waits for the disk, and a thread for its turn; with twenty answers at once that is paid once or twice and not
twenty times.  Nobody waits for company: a job that comes alone is kept alone, at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import trio

from p2p.deciding import Blocking
from storage.outbox import Outbox, Transaction

AT_ONCE = 64  # jobs of one transaction: the first of them waits for the last
T = TypeVar("T")


class _Waiting(Generic[T]):
    def __init__(self, job: Callable[[Transaction], T], after: Callable[[T], None] | None) -> None:
        self.job = job
        self.after = after
        self.turn = trio.Event()  # it has ended, or its task is to lead the next transaction
        self.ended: list[T | Exception] = []


class Committing:
    """Trio thread only."""

    def __init__(self, outbox: Outbox, blocking: Blocking) -> None:
        self._outbox = outbox
        self._blocking = blocking
        self._queue: list[_Waiting[Any]] = []
        self._led = False  # a task leads a transaction

    async def do(self, job: Callable[[Transaction], T], after: Callable[[T], None] | None = None) -> T:
        """Run `job` in a transaction, in a worker thread; what it returns, once that is kept.

        `after` gets it in the trio thread, in the order of the jobs, and also when the caller was cancelled meanwhile.
        A job must not mind being run twice: see Outbox.together.  Errors: those of `job`; VaultError.
        """
        waiting = _Waiting(job, after)
        self._queue.append(waiting)
        try:
            if self._led:
                await waiting.turn.wait()
            if not waiting.ended:
                await self._lead()
        except BaseException:
            self._leave(waiting)
            raise
        (ended,) = waiting.ended
        if isinstance(ended, Exception):
            raise ended
        return ended

    async def _lead(self) -> None:
        """One transaction with whatever waits; who leads is part of it, being first in the queue."""
        self._led = True
        batch, self._queue = self._queue[:AT_ONCE], self._queue[AT_ONCE:]
        try:
            outcomes = await self._blocking(self._outbox.together, [one.job for one in batch])
        except BaseException:
            # Before the thread began: nothing of it was run, and the others wait for the next leader.
            self._queue = batch + self._queue
            self._led = False
            raise
        self._led = False
        for one, outcome in zip(batch, outcomes, strict=True):
            one.ended.append(outcome)
            one.turn.set()
        self._hand_over()
        with contextlib.ExitStack() as told:  # all of them, whatever one of them raises
            for one, outcome in reversed(list(zip(batch, outcomes, strict=True))):
                if one.after is not None and not isinstance(outcome, Exception):
                    told.callback(one.after, outcome)

    def _leave(self, waiting: _Waiting[Any]) -> None:
        """Its task was cancelled.  Nothing of it is kept, unless a transaction with it is under way."""
        if waiting in self._queue:
            self._queue.remove(waiting)
            self._led = self._led and not waiting.turn.is_set()  # it was to lead
            self._hand_over()

    def _hand_over(self) -> None:
        if self._queue and not self._led:
            self._led = True  # until its task runs, nobody else begins
            self._queue[0].turn.set()
