"""Waits for news from sources that can tell of them (IMAP IDLE, files that change), each on a thread of its own."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence

import trio

from app import due
from app.stoppable import Flag, stoppable
from app.surroundings import Surroundings
from storage.database import VaultError
from storage.source_store import Source
from storage.sync import SyncFailed
from storage.vault import Vault

log = logging.getLogger("app")

LIVED = 10 * due.MINUTE  # a watch that held so long was a good one: the next pause is the shortest again
STANDS = 30.0  # seconds after which a watch that is still there has begun to watch
AT_ONCE = 1.0  # seconds: a watch that returned sooner, unasked, has nothing to watch


class Watching:
    """Trio thread only.  Ends with the nursery."""

    def __init__(
        self, nursery: trio.Nursery, vault: Vault, news: Callable[[int], None], surroundings: Surroundings
    ) -> None:
        self._nursery = nursery
        self._vault = vault
        self._news = news
        self._around = surroundings
        self._scopes: dict[int, trio.CancelScope] = {}

    def follow(self, wanted: Sequence[Source]) -> None:
        """Watch these and no others."""
        numbers = {source.id for source in wanted}
        for number in set(self._scopes) - numbers:
            self.drop(number)
        for source in wanted:
            if source.id not in self._scopes:
                scope = self._scopes[source.id] = trio.CancelScope()
                self._nursery.start_soon(self._watch, source, scope)

    def drop(self, source: int) -> None:
        """Watch it no more; the next `follow` may begin anew, as after it was edited."""
        scope = self._scopes.pop(source, None)
        if scope is not None:
            scope.cancel()

    async def _watch(self, source: Source, scope: trio.CancelScope) -> None:
        failures = 0
        with scope:
            while True:
                begun = trio.current_time()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._begun, source.id)
                    ended_well = await self._once(source)
                    nursery.cancel_scope.cancel()
                if ended_well and trio.current_time() - begun < AT_ONCE:
                    return
                failures = 1 if trio.current_time() - begun > LIVED else failures + 1
                await trio.sleep(due.pause(failures, self._around.chance()))

    async def _begun(self, source: int) -> None:
        """What came before the watch stands is told by nobody else; signing in to a server may take a while."""
        self._news(source)
        await trio.sleep(STANDS)
        self._news(source)

    async def _once(self, source: Source) -> bool:
        """Until it ends; whether it ended without a failure."""
        stop = Flag()
        token = trio.lowlevel.current_trio_token()

        def changed() -> None:
            with contextlib.suppress(trio.RunFinishedError):
                token.run_sync_soon(self._news, source.id)

        def work() -> None:
            driver = self._around.driver(source.kind)
            driver.watch(self._vault.sources.account(source.id), changed, stop.is_set)

        try:
            await stoppable(work, stop, trio.CapacityLimiter(1))
        except (SyncFailed, VaultError):
            return False  # the next sync finds out the same, and says it
        except Exception as error:  # noqa: BLE001 - costs this watch only; its text may quote a mail
            log.warning(
                "watching a source of the kind %s failed with an unforeseen %s", source.kind, type(error).__name__
            )
            return False
        return True
