"""py-libp2p's swarm with a guard at every door: who may connect, how many, how many streams, for how long.

lifetime cap         py-libp2p 0.8.1 keeps a place for every inbound connection until the host ends, so that a host
                     accepts 250 in its life; here a place is given back when its connection closes
broken handlers      an exception in a stream's handler otherwise ends the whole host
health               py-libp2p pings connections one after the other, so that many frozen peers hide each other; here
                     every connection has a watch of its own
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from p2p.host_conduct import OVER_WINDOW, TOO_MANY_STREAMS
from p2p.host_door import Door, network_of
from p2p.host_libp2p import (
    PING,
    INotifee,
    MultiselectClient,
    MultiselectClientError,
    MultiselectCommunicator,
    RawConnection,
    Swarm,
    SwarmException,
    perform_ping_roundtrip,
)
from p2p.host_limits import Gate, Limits, Standing
from p2p.host_quic_connection import QuicConn
from p2p.host_yamux import GuardedYamux

Report = Callable[[str, float], Awaitable[None]]  # a peer id and p2p.host_conduct's points

CLOSE_TIMEOUT = 5.0  # seconds
_LOG = logging.getLogger(__name__)


class GuardedSwarm(Swarm):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Connections of one host.  `rtt` holds the last round trip of each connection, in seconds."""

    def __init__(self, *arguments: Any, limits: Limits, gate: Gate, report: Report, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.door = Door(limits)
        self.rtt: dict[Any, float] = {}
        self.inbound_streams: Counter[str] = Counter()  # by peer
        self._limits = limits
        self._gate = gate
        self._report = report

    async def _handle_inbound_connection(self, read_write_closer: Any, maddr: Any) -> None:
        remote = read_write_closer.get_remote_address() or _ipv6_remote(read_write_closer)
        network = network_of(remote[0])
        if not self.door.knock(network):
            await read_write_closer.close()
            return
        try:
            connection = await self._let_in(read_write_closer, maddr, network)
            if connection is not None:
                # The listener closes the socket when this returns.
                await connection.event_closed.wait()
        finally:
            self.door.leave(network)

    async def _let_in(self, incoming: Any, maddr: Any, network: str) -> Any:
        """The connection once it is authenticated and admitted, else None with nothing left open."""
        try:
            muxed = await self.upgrade_inbound_raw_conn(RawConnection(incoming, False), maddr)
        except Exception as error:  # noqa: BLE001 - py-libp2p raises many unrelated types: this peer does not come in
            _LOG.debug("An inbound connection ended in its handshake: %r", error)
            await incoming.close()
            return None
        finally:
            self.door.authenticated(network)
        return next((c for c in self.connections.get(muxed.peer_id, []) if c.muxed_conn is muxed), None)

    async def add_conn(self, muxed_conn: Any, direction: str = "unknown") -> Any:
        """Errors: SwarmException when the peer may not come in."""
        peer = str(muxed_conn.peer_id)
        standing = self._gate.standing(peer)
        inbound = direction == "inbound"
        if standing is Standing.BLOCKED or (inbound and standing is Standing.STRANGER and self._strangers_full()):
            await muxed_conn.close()
            raise SwarmException("This peer is not admitted.")
        if isinstance(muxed_conn, GuardedYamux | QuicConn):
            contact = standing is Standing.CONTACT
            muxed_conn.unread_limit = self._limits.buffered_by_contact if contact else self._limits.buffered_by_stranger
        for old in self.connections.get(muxed_conn.peer_id, [])[: -(self._limits.connections_per_peer - 1) or None]:
            self.manager.run_task(self.end, old)
        connection = await super().add_conn(muxed_conn, direction=direction)
        self.manager.run_task(self._watch, connection, inbound)
        return connection

    def set_stream_handler(self, stream_handler: Callable[[Any], Awaitable[None]]) -> None:
        async def guarded(stream: Any) -> None:
            peer = str(stream.muxed_conn.peer_id)
            if self.inbound_streams[peer] >= self._streams_of(peer):
                await _drop(stream)
                await self._report(peer, TOO_MANY_STREAMS)
                return
            self.inbound_streams[peer] += 1
            try:
                await stream_handler(stream)
            except Exception as error:  # noqa: BLE001 - one stream of one peer; every other goes on
                _LOG.debug("A stream of %s ended with %r", peer, error)
                await _drop(stream)
            finally:
                self.inbound_streams[peer] -= 1
                if not self.inbound_streams[peer]:
                    del self.inbound_streams[peer]

        super().set_stream_handler(guarded)

    async def end(self, connection: Any) -> None:
        """Close a connection, whether the peer takes part or not."""
        with trio.move_on_after(CLOSE_TIMEOUT):
            await connection.close()
        self.remove_conn(connection)

    async def ping(self, connection: Any, within: float) -> float | None:
        """The round trip in seconds; None when the peer does not answer in time or the connection is gone.

        A peer without the ping protocol is timed by its refusal.
        """
        stream = None
        answered = None
        with trio.move_on_after(within):
            try:
                stream = await connection.new_stream()
                start = trio.current_time()
                try:
                    await MultiselectClient().select_one_of([PING], MultiselectCommunicator(stream), int(within) + 1)
                    start = trio.current_time()
                    await perform_ping_roundtrip(stream)
                    answered = trio.current_time() - start
                except MultiselectClientError as error:
                    if "not supported" in str(error):
                        answered = trio.current_time() - start
            except Exception as error:  # noqa: BLE001 - py-libp2p raises many unrelated types: there was no answer
                _LOG.debug("A ping failed: %r", error)
        if stream is not None:
            await (_drop(stream) if answered is None else _finish(stream))
        return answered

    async def _watch(self, connection: Any, inbound: bool) -> None:
        """Ping until the connection is closed, and close it when the peer is gone or its time is over."""
        peer, misses, start = str(connection.muxed_conn.peer_id), 0, trio.current_time()
        try:
            while misses < self._limits.health_misses and self._may_stay(peer, inbound, start):
                with trio.move_on_after(self._limits.health_interval):
                    await connection.event_closed.wait()
                if connection.event_closed.is_set():
                    return
                rtt = await self.ping(connection, self._limits.health_timeout)
                misses = misses + 1 if rtt is None else 0
                if rtt is not None:
                    self.rtt[connection] = rtt
        finally:
            self.rtt.pop(connection, None)
            if getattr(connection.muxed_conn, "overrun", False):
                await self._report(peer, OVER_WINDOW)
        await self.end(connection)

    def _may_stay(self, peer: str, inbound: bool, since: float) -> bool:
        standing = self._gate.standing(peer)
        if standing is Standing.STRANGER and inbound:
            return trio.current_time() - since < self._limits.stranger_time
        return standing is not Standing.BLOCKED

    def _strangers_full(self) -> bool:
        strangers = sum(
            len(connections)
            for peer, connections in self.connections.items()
            if self._gate.standing(str(peer)) is Standing.STRANGER
        )
        return strangers >= self._limits.strangers

    def _streams_of(self, peer: str) -> int:
        match self._gate.standing(peer):
            case Standing.CONTACT:
                return self._limits.streams_of_contact
            case Standing.STRANGER:
                return self._limits.streams_of_stranger
            case Standing.BLOCKED:
                return 0


class Events(INotifee):  # type: ignore[misc]  # as above
    """Tells when the first connection of a peer has opened and its last one has closed."""

    def __init__(self, connected: Callable[[str], None], disconnected: Callable[[str], None]) -> None:
        self._connected, self._disconnected = connected, disconnected
        self._here: set[str] = set()

    async def connected(self, network: Any, conn: Any) -> None:
        peer = str(conn.muxed_conn.peer_id)
        if peer not in self._here and network.get_connections(conn.muxed_conn.peer_id):
            self._here.add(peer)
            self._connected(peer)

    async def disconnected(self, network: Any, conn: Any) -> None:
        peer = str(conn.muxed_conn.peer_id)
        if peer in self._here and not network.get_connections(conn.muxed_conn.peer_id):
            self._here.remove(peer)
            self._disconnected(peer)

    async def opened_stream(self, network: Any, stream: Any) -> None:
        """Of no interest."""

    async def closed_stream(self, network: Any, stream: Any) -> None:
        """Of no interest."""

    async def listen(self, network: Any, multiaddr: Any) -> None:
        """Of no interest."""

    async def listen_close(self, network: Any, multiaddr: Any) -> None:
        """Of no interest."""


def _ipv6_remote(incoming: Any) -> tuple[str, int]:
    """py-libp2p 0.8.1 does not know the address of an IPv6 socket; told once, it remembers."""
    host, port, *_ = incoming.stream.socket.getpeername()
    incoming._cached_remote_address = (host, port)
    return host, port


async def _drop(stream: Any) -> None:
    with trio.move_on_after(CLOSE_TIMEOUT) as scope:
        scope.shield = True
        await stream.reset()


async def _finish(stream: Any) -> None:
    with trio.move_on_after(CLOSE_TIMEOUT) as scope:
        scope.shield = True
        await stream.close()
