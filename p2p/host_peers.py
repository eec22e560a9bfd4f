"""Where peers can be dialled, dialling them, and how they are reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import trio

from p2p.host_build import address as parsed
from p2p.host_conduct import Conduct
from p2p.host_errors import HostFailed
from p2p.host_libp2p import ID, info_from_p2p_addr
from p2p.host_relay import Circuits, relay_address, relay_in

HEAD_START = 0.25  # seconds an address has before the next one is tried beside it
TRIED = 8  # addresses of one peer in one dial
KNOWN = 16  # addresses remembered of one peer; the oldest goes


@dataclass(frozen=True)
class Way:
    """One open connection to a peer."""

    address: str  # the peer's, without its peer id
    transport: str  # "tcp" | "quic" | "relay"
    relay: str  # the peer id of the relay; "" when the connection is direct
    inbound: bool  # the peer dialled us
    rtt: float | None  # seconds, as last measured


class Peers:
    """The addresses of a host's peers.  Trio thread only."""

    def __init__(self, conduct: Conduct) -> None:
        self._conduct = conduct
        self._book: dict[str, list[str]] = {}
        self._dialling: dict[str, trio.Event] = {}
        self.circuits: Circuits | None = None  # while the host runs, and when it takes part in relaying

    def know(self, address: str) -> str:
        """Remember where a peer can be dialled; its id.  Errors: HostFailed bad-address."""
        peer = _peer_at(address)
        known = self._book.setdefault(peer, [])
        if address not in known:
            known.append(address)
            del known[:-KNOWN]
        return peer

    def forget(self, peer_id: str) -> None:
        self._book.pop(peer_id, None)

    def known(self, peer_id: str) -> tuple[str, ...]:
        return tuple(self._book.get(peer_id, ()))

    def told(self, host: Any, peer_id: str) -> tuple[str, ...]:
        """What the peer itself said of its addresses (identify), as far as it is dialable from here."""
        try:
            addresses = host.get_peerstore().addrs(ID.from_string(peer_id))
        except Exception as error:  # noqa: BLE001 - the peer store's own types: it knows nothing of the peer
            del error
            return ()
        own = f"/p2p/{peer_id}"
        return tuple(str(address).removesuffix(own) + own for address in addresses)

    async def reach(self, host: Any, peer_id: str, within: float) -> None:
        """Return when connected.  Errors: HostFailed backing-off, unreachable, bad-address, banned."""
        if host.get_network().get_connections(_id(peer_id)):
            return
        if self._conduct.banned_until(peer_id) is not None:
            raise HostFailed("banned", f"{peer_id} is refused for a time.")
        wait = self._conduct.wait(peer_id)
        if wait > 0:
            raise HostFailed("backing-off", f"{peer_id} was not reached a moment ago; it is tried in {wait:.0f} s.")
        await self.dial(host, peer_id, (*self.known(peer_id), *self.told(host, peer_id)), within)

    async def dial(self, host: Any, peer_id: str, addresses: Sequence[str], within: float) -> None:
        """Dial now, unless it is connected; whatever answers first wins.  Errors: HostFailed bad-address, unreachable.

        Who asks for a peer that is being dialled already waits for the outcome of that, and shares it.
        """
        targets = [parsed(address) for address in dict.fromkeys(addresses)][:TRIED]
        under_way = self._dialling.get(peer_id)
        with trio.move_on_after(within):
            if under_way is not None:
                await under_way.wait()
            else:
                await self._dial_alone(host.get_network(), peer_id, targets)
        if not host.get_network().get_connections(_id(peer_id)):
            where = ", ".join(map(str, targets)) or f"{peer_id}: no address is known"
            raise HostFailed("unreachable", f"Cannot reach {where}.")

    async def _dial_alone(self, network: Any, peer_id: str, targets: Sequence[Any]) -> None:
        peer = _id(peer_id)
        over = self._dialling[peer_id] = trio.Event()
        reached = False
        try:
            reached = bool(network.get_connections(peer)) or await self._first_of(network, peer, targets)
        finally:
            del self._dialling[peer_id]
            over.set()
            if reached:
                self._conduct.reached(peer_id)
            else:
                self._conduct.not_reached(peer_id)

    async def _first_of(self, network: Any, peer: Any, targets: Sequence[Any]) -> bool:
        reached = False

        async def one(target: Any, failed: trio.Event) -> None:
            nonlocal reached
            try:
                connection = await self._dial_one(network, peer, target)
            except Exception as error:  # noqa: BLE001 - py-libp2p raises many unrelated types: not reached here
                del error
                failed.set()
                return
            if not connection.get_transport_addresses():  # py-libp2p 0.8.1 cannot tell an IPv6 address
                connection.set_transport_info([target], connection.get_connection_type())
            reached = True
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            for target in targets:
                failed = trio.Event()
                nursery.start_soon(one, target, failed)
                with trio.move_on_after(HEAD_START):
                    await failed.wait()
        return reached

    async def _dial_one(self, network: Any, peer: Any, target: Any) -> Any:
        relay = relay_in(target)
        if not relay:
            return await network.dial_addr(target, peer)
        if self.circuits is None:
            raise HostFailed("no-transport", "This host does not use relays.")
        if not network.get_connections(_id(relay)):
            await network.dial_addr(parsed(relay_address(target)), _id(relay))
        return await self.circuits.dial(target, peer)

    def ways(self, host: Any, peer_id: str) -> tuple[Way, ...]:
        """Every open connection, the one that is used first."""
        network = host.get_network()
        return tuple(_way(network, connection) for connection in network.get_connections(_id(peer_id)))


def _way(network: Any, connection: Any) -> Way:
    addresses = connection.get_transport_addresses()
    address = str(addresses[0]) if addresses else ""
    relay = ""
    if "/p2p-circuit" in address:
        transport = "relay"
        relay = address.split("/p2p-circuit")[0].rpartition("/p2p/")[2]
    else:
        transport = "quic" if "/quic-v1" in address else "tcp"
    return Way(address, transport, relay, connection.direction.name == "INBOUND", network.rtt.get(connection))


def _peer_at(address: str) -> str:
    try:
        return str(info_from_p2p_addr(parsed(address)).peer_id)
    except ValueError as error:  # InvalidAddrError is one
        raise HostFailed("bad-address", f"{address!r} does not end in /p2p/ and a peer id.") from error


def _id(peer_id: str) -> Any:
    try:
        return ID.from_string(peer_id)
    except ValueError as error:
        raise HostFailed("bad-address", f"{peer_id!r} is not a peer id.") from error
