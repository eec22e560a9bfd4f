"""Brings questions about a chain to the contact who hosts it; the host of this node runs meanwhile.

It is opened with the first question where it does not run, and closed with the chain: a single command needs it too.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trio

from app import online
from app.errors import code
from app.results import CommandFailed
from p2p.chain_hosting import CHAIN_PROTOCOL
from p2p.host_errors import HostFailed
from storage.vault import VaultError

if TYPE_CHECKING:
    from app.node import Node

log = logging.getLogger("app")
WITHIN = 15.0  # seconds for one question


class Carrying:
    """Trio thread, but for `carry`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._opening = trio.Lock()
        self._held: trio.CancelScope | None = None
        self._let_go = trio.Event()

    def carry(self, peer: str, request: bytes) -> bytes:
        """Blocking, on a thread of trio's.  Errors: OSError where nobody answers; CommandFailed("airplane")."""
        try:
            return trio.from_thread.run(self.asked, peer, request)
        except (HostFailed, trio.RunFinishedError) as failed:
            raise OSError(f"{peer}: {getattr(failed, 'detail', '') or getattr(failed, 'code', '')}") from failed

    async def asked(self, peer: str, request: bytes) -> bytes:
        """Errors: HostFailed, CommandFailed("airplane" | "locked")."""
        online.network_allowed(self._node)
        swarm = self._node.swarm
        await self._host_runs()
        try:
            await swarm.reach(peer, ())
            return await swarm.host.request(peer, CHAIN_PROTOCOL, request, WITHIN)
        except CommandFailed as failed:
            if failed.key in ("airplane", "locked", "absent"):
                raise
            raise HostFailed("unreachable", "The contact who hosts the chain cannot be reached.") from failed

    async def close(self) -> None:
        """The chain is not in use any more."""
        async with self._opening:
            await self._release()

    async def _host_runs(self) -> None:
        """Errors: HostFailed("not-open")."""
        async with self._opening:
            if self._node.swarm.running:
                return
            await self._release()
            up = trio.Event()
            self._held, self._let_go = trio.CancelScope(), trio.Event()
            self._node.nursery.start_soon(self._hold, self._held, up, self._let_go)
            await up.wait()
            if not self._node.swarm.running:
                raise HostFailed("not-open", "The host of this node does not run.")

    async def _release(self) -> None:
        if self._held is not None:
            self._held.cancel()
            await self._let_go.wait()
            self._held = None

    async def _hold(self, scope: trio.CancelScope, up: trio.Event, let_go: trio.Event) -> None:
        try:
            with scope:
                async with self._node.swarm.up():
                    up.set()
                    await trio.sleep_forever()
        except (HostFailed, CommandFailed, VaultError, OSError) as failed:  # whoever waits sees that it does not run
            log.info("no host for the chain: %s", code(failed))
        finally:
            up.set()
            let_go.set()
