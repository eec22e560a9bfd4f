"""py-libp2p's swarm with a guard at every door: who may connect, how many, how many streams, for how long.

lifetime cap         py-libp2p 0.8.1 keeps a place for every inbound connection until the host ends, so that a host
                     accepts 250 in its life; here a place is given back when its connection closes
broken handlers      an exception in a stream's handler otherwise ends the whole host
health               py-libp2p pings connections one after the other, so that many frozen peers hide each other; here
                     every connection is watched by itself (host_silence.py)
a stale connection   py-libp2p opens streams on the connection that has the most of them, which is the one on which
                     they hang; here it is the newest one that is well, and whoever connects again is a reason to
                     doubt what was there before
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
    ConnectionType,
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
from p2p.host_silence import Watched
from p2p.host_yamux import GuardedYamux

Report = Callable[[str, float], Awaitable[None]]  # a peer id and p2p.host_conduct's points

CLOSE_TIMEOUT = 5.0  # seconds
TURN = 0.5  # seconds between two looks at every connection
_LOG = logging.getLogger(__name__)


class GuardedSwarm(Swarm):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Connections of one host.  `rtt` holds the last round trip of each connection, in seconds."""

    def __init__(self, *arguments: Any, limits: Limits, gate: Gate, report: Report, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.door = Door(limits)
        self.rtt: dict[Any, float] = {}
        self._watching = False
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
        if isinstance(muxed_conn, Watched):
            muxed_conn.watch(self._limits.health_interval, self._limits.health_timeout)
        self._make_room(self.get_connections(muxed_conn.peer_id))
        connection = await super().add_conn(muxed_conn, direction=direction)
        self.manager.run_task(self._stay, connection, inbound)
        if not self._watching:
            self._watching = True
            self.manager.run_task(self._watch)
        return connection

    def _make_room(self, old: list[Any]) -> None:
        """The peer connects again: what it may have given up must not stand in the way."""
        for connection in old[: -(self._limits.connections_per_peer - 1) or None]:
            self.manager.run_task(self.end, connection)
        for connection in old:
            if _doubtful(connection):
                self.manager.run_task(self.cut, connection)
            else:
                _suspect(connection)

    def doubt(self) -> None:
        """Our own addresses changed: every connection may be one of the past."""
        for connection in self.get_connections():
            _suspect(connection)

    def get_connections(self, peer_id: Any = None) -> list[Any]:
        """Those that are open: one that is being closed is of no use to anybody."""
        return [connection for connection in super().get_connections(peer_id) if not connection.is_closed]

    def _best_connection(self, connections: list[Any]) -> Any:
        def worth(one: tuple[int, Any]) -> tuple[bool, bool, int]:
            order, connection = one
            return not _doubtful(connection), connection.get_connection_type() != ConnectionType.RELAYED, order

        return max(enumerate(connections), key=worth)[1]

    def remove_conn(self, swarm_conn: Any) -> None:
        super().remove_conn(swarm_conn)
        self.rtt.pop(swarm_conn, None)

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
        """Close a connection, whether the peer takes part or not.  From now on nobody is given it."""
        self.remove_conn(connection)
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            await connection.close()
        if scope.cancelled_caught:
            await self.notify_disconnected(connection)

    async def cut(self, connection: Any) -> None:
        """As `end`, without a word to a peer that is gone: whoever waits for it hears so at once."""
        self.remove_conn(connection)
        if isinstance(connection.muxed_conn, Watched):
            await connection.muxed_conn.cut()
        await self.end(connection)

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

    async def _watch(self) -> None:
        """Look at every connection, as long as the host runs."""
        turn = min(TURN, self._limits.health_interval / 2)
        while True:
            await trio.sleep(turn)
            for connection in self.get_connections():
                muxed = connection.muxed_conn
                if isinstance(muxed, Watched):
                    if muxed.turn(turn):
                        self.manager.run_task(self.cut, connection)
                    elif rtt := muxed.round_trip():
                        self.rtt[connection] = rtt

    async def _stay(self, connection: Any, inbound: bool) -> None:
        """Until the connection is closed, which is done here when its time is over."""
        peer, start = str(connection.muxed_conn.peer_id), trio.current_time()
        try:
            while self._may_stay(peer, inbound, start):
                with trio.move_on_after(self._limits.health_interval):
                    await connection.event_closed.wait()
                if connection.event_closed.is_set():
                    return
        finally:
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
    """Tells when the first connection of a peer has opened and its last one has closed, and `again` when a further one
    has opened: the peer may have come back before it was missed.
    """

    def __init__(
        self,
        connected: Callable[[str], None],
        disconnected: Callable[[str], None],
        again: Callable[[str], None] | None = None,
    ) -> None:
        self._connected, self._disconnected = connected, disconnected
        self._again = again
        self._here: set[str] = set()

    async def connected(self, network: Any, conn: Any) -> None:
        peer = str(conn.muxed_conn.peer_id)
        if not network.get_connections(conn.muxed_conn.peer_id):
            return
        if peer not in self._here:
            self._here.add(peer)
            self._connected(peer)
        elif self._again is not None:
            self._again(peer)

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


def _suspect(connection: Any) -> None:
    if isinstance(connection.muxed_conn, Watched):
        connection.muxed_conn.suspect()


def _doubtful(connection: Any) -> bool:
    return isinstance(connection.muxed_conn, Watched) and connection.muxed_conn.doubtful


async def _drop(stream: Any) -> None:
    with trio.move_on_after(CLOSE_TIMEOUT) as scope:
        scope.shield = True
        await stream.reset()


async def _finish(stream: Any) -> None:
    with trio.move_on_after(CLOSE_TIMEOUT) as scope:
        scope.shield = True
        await stream.close()
