"""Keeps contacts connected while the host runs: dialled in turn, with pauses that grow while one is away."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import trio

from p2p.invite import acceptable
from storage.database import VaultError
from storage.peers import Peer

if TYPE_CHECKING:
    from app.swarm.swarm import Swarm
    from p2p.node import Host

FIRST_PAUSE = 5.0  # seconds after a contact could not be reached; twice as long each time
LONGEST_PAUSE = 15 * 60.0
AT_ONCE = 8
WITHIN = 10.0  # seconds for one address


def way_of(host: Host, peer_id: str) -> str:
    """How a connected peer is reached: tcp, quic or relay; "" where it is not."""
    ways = host.ways(peer_id)
    return ways[0].transport if ways else ""


class Reaching:
    """Trio thread.  `arrived` is called with the id of a peer that is connected from now on."""

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._wake = trio.Event()
        self._failures: dict[str, int] = {}
        self._next: dict[str, float] = {}  # trio time
        self.arrived: list[Callable[[str], None]] = []

    def nudge(self) -> None:
        """Look at the contacts again."""
        self._next.clear()
        self._wake.set()

    def came(self, peer_id: str) -> None:
        self._failures.pop(peer_id, None)
        self._next.pop(peer_id, None)
        for callback in self.arrived:
            callback(peer_id)
        self._wake.set()

    async def run(self, host: Host) -> None:
        """Until cancelled."""
        noted: frozenset[str] = frozenset()
        while True:
            self._wake = trio.Event()
            connected = frozenset(host.connected)
            for peer_id in connected - noted:
                await self._note(peer_id)
            noted = connected
            await self._dial_all(host, connected)
            with trio.move_on_after(self._pause()):
                await self._wake.wait()

    async def connect(self, host: Host, peer_id: str, addresses: Sequence[str]) -> bool:
        """Try these addresses in their order; whether one led to the peer."""
        from p2p.node import HostFailed

        if peer_id in host.connected:
            return True
        for address in addresses:
            try:
                await host.connect(f"{address}/p2p/{peer_id}", WITHIN)
            except HostFailed:
                continue
            return True
        return False

    async def _dial_all(self, host: Host, connected: frozenset[str]) -> None:
        now = trio.current_time()
        peers = [
            peer
            for peer in await self._swarm.blocking(self._swarm.vault.peers.list)
            if peer.standing == "contact" and peer.id not in connected and self._next.get(peer.id, 0) <= now
        ]
        limiter = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for peer in peers:
                nursery.start_soon(self._dial, host, peer, limiter)

    async def _dial(self, host: Host, peer: Peer, limiter: trio.CapacityLimiter) -> None:
        async with limiter:
            if await self.connect(host, peer.id, peer.addresses):
                return
        failures = self._failures[peer.id] = self._failures.get(peer.id, 0) + 1
        pause = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 12), LONGEST_PAUSE)
        self._next[peer.id] = trio.current_time() + pause * random.uniform(0.8, 1.2)

    async def _note(self, peer_id: str) -> None:
        """Keep when and how it was reached.  A full disk is no reason to lose the connection."""
        try:
            host = self._swarm.host
            told = acceptable([address.removesuffix(f"/p2p/{peer_id}") for address in host.told(peer_id)])
            await self._swarm.blocking(self._swarm.vault.peers.reached, peer_id, way_of(host, peer_id), told)
        except VaultError:
            return

    def _pause(self) -> float:
        waiting = [when - trio.current_time() for when in self._next.values()]
        return max(0.5, min([*waiting, 60.0]))
