"""Learns which agents contacts are: each that is connected is asked now and then, and what it says is verified.

Only where a chain is in use; a file that lies on somebody's server is not fetched for this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from app.chain import agents as verifying
from app.chain.chains import PASSING
from app.swarm import agents
from p2p.host_errors import HostFailed
from storage.agents import Registry

if TYPE_CHECKING:
    from app.node import Node
    from p2p.node import Host

AGAIN = 3600.0  # seconds until a contact that stays connected is asked once more


class Learning:
    """Trio thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._wake = trio.Event()
        self._asked: dict[tuple[Registry, str], float] = {}  # when, in trio time

    def arrived(self, peer_id: str) -> None:
        """It has connected: it may have registered, or be somebody else's node, since it was asked."""
        self._asked = {key: at for key, at in self._asked.items() if key[1] != peer_id}
        self._wake.set()

    async def run(self, host: Host) -> None:
        """Until cancelled."""
        while True:
            self._wake = trio.Event()
            for peer_id in tuple(host.connected):
                await self._learn(peer_id)
            with trio.move_on_after(AGAIN):
                await self._wake.wait()

    async def _learn(self, peer_id: str) -> None:
        node = self._node
        if peer_id not in node.swarm.gate.contacts:
            return
        try:
            row = await node.chains.used()
            place = Registry(row.genesis, row.chain_id, str(row.contracts.get("identity", "")).lower())
            asked = self._asked.get((place, peer_id))
            if not place.address or (asked is not None and trio.current_time() - asked < AGAIN):
                return
            self._asked[place, peer_id] = trio.current_time()
            number = await agents.asked(node, peer_id, place)
            if number is not None:
                await verifying.look(node, number, peer=peer_id, told=True)
        except (HostFailed, *PASSING):
            return  # gone, an older version, or a chain that says nothing now: they are asked again
