"""Reads the sources of the open vault: one sync for each source at a time, on a thread that locking does not wait for.

What went wrong is written to the source, with the moment of the next attempt; what came in is told to whoever listens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import trio

from app import due
from app.reports import Report, quiet, throttled
from app.results import CommandFailed, LibraryChanged, Progress
from app.source_results import SourceChanged, SyncDone
from app.stoppable import Flag, stoppable
from app.surroundings import Surroundings
from app.unquoted import unquoted
from storage.database import VaultError
from storage.documents import Extract, no_reader
from storage.sync import Account, Synced, SyncFailed
from storage.vault import Vault

log = logging.getLogger("app")

THREADS = 16  # syncs at a time, those left behind included
STOPPED_PAUSE = 5 * due.MINUTE  # the person stopped it: not at once again
NUDGE_EVERY = 5.0  # seconds: a first sync of years of mail is embedded while it goes on

T = TypeVar("T")


class _Job:
    """One sync that runs."""

    def __init__(self) -> None:
        self.stop = Flag()
        self.scope = trio.CancelScope()
        self.ended = trio.Event()
        self.reports: list[Report] = []
        self.done: SyncDone | None = None
        self.error: Exception | None = None
        self.reason = "sync-stopped"
        self.noted = False  # the vault has been told of the failure
        self.retry: float | None = None  # not before then, where the vault does not know it


class Syncing:
    """Trio thread only."""

    def __init__(
        self, nursery: trio.Nursery, listener: Report, arrived: Callable[[], None], surroundings: Surroundings
    ) -> None:
        """`arrived`: there may be new chunks to embed."""
        self.not_before: dict[int, float] = {}  # what could not be written to the vault, or was stopped by the person
        self.ended: dict[int, float] = {}  # when a sync of it ended last
        self.count = 0  # syncs that have ended
        self._nursery = nursery
        self._listener = listener
        self._arrived = arrived
        self._around = surroundings
        self._vault: Vault | None = None
        self._extract: Extract = no_reader
        self._jobs: dict[int, _Job] = {}
        self._limiter = trio.CapacityLimiter(THREADS)

    def attach(self, vault: Vault, extract: Extract = no_reader) -> None:
        """`extract` reads documents."""
        self._vault, self._extract = vault, extract
        self._limiter = trio.CapacityLimiter(THREADS)  # a thread left behind by the last one may still hold a token
        self.not_before, self.ended = {}, {}

    async def leave(self) -> None:
        """Stop every sync, within seconds; nothing begins until the next `attach`."""
        self._vault = None
        jobs = list(self._jobs.values())
        for job in jobs:
            self._end(job, "locked")
        for job in jobs:
            await job.ended.wait()

    def running(self, source: int) -> bool:
        return source in self._jobs

    async def abandonable(self, work: Callable[[], T]) -> T:
        """Run blocking work that cannot be asked to stop, on a thread that a cancelled caller leaves behind."""
        return await stoppable(work, Flag(), self._limiter, grace=0)

    async def stop(self, source: int, reason: str = "sync-stopped") -> None:
        """End the sync of this source, if there is one; whoever waits for it gets CommandFailed(reason)."""
        job = self._jobs.get(source)
        if job is not None:
            self._end(job, reason)
            await job.ended.wait()

    async def sync(self, source: int, report: Report = quiet) -> SyncDone:
        """Read one source now and wait for it; join the sync of it that runs already.

        Cancelling the call that began it stops it.  Errors: SyncFailed, VaultError, CommandFailed("locked" |
        "sync-stopped" | "airplane").
        """
        job, mine = self._jobs.get(source), False
        if job is None:
            if self._vault is None:
                raise CommandFailed("locked")
            job, mine = _Job(), True
            self._jobs[source] = job
            self._nursery.start_soon(self._run, self._vault, source, job)
        job.reports.append(report)
        try:
            await job.ended.wait()
        except trio.Cancelled:
            if mine:
                job.retry = self._around.now() + STOPPED_PAUSE
                self._end(job, "sync-stopped")
                with trio.CancelScope(shield=True):
                    await job.ended.wait()
            raise
        finally:
            job.reports.remove(report)
        if job.error is not None:
            raise job.error
        if job.done is None:
            raise CommandFailed(job.reason)
        return job.done

    @staticmethod
    def _end(job: _Job, reason: str) -> None:
        job.reason = reason
        job.stop.set()
        job.scope.cancel()

    async def _run(self, vault: Vault, source: int, job: _Job) -> None:
        try:
            self._listener(SourceChanged(source))
            with job.scope:
                job.done = await stoppable(
                    partial(self._work, vault, source, job, self._hop(job)), job.stop, self._limiter
                )
        except Exception as error:  # noqa: BLE001 - raised again in whoever waits
            job.error = error
        finally:
            now = self._around.now()
            self.count += 1
            self.ended[source] = now
            if job.error is not None and not job.noted:
                job.retry = now + due.FIRST_PAUSE
            self.not_before[source] = job.retry or 0.0
            del self._jobs[source]
            job.ended.set()
            self._listener(SourceChanged(source))
            if job.done is None or job.done.new or job.done.changed or job.done.gone:
                self._arrived()  # a sync that failed half way has brought its first half
                self._listener(LibraryChanged(0))

    def _hop(self, job: _Job) -> Callable[[int, int | None, str], None]:
        """The driver's report, on its thread, to everybody who waits for this sync."""
        nudged = trio.current_time()

        def tell(event: object) -> None:
            nonlocal nudged
            for report in tuple(job.reports):
                report(event)
            if trio.current_time() - nudged > NUDGE_EVERY and not job.ended.is_set():
                nudged = trio.current_time()
                self._arrived()

        hop = throttled(tell, trio.lowlevel.current_trio_token())
        return lambda done, total, item: hop(Progress("reading", done, total, item))

    def _work(self, vault: Vault, source: int, job: _Job, report: Callable[[int, int | None, str], None]) -> SyncDone:
        """In a thread of its own."""
        one = vault.sources.get(source)
        account, careful = unquoted(replace(vault.sources.account(source), extract=self._extract))
        begun = self._around.now()
        try:
            vault.sources.began(source)
            synced = self._read(account, vault, report, job)
            if synced.changed or synced.gone:
                vault.checkpoint()  # what was taken out lingers in no journal
            now = self._around.now()
            if not job.stop.is_set():  # a driver that was stopped returns what it has: not yet a success
                vault.sources.succeeded(source, now + due.interval(one.kind, synced.again))
        except (SyncFailed, VaultError) as error:
            later = error.later if isinstance(error, SyncFailed) else None
            told = _told(error, careful)
            if not job.stop.is_set():
                moment = self._around.now() + due.pause(one.failures + 1, self._around.chance(), later)
                job.noted = _noted(vault, source, told, moment)
            raise told from None  # the first one may quote a secret
        failed = tuple((careful(where), careful(reason)) for where, reason in synced.failed)
        return SyncDone(source, synced.new, synced.changed, synced.gone, failed, now - begun)

    def _read(
        self, account: Account, vault: Vault, report: Callable[[int, int | None, str], None], job: _Job
    ) -> Synced:
        try:
            driver = self._around.driver(account.kind)
            return driver.sync(account, vault.sources.ledger(account.id), report, job.stop.is_set)
        except (SyncFailed, VaultError):
            raise
        except Exception as error:  # noqa: BLE001
            # A fault of ours costs this source only; the text of an unforeseen error may quote a mail.
            log.warning("a source of the kind %s failed with an unforeseen %s", account.kind, type(error).__name__)
            raise SyncFailed("source-broken", f"Reading it failed unexpectedly ({type(error).__name__}).") from None


def _noted(vault: Vault, source: int, error: SyncFailed | VaultError, moment: float) -> bool:
    """Write the failure to its source; False where that is not possible, as on a full disk."""
    try:
        vault.sources.failed(source, error, moment)
    except VaultError as failure:
        if failure.code != "closed":
            log.warning("a failed sync could not be noted: %s", failure.code)
        return False
    return True


def _told(error: SyncFailed | VaultError, careful: Callable[[str], str]) -> SyncFailed | VaultError:
    """The same failure, without a secret in its sentence."""
    sentence = careful(str(error))
    return (
        SyncFailed(error.code, sentence, error.later)
        if isinstance(error, SyncFailed)
        else VaultError(error.code, sentence)
    )
