"""Being reached through contacts who relay: a place is asked for at each, and asked for again before it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from p2p.host_errors import HostFailed

if TYPE_CHECKING:
    from app.swarm.swarm import Swarm
    from p2p.node import Host

RENEW = 30 * 60.0  # seconds: a place lasts an hour at most
AGAIN = 60.0  # after a relay did not answer


class Relaying:
    """Trio thread.  `addresses`: multiaddrs through relays that lead here now, without /p2p/… of this node."""

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._places: dict[str, str] = {}
        self._wake = trio.Event()

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self._places.values())

    def nudge(self) -> None:
        """The relays are others now."""
        self._wake.set()

    async def run(self, host: Host) -> None:
        """Until cancelled."""
        try:
            while True:
                self._wake = trio.Event()
                with trio.move_on_after(await self._reserve_all(host)):
                    await self._wake.wait()
        finally:
            self._places.clear()

    async def _reserve_all(self, host: Host) -> float:
        """How long the places hold, or a short while where one was not given."""
        peers = await self._swarm.blocking(self._swarm.vault.peers.list)
        relays = [peer.id for peer in peers if peer.relays and peer.standing == "contact"]
        for gone in set(self._places) - set(relays):
            del self._places[gone]
        given = 0
        for relay in relays:
            try:
                await self._swarm.reach(relay, ())
                place = await host.reserve(relay)
            except Exception as error:
                if not isinstance(error, HostFailed) and getattr(error, "key", "") != "peer-unreachable":
                    raise
                self._places.pop(relay, None)
                continue
            self._places[relay] = place.removesuffix(f"/p2p/{host.peer_id}")
            given += 1
        return RENEW if given == len(relays) else AGAIN
