"""Brings the job of every priced task to its end on chain, whether or not the host runs and the conversation goes on.

One task for each job that has not ended: read it, ask p2p.settling what is next, store that it is begun, have it done
(ChainPort.call, where the same key is one transaction), store that it ended.  A kill between any two of these is made
good by the next look.  What the chain, the wallet or the network has against it stands in the row as its problem.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import trio

from app.chain.port import Call, Connected
from app.errors import code
from app.results import CommandFailed
from app.swarm.settled import Kept, given_up, kept_of, looked, with_kept
from app.swarm_results import TaskChanged
from app.workers import WorkerFailed
from p2p import jobs, settling
from p2p.chain import ChainError, Mined
from p2p.contractnet_terms import BrokenState
from p2p.job_history import History, history
from p2p.job_seen import JobSeen
from p2p.settling_plan import begun, ended, noted
from p2p.wallet_requests import WalletRefused
from storage.settlements import Outcome, Settlement
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")

LOOK = 15.0  # seconds until a job is looked at again, which the other side may have moved
LATER = 120.0  # the same, where nothing has happened for an hour
QUIET = 3600.0
FAILED = frozenset({"chain-reverted", "chain-displaced", "chain-refused"})  # a call that has ended without effect
PASSING = (CommandFailed, ChainError, VaultError, WorkerFailed, WalletRefused, OSError)


class Settling:
    """Trio thread only.  `preparing`: tasks whose job is being created for an announcement that this process makes.

    `on_end`: called when a job has come to its end.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._nursery: trio.Nursery | None = None
        self._running: dict[str, trio.Event] = {}
        self._news = trio.Event()
        self._left = trio.Event()
        self._resting = set[str]()  # those that wait
        self._alone = trio.Lock()  # held by the one job that uses the account's allowance
        self.preparing: set[str] = set()
        self.on_end: list[Callable[[], None]] = []

    async def run(self) -> None:
        """Until cancelled; once at a time."""
        if self.running:
            return
        self._left = trio.Event()
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                await self._begin_all()
                await trio.sleep_forever()
        finally:
            self._nursery = None
            self._running.clear()
            self._tell()
            self._left.set()

    async def stop(self) -> None:
        """The vault is about to be closed."""
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await self._left.wait()

    @property
    def running(self) -> bool:
        return self._nursery is not None

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Running for the block, for a command of its own, where it does not run already."""
        if self.running:
            yield
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.run)
            try:
                yield
            finally:
                nursery.cancel_scope.cancel()

    def begin(self, task: str) -> None:
        """There is a row for this task, new or changed: look at it now."""
        if (event := self._running.get(task)) is not None:
            self._resting.discard(task)
            event.set()
        elif self._nursery is not None:
            self._running[task] = trio.Event()
            self._nursery.start_soon(self._settle, task)

    def nudge(self) -> None:
        """Something changed that any of them may wait for, such as an approval."""
        for event in self._running.values():
            event.set()

    async def over(self, task: str) -> None:
        """Return once the job of this task has ended; at once where it has none.  Errors: VaultError."""
        while True:
            news = self._news
            row = await self._node.blocking(self._node.vault.vault.settlements.find, task)
            if row is None or row.outcome:
                return
            await news.wait()

    async def acted(self, task: str) -> None:
        """Return once there is nothing to do for it now, or it has ended."""
        while task in self._running and task not in self._resting:
            await self._news.wait()

    def told(self, task: str) -> None:
        """Its conversation went on."""
        if (event := self._running.get(task)) is not None:
            event.set()

    @property
    def news(self) -> trio.Event:
        """Is set when a row has changed: take it before looking, wait for it afterwards."""
        return self._news

    async def step(self, task: str, change: Callable[[Kept], Kept]) -> Settlement:
        """Change what is kept, and look at it anew.  Errors: VaultError."""
        row = await self._store(task, lambda row: with_kept(row, change(kept_of(row))))
        self.begin(task)
        return row

    async def seen(self, kept: Kept) -> JobSeen | None:
        """The job as the chain in use shows it.  Errors: as ChainPort.ask's; CommandFailed("chain-changed")."""
        at = await self._at(kept)
        call = kept.plan.call
        if not call.job:
            return None
        return await self._node.chains.ask(
            jobs.seen, at.chain, call, call.job, settling.bidder(kept.plan), kept.plan.since
        )

    async def _begin_all(self) -> None:
        try:
            rows = await self._node.blocking(self._node.vault.vault.settlements.open)
        except VaultError as failed:
            log.warning("the jobs that go on could not be looked at: %s", failed.code)
            return
        for row in rows:
            self.begin(row.task)

    async def _settle(self, task: str) -> None:
        """Until the job has ended."""
        event = self._running[task]
        try:
            while (pause := await self._looked_at(task)) is not None:
                if pause:
                    self._resting.add(task)
                    self._tell()
                with trio.move_on_after(pause):
                    await event.wait()
                self._resting.discard(task)
                event = self._running[task] = trio.Event()
        finally:
            if self._running.get(task) is event:
                del self._running[task]
            self._resting.discard(task)
            self._tell()
            self._let_go()

    async def _looked_at(self, task: str) -> float | None:
        """One look and what follows; the seconds until the next, None once it has ended."""
        try:
            return await self._look(task)
        except BrokenState:
            log.error("what is kept of a job cannot be read")  # noqa: TRY400 - nothing to trace
            return None
        except Exception as failed:  # noqa: BLE001 - one job went wrong; every other goes on
            problem = code(failed)
            if not isinstance(failed, PASSING):
                log.error("a job waits after %s", type(failed).__name__)  # noqa: TRY400 - no text of peers
            if problem in ("locked", "closed", "unknown-settlement"):
                return None
            log.info("a job waits: %s", problem)
            try:
                await self._problem(task, problem)
            except VaultError as error:  # a full disk: another time
                log.info("a job waits: %s", error.code)
            return LOOK

    async def _look(self, task: str) -> float | None:
        row = await self._node.blocking(self._node.vault.vault.settlements.find, task)
        if row is None or row.outcome:
            return None
        seen = await self.seen(kept_of(row))
        row = await self._store(task, partial(self._noted, seen))
        plan = kept_of(row).plan
        now = self._now()
        found = settling.step(plan, seen, now)
        if isinstance(found, settling.Do) and found.alone:
            await self._hold()
        else:
            self._let_go()
        match found:
            case settling.Do():
                await self._act(row, found)
                return 0.0
            case settling.Wait(until):
                await self._problem(task, "")
                return self._pause(row, until, now)
            case settling.Problem(why, until):
                await self._problem(task, why)
                return self._pause(row, until, now)
            case _:
                await self._over(row, _OUTCOMES[type(found)], getattr(found, "code", ""))
                return None

    async def _hold(self) -> None:
        if self._alone.statistics().owner is not trio.lowlevel.current_task():
            await self._alone.acquire()

    def _let_go(self) -> None:
        if self._alone.statistics().owner is trio.lowlevel.current_task():
            self._alone.release()

    def _noted(self, seen: JobSeen | None, row: Settlement) -> Settlement:
        """With what was read, and what this process knows of the conversation.  Worker thread."""
        kept = kept_of(row)
        if row.role == "initiator" and not kept.announced and row.task not in self.preparing:
            kept = replace(kept, plan=replace(kept.plan, stopped=True))  # cut short before it was announced
        kept = given_up(looked(kept, seen), seen)
        return with_kept(row, replace(kept, plan=noted(kept.plan, seen)))

    async def _act(self, row: Settlement, do: settling.Do) -> None:
        """Errors: those of PASSING, where the call has not ended."""
        await self._store(row.task, lambda now: _planned(now, begun(kept_of(now).plan, do.key)))
        asked, mined, problem = do.call, None, ""
        call = Call(asked.role, asked.signature, asked.args, asked.token, row.task, row.peer)
        try:
            mined = await self._node.chains.call(do.key, call)
        except ChainError as failed:
            if failed.code not in FAILED:
                raise
            problem = failed.code
        except WalletRefused as refused:
            if refused.code == "wallet-approval" or _name(row.task, do) not in settling.ENTERING:
                self._let_go()
                raise
            await self._refused(row.task, do, refused.code)
            return
        await self._store(row.task, lambda now: replace(self._ended(now, do, mined), problem=problem))

    async def _refused(self, task: str, do: settling.Do, problem: str) -> None:
        """The wallet does not sign it, now or ever: the job is given up."""

        def change(now: Settlement) -> Settlement:
            kept = kept_of(now)
            plan = ended(kept.plan, do.key, self._now(), ok=False)
            return replace(_planned(now, replace(plan, stopped=True)), problem=problem)

        await self._store(task, change)

    def _ended(self, row: Settlement, do: settling.Do, mined: Mined | None) -> Settlement:
        plan = kept_of(row).plan
        if mined is None:
            return _planned(row, ended(plan, do.key, self._now(), ok=False))
        job = jobs.created(plan.call, mined)
        return _planned(row, ended(plan, do.key, self._now(), ok=mined.ok, block=mined.block, job=job))

    async def _problem(self, task: str, problem: str) -> None:
        await self._store(task, lambda row: row if row.outcome else replace(row, problem=problem))

    async def _over(self, row: Settlement, outcome: Outcome, why: str) -> None:
        task, kept = row.task, kept_of(row)
        told = History(())
        if kept.plan.call.job and outcome != "void":
            at = await self._at(kept)
            told = await self._node.chains.ask(history, at.chain, kept.plan.call, kept.plan.since)

        def end(now: Settlement) -> Settlement:
            kept = replace(kept_of(now), transactions=told.transactions, paid=told.paid)
            return replace(with_kept(now, kept), outcome=outcome, problem=why)

        await self._store(task, end)
        await self._node.blocking(self._node.vault.vault.wallet_asks.withdraw, task)
        for callback in self.on_end:
            callback()

    async def _store(self, task: str, change: Callable[[Settlement], Settlement]) -> Settlement:
        before = await self._node.blocking(self._node.vault.vault.settlements.find, task)
        row = await self._node.blocking(self._node.vault.vault.settlements.step, task, change)
        if before is None or (before.outcome, before.problem, before.state) != (row.outcome, row.problem, row.state):
            self._tell()
            self._node.listener(TaskChanged(task, row.outcome or row.problem or "settling"))
        return row

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def _at(self, kept: Kept) -> Connected:
        """Errors: CommandFailed("chain-changed")."""
        at = await self._node.chains.connected()
        call = kept.plan.call
        if (at.identity.chain_id, at.identity.genesis) != (call.chain_id, "0x" + call.genesis.hex()):
            raise CommandFailed("chain-changed", name=kept.chain)
        return at

    def _pause(self, row: Settlement, until: int, now: int) -> float:
        most = LATER if now - row.changed > QUIET else LOOK
        return max(0.0, min(until - now, most)) if until > now else min(1.0, most)

    def _now(self) -> int:
        return math.floor(self._node.surroundings.now())


def _name(task: str, do: settling.Do) -> str:
    return do.key.removeprefix(f"{task}/").partition("/")[0]


def _planned(row: Settlement, plan: settling.Plan) -> Settlement:
    return with_kept(row, replace(kept_of(row), plan=plan))


_OUTCOMES: dict[type, Outcome] = {
    settling.Settled: "settled",
    settling.Refunded: "refunded",
    settling.Rejected: "rejected",
    settling.Void: "void",
}
