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
    def __init__(self, job: Callable[[Transaction], T], after: Callable[[T], None] | None, patient: bool) -> None:
        self.job = job
        self.after = after
        self.patient = patient
        self.turn = trio.Event()  # it has ended, or its task is to lead the next transaction
        self.ended: list[T | Exception] = []
        self.gone = False  # its task was cancelled


class Committing:
    """Trio thread only."""

    def __init__(self, outbox: Outbox, blocking: Blocking) -> None:
        self._outbox = outbox
        self._blocking = blocking
        self._queue: list[_Waiting[Any]] = []
        self._led = False  # a task leads a transaction

    async def do(
        self, job: Callable[[Transaction], T], after: Callable[[T], None] | None = None, patience: float = 0.0
    ) -> T:
        """Run `job` in a transaction, in a worker thread; what it returns, once that is kept.

        `after` gets it in the trio thread, in the order of the jobs, and also when the caller was cancelled meanwhile.
        A job must not mind being run twice: see Outbox.together.  `patience`: seconds that it waits for others, where
        nothing is lost when it is not kept.  Errors: those of `job`; VaultError.
        """
        waiting = _Waiting(job, after, patience > 0)
        self._queue.append(waiting)
        try:
            if waiting.patient:
                with trio.move_on_after(patience):
                    await waiting.turn.wait()
                waiting.patient = False
            if self._led and not waiting.turn.is_set():
                await waiting.turn.wait()
            if not waiting.ended:
                await self._lead(waiting)
        except BaseException:
            self._leave(waiting)
            raise
        (ended,) = waiting.ended
        if isinstance(ended, Exception):
            raise ended
        return ended

    async def _lead(self, leader: _Waiting[Any]) -> None:
        """One transaction with the leader's job and whatever waits."""
        self._led = True
        batch = [leader, *(one for one in self._queue if one is not leader)][:AT_ONCE]
        self._queue = [one for one in self._queue if one not in batch]
        try:
            outcomes = await self._blocking(self._outbox.together, [one.job for one in batch])
        except BaseException:  # before the thread began: nothing of it was run
            self._queue = [one for one in batch if not one.gone] + self._queue
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
        waiting.gone = True
        if waiting in self._queue:
            self._queue.remove(waiting)
            self._led = self._led and not waiting.turn.is_set()  # it was to lead
            self._hand_over()

    def _hand_over(self) -> None:
        following = next((one for one in self._queue if not one.patient), None)
        if following is not None and not self._led:
            self._led = True  # until its task runs, nobody else begins
            following.turn.set()
