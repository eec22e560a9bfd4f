"""Keeps contacts connected while the host runs: dialled in turn, with pauses that grow while one is away.

The pause is a share of the time that a contact has been away, so that a short break is mended at once and a long one
costs little: an eighth, and a sixtieth while something waits for it.  A contact that is back calls us as well; whoever
is first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import trio

from app.swarm import listening
from p2p.host_addresses import stands_for_every
from p2p.invite import acceptable
from storage.database import VaultError
from storage.peers import Peer

if TYPE_CHECKING:
    from app.swarm.swarm import Swarm
    from p2p.node import Host

FIRST_PAUSE = 0.5  # seconds between two dials of a contact, at least
SHARE, LONGEST_PAUSE = 1 / 8, 15 * 60.0  # of the time that it has been away, and at most
WANTED_SHARE, WANTED_PAUSE = 1 / 60, 30.0  # the same while something waits for it
WANTED = 10 * 60.0  # seconds since somebody wanted to reach it; what waits in the outbox asks at least so often
UNTOLD = 3.0  # seconds until it is looked again where a peer says it is
RARELY = 10 * 60.0  # seconds between two looks at all contacts where nothing happens
LOOK = 2.0  # seconds between two looks at this machine's own addresses
AT_ONCE = 16  # dials of those for whom nothing waits
WITHIN = 10.0  # seconds for all addresses of one contact


def way_of(host: Host, peer_id: str) -> str:
    """How a connected peer is reached: tcp, quic or relay; "" where it is not."""
    ways = host.ways(peer_id)
    return ways[0].transport if ways else ""


class Reaching:
    """Trio thread.  `arrived` is called with the id of a peer that has connected, for the first time or again.

    `moved` is set, and another one put in its place, when this machine's addresses have changed.
    """

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._wake = trio.Event()
        self._away: dict[str, float] = {}  # since when, in trio time
        self._wanted: dict[str, float] = {}  # when it was last
        self._next: dict[str, float] = {}  # when it is dialled again
        self._dialling: set[str] = set()
        self._noted: dict[str, tuple[str, ...]] = {}  # who is connected, and where they say they are
        self.arrived: list[Callable[[str], None]] = []
        self.moved = trio.Event()

    def nudge(self) -> None:
        """Look at the contacts again."""
        self._next.clear()
        self._noted = {}  # who is there may be kept from now on
        self._wake.set()

    def came(self, peer_id: str) -> None:
        """It has connected, or connected once more."""
        for known in (self._away, self._wanted, self._next):
            known.pop(peer_id, None)
        for callback in self.arrived:
            callback(peer_id)
        self._wake.set()

    def left(self, peer_id: str) -> None:
        """Its last connection has ended."""
        self._next.pop(peer_id, None)
        self._wake.set()

    def wanted(self, peer_id: str) -> None:
        """Something waits for it."""
        now = trio.current_time()
        if now - self._wanted.get(peer_id, -WANTED) >= WANTED:
            self._next.pop(peer_id, None)
            self._wake.set()
        self._wanted[peer_id] = now

    async def run(self, host: Host) -> None:
        """Until cancelled."""
        self._noted = {}
        self._dialling.clear()
        limiter = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._look_at_ourselves, host)
            while True:
                self._wake = trio.Event()
                connected = frozenset(host.connected)
                for peer_id in connected:
                    await self._note(host, peer_id)
                for peer_id in self._noted.keys() - connected:
                    del self._noted[peer_id]
                for peer in await self._due(connected):
                    self._dialling.add(peer.id)
                    nursery.start_soon(self._dial, host, peer, limiter)
                with trio.move_on_after(self._pause()):
                    await self._wake.wait()

    async def connect(self, host: Host, peer_id: str, addresses: Sequence[str]) -> bool:
        """Try these addresses, a little after each other, then what a meeting point has; whether one led there."""
        if peer_id in host.connected or await self._dial_at(host, peer_id, addresses):
            return True
        found = [one for one in await self._swarm.meeting.find(host, peer_id) if one not in addresses]
        return bool(found) and await self._dial_at(host, peer_id, found)

    async def _dial_at(self, host: Host, peer_id: str, addresses: Sequence[str]) -> bool:
        from p2p.node import HostFailed

        usable = []
        for address in addresses:
            with suppress(HostFailed):  # it is none
                host.know(f"{address}/p2p/{peer_id}")
                usable.append(f"{address}/p2p/{peer_id}")
        try:
            await host.dial(peer_id, usable, WITHIN)
        except HostFailed:
            return False
        return True

    async def _due(self, connected: frozenset[str]) -> list[Peer]:
        """The contacts that are to be dialled now."""
        now = trio.current_time()
        peers: list[Peer] = await self._swarm.blocking(self._swarm.vault.peers.list)
        away = {peer.id: peer for peer in peers if peer.standing == "contact" and peer.id not in connected}
        for known in (self._away, self._wanted, self._next):
            for peer_id in known.keys() - away.keys():
                del known[peer_id]
        return [peer for peer in away.values() if peer.id not in self._dialling and self._next.get(peer.id, 0) <= now]

    async def _dial(self, host: Host, peer: Peer, limiter: trio.CapacityLimiter) -> None:
        try:
            if peer.id in self._wanted:
                reached = await self.connect(host, peer.id, peer.addresses)
            else:
                async with limiter:
                    reached = await self.connect(host, peer.id, peer.addresses)
            if not reached:
                self._next[peer.id] = trio.current_time() + self._pause_of(peer.id)
        finally:
            self._dialling.discard(peer.id)
            self._wake.set()

    def _pause_of(self, peer_id: str) -> float:
        """How long a contact that was not reached is left alone."""
        now = trio.current_time()
        away = now - self._away.setdefault(peer_id, now)
        if now - self._wanted.get(peer_id, -WANTED) < WANTED:
            pause = min(away * WANTED_SHARE, WANTED_PAUSE)
        else:
            pause = min(away * SHARE, LONGEST_PAUSE)
        return max(pause, FIRST_PAUSE) * random.uniform(0.8, 1.2)

    async def _look_at_ourselves(self, host: Host) -> None:
        """Where this machine's addresses change, connections may be of the past, and contacts may be near."""
        before = await trio.to_thread.run_sync(listening.interfaces)
        while True:
            await trio.sleep(LOOK)
            now = await trio.to_thread.run_sync(listening.interfaces)
            if now != before:
                before = now
                host.doubt()
                self._away.clear()
                self.nudge()
                self.moved.set()
                self.moved = trio.Event()

    async def _note(self, host: Host, peer_id: str) -> None:
        """Keep when and how it was reached, and where it says it is, which it says a little later.

        A full disk is no reason to lose the connection.
        """
        bare = [address.removesuffix(f"/p2p/{peer_id}") for address in host.told(peer_id)]
        told = acceptable([address for address in bare if not stands_for_every(address)])
        noted = self._noted  # of now: see `nudge`
        if noted.get(peer_id) == told:
            return
        try:
            await self._swarm.blocking(self._swarm.vault.peers.reached, peer_id, way_of(host, peer_id), told)
        except VaultError:
            return
        noted[peer_id] = told

    def _pause(self) -> float:
        now = trio.current_time()
        waiting = [when - now for peer_id, when in self._next.items() if peer_id not in self._dialling]
        untold = UNTOLD if () in self._noted.values() else RARELY
        return max(0.1, min([*waiting, untold]))
