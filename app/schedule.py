"""Keeps sources fresh while the vault is open: what is due is read, a few at a time, within what the machine can spare.

Runs only where `start` was called: in the window and in `nuee chat`.  A single command never reads sources behind the
person's back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import trio

from app import due
from app.due import Conditions
from app.errors import code
from app.results import CommandFailed
from app.surroundings import Surroundings
from app.syncing import Syncing
from app.watching import Watching
from storage.database import VaultError
from storage.source_store import Source
from storage.sources import drivers
from storage.sync import SyncFailed
from storage.vault import Vault

log = logging.getLogger("app")

LOOK = 60.0  # seconds: nothing tells of a plug that was pulled, or of a night the machine slept through
AT_ONCE = 2  # syncs; of one server, one
ON_BATTERY = "sync_on_battery"  # setting: whether sources are read on battery; true unless set


class Schedule:
    """Trio thread only."""

    def __init__(
        self,
        nursery: trio.Nursery,
        syncing: Syncing,
        airplane: Callable[[], bool],
        hold: Callable[[bool], None],
        surroundings: Surroundings,
    ) -> None:
        """`airplane`: whether that mode is on.  `hold`: told whether work that can wait should, as on a low battery."""
        self.conditions: Conditions | None = None  # as last seen; None while it does not run
        self._nursery = nursery
        self._syncing = syncing
        self._airplane = airplane
        self._hold = hold
        self._around = surroundings
        self._wanted = False
        self._vault: Vault | None = None
        self._scope: trio.CancelScope | None = None
        self._stopped = trio.Event()
        self._wake = trio.Event()
        self._news: set[int] = set()
        self._edited: set[int] = set()
        self._begun: dict[int, str] = {}  # what runs by the schedule: source, and its server
        self._changes = 0  # by the person, counted
        self._moved = 0.0  # when this machine's networks were last seen to change

    def start(self) -> None:
        """Keep sources fresh from now on, whenever the vault is open."""
        self._wanted = True
        if self._vault is not None:
            self._begin(self._vault)

    def attach(self, vault: Vault) -> None:
        self._vault = vault
        if self._wanted:
            self._begin(vault)

    async def detach(self) -> None:
        """Stop every watch and every sync that began here, within seconds."""
        self._vault = None
        if self._scope is not None:
            self._scope.cancel()
            await self._stopped.wait()
            self._scope = None

    def nudge(self, edited: int | None = None) -> None:
        """Sources or settings are different now; `edited`: that one is watched anew."""
        self._changes += 1
        if edited is not None:
            self._edited.add(edited)
            self._syncing.not_before.pop(edited, None)
        self._wake.set()

    def _begin(self, vault: Vault) -> None:
        if self._scope is None:
            self._scope, self._stopped = trio.CancelScope(), trio.Event()
            self._nursery.start_soon(self._run, vault, self._scope, self._stopped)

    async def _run(self, vault: Vault, scope: trio.CancelScope, stopped: trio.Event) -> None:
        self._news, self._edited, self._begun = set(), set(), {}
        self._moved = self._around.now()  # what could not be reached before may be now
        try:
            with scope:
                async with trio.open_nursery() as nursery:
                    await self._loop(vault, nursery, Watching(nursery, vault, self._heard, self._around))
        finally:
            self.conditions = None
            self._hold(False)
            stopped.set()

    async def _loop(self, vault: Vault, nursery: trio.Nursery, watching: Watching) -> None:
        while True:
            self._wake = trio.Event()  # before looking: what happens while we look sets it
            state = self._changes, self._syncing.count
            try:
                sources, conditions = await trio.to_thread.run_sync(self._look, vault)
                self._see(conditions)
                if state != (self._changes, self._syncing.count):
                    continue  # what was read may be older than what a sync or a person wrote meanwhile
                self._watch(watching, sources, conditions)
                wait = self._start_due(sources, conditions, nursery)
            except Exception as error:  # noqa: BLE001 - whatever it is, the node goes on without fresh sources
                log.warning("the sources could not be looked at: %s", code(error))
                wait = LOOK
            with trio.move_on_after(wait):
                await self._wake.wait()

    def _look(self, vault: Vault) -> tuple[list[Source], Conditions]:
        """In a worker thread."""
        on_battery = vault.settings.get(ON_BATTERY, True) is not False
        sources = vault.sources.list()
        return sources, Conditions(self._around.now(), self._around.power(), self._airplane(), on_battery)

    def _see(self, conditions: Conditions) -> None:
        if self.conditions is not None and conditions.power.networks != self.conditions.power.networks:
            self._moved = conditions.now
        self.conditions = conditions
        self._hold(conditions.power.low)

    def _heard(self, source: int) -> None:
        """A watch has news."""
        self._news.add(source)
        self._wake.set()

    def _watch(self, watching: Watching, sources: list[Source], conditions: Conditions) -> None:
        edited, self._edited = self._edited, set()
        for source in edited:
            watching.drop(source)
        watching.follow(
            [
                source
                for source in sources
                if source.kind in due.WATCHED
                and source.synced is not None
                and not source.failures
                and not due.held(source, conditions)
                and not due.saving(conditions)
            ]
        )

    def _start_due(self, sources: list[Source], conditions: Conditions, nursery: trio.Nursery) -> float:
        """Begin what is due, as far as there is room; seconds until something is due next."""
        moments = {source.id: self._moment(source, conditions) for source in sources}
        wait = LOOK
        for source in sorted(sources, key=lambda one: moments[one.id]):
            if moments[source.id] > conditions.now:
                wait = min(wait, moments[source.id] - conditions.now)
            elif self._room(source):
                self._begun[source.id] = drivers.host(source.kind, source.config)
                self._news.discard(source.id)  # what comes while it is read is read after it
                nursery.start_soon(self._sync, source.id)
        return wait

    def _moment(self, source: Source, conditions: Conditions) -> float:
        """When it begins; infinity for what does not begin by itself."""
        if due.held(source, conditions) or due.saving(conditions) or self._syncing.running(source.id):
            return float("inf")
        moment = due.starts(source, conditions)
        if source.id in self._news and not source.failures:
            moment = min(moment, self._syncing.ended.get(source.id, 0.0) + due.NEWS_GAP)
        unreached = source.failures and source.error == "source-unreachable"
        if unreached and self._syncing.ended.get(source.id, 0.0) < self._moved:
            moment = min(moment, conditions.now)  # another network: what was out of reach may not be now
        return max(moment, self._syncing.not_before.get(source.id, 0.0))

    def _room(self, source: Source) -> bool:
        server = drivers.host(source.kind, source.config)
        return (
            source.id not in self._begun
            and len(self._begun) < AT_ONCE
            and (not server or server not in self._begun.values())
        )

    async def _sync(self, source: int) -> None:
        try:
            await self._syncing.sync(source)
        except (SyncFailed, VaultError, CommandFailed):
            pass  # written to the source, where the person sees it; or it was stopped
        finally:
            self._begun.pop(source, None)
            self._wake.set()
