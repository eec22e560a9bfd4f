"""Circuit relay v2: reaching a peer that cannot be dialled through a contact who agreed to relay.

A relay serves its contacts alone.  Whoever wants to be reached reserves a place at it first, by name; nothing is
reserved or looked for unasked.  The two ends run Noise through the relay, which sees who talks to whom, and no byte of
what they say.

py-libp2p 0.8.1 names the wrong relay in the address of an incoming relayed connection; here it is the right one.
"""

from __future__ import annotations

from typing import Any

from p2p.host_errors import HostFailed
from p2p.host_libp2p import (
    HOP,
    ID,
    CircuitV2Protocol,
    CircuitV2Transport,
    ConnectionType,
    PeerInfo,
    RawConnection,
    RelayConfig,
    RelayLimits,
    RelayRole,
    multiaddr,
)
from p2p.host_limits import GIB, Gate, Standing

# Of one circuit (seconds, bytes); circuits of one peer; places in all.
LIMITS = RelayLimits(duration=3600, data=GIB, max_circuit_conns=8, max_reservations=32)


class Circuits(CircuitV2Protocol):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """One host's part in circuit relay; a service of py-libp2p.  `agreed`: this host relays for its contacts."""

    def __init__(self, host: Any, gate: Gate, agreed: bool) -> None:
        super().__init__(host, LIMITS, allow_hop=agreed)
        self._gate = gate
        roles = RelayRole.STOP | RelayRole.CLIENT | (RelayRole.HOP if agreed else RelayRole(0))
        self._transport = CircuitV2Transport(host, self, RelayConfig(roles=roles, limits=LIMITS))

    async def reserve(self, relay: str) -> None:
        """Ask a connected relay for a place.  Errors: HostFailed not-served when it does not agree."""
        peer = ID.from_string(relay)
        stream = await self.host.new_stream(peer, [HOP])
        if not await self._transport._make_reservation(stream, peer):
            raise HostFailed("not-served", f"{relay} does not relay for this host.")

    async def dial(self, target: Any, peer: Any) -> Any:
        """Connect through the relay named in `target`, which is connected.  Errors: py-libp2p's."""
        raw = await self._transport._dial_via_circuit_addr(target, PeerInfo(peer, [target]))
        connection = await self.host.get_network().upgrade_outbound_raw_conn(raw, peer)
        connection.set_transport_info([target], ConnectionType.RELAYED)
        return connection

    async def _handle_hop_stream(self, stream: Any) -> None:
        if self._gate.standing(str(stream.muxed_conn.peer_id)) is not Standing.CONTACT:
            await stream.reset()
            return
        await super()._handle_hop_stream(stream)

    async def handle_incoming_connection(self, stream: Any, remote_peer_id: bytes) -> None:
        relay, peer = stream.muxed_conn.peer_id, ID(remote_peer_id)
        address = multiaddr.Multiaddr(f"/p2p/{relay}/p2p-circuit/p2p/{peer}")
        raw = RawConnection(stream=stream, initiator=False, connection_type=ConnectionType.RELAYED, addresses=[address])
        network = self.host.get_network()
        muxed = await network.upgrade_inbound_raw_conn(raw, address)
        for connection in list(network.get_connections(muxed.peer_id)):
            if connection.muxed_conn is muxed:
                connection.set_transport_info([address], ConnectionType.RELAYED)
                await connection.event_closed.wait()


def relay_in(target: Any) -> str:
    """The peer id of the relay in a circuit address; "" in any other."""
    before, circuit, _ = str(target).partition("/p2p-circuit")
    return before.rpartition("/p2p/")[2] if circuit else ""


def relay_address(target: Any) -> str:
    """The part of a circuit address that leads to the relay."""
    return str(target).partition("/p2p-circuit")[0]
