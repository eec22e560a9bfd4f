"""One QUIC connection as py-libp2p sees a multiplexed connection, over aioquic's state machine.

One task (`run`) sends what the machine wants sent and turns its clock; datagrams come in through `receive`.  A
connection is established once the handshake is over and the other end's certificate has proved a peer id.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

import trio
from aioquic.quic import events

from p2p.host_libp2p import ID, ConnectionType, IMuxedConn, MuxedConnUnavailable
from p2p.host_quic_identity import NotProved, proved_peer
from p2p.host_quic_metered import MeteredQuic
from p2p.host_quic_stream import QuicStream
from p2p.host_silence import Watched

LINGER = 1.0  # seconds that a closed connection waits for what was written to be acknowledged
POLL = 0.01  # seconds: aioquic has no event for it
_BAD_CERTIFICATE = 0x100 + 42  # CRYPTO_ERROR (RFC 9001, 4.8) of the TLS alert bad_certificate
_LOG = logging.getLogger(__name__)

Send = Callable[[bytes, Any], Awaitable[None]]  # a datagram and the address it goes to
Named = Callable[[bytes, bool], None]  # a connection id, and whether it is ours from now on or no more


class QuicConn(IMuxedConn, Watched):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Trio thread only.  `peer_id` is known once `established` is set."""

    peer_id: Any
    negotiated_security_protocol = "/tls/1.0.0"

    def __init__(self, quic: MeteredQuic, remote: Any, address: Any, send: Send, named: Named) -> None:
        """`remote` is a socket address, `address` its multiaddr."""
        self.quic = quic
        self.event_started = trio.Event()  # py-libp2p waits for it
        self.event_started.set()
        self._remote, self._address = remote, address
        self._send, self._named = send, named
        self._settled = trio.Event()  # the handshake is over, well or not
        self._proved = False
        self._over = trio.Event()
        self._wake = trio.Event()
        self.streams: dict[int, QuicStream] = {}
        self._inbox_in, self._inbox = trio.open_memory_channel[QuicStream](math.inf)  # bounded by the peer's limit

    # Running it

    async def run(self) -> None:
        """Until the connection is over; never raises but when it is cancelled."""
        try:
            while not self._over.is_set():
                self._wake = trio.Event()
                await self._flush()
                timer = self.quic.get_timer()
                with trio.move_on_at(math.inf if timer is None else timer):
                    await self._wake.wait()
                if timer is not None and trio.current_time() >= timer:
                    self.quic.handle_timer(trio.current_time())
                    self._take_events()
        except Exception as error:  # noqa: BLE001 - one connection of one peer; every other goes on
            _LOG.debug("A QUIC connection ended with %r", error)
        finally:
            self._end()

    def receive(self, data: bytes, remote: Any) -> None:
        """A datagram that came for this connection."""
        if self._over.is_set():
            return
        before = self.quic.idle_until
        try:
            self.quic.receive_datagram(data, remote, trio.current_time())
            self._take_events()
        except Exception as error:  # noqa: BLE001 - as in `run`: a peer made these bytes
            _LOG.debug("A datagram broke a QUIC connection: %r", error)
            self._end()
        if self.quic.idle_until != before:  # the peer's own, and not anybody's
            self.heard()
        self.wake()
        for stream in list(self.streams.values()):
            stream.stir()

    def lost(self) -> None:
        """The way to the peer is gone."""
        self._end()

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def established(self) -> bool:
        """Once the handshake is over: whether the other end has proved who it is."""
        await self._settled.wait()
        return self._proved and not self._over.is_set()

    async def _flush(self) -> None:
        for data, remote in self.quic.datagrams_to_send(trio.current_time()):
            await self._send(data, remote)
        if self.quic.waits_for_word:
            self.said()
        for stream_id in [one for one in self.streams if self.quic.is_over(one)]:
            del self.streams[stream_id]

    def _take_events(self) -> None:
        while (event := self.quic.next_event()) is not None:
            match event:
                case events.HandshakeCompleted():
                    self._check_peer()
                case events.StreamDataReceived(data=data, end_stream=ended, stream_id=stream_id):
                    self._stream(stream_id).received(data, ended)
                case events.StreamReset(stream_id=stream_id):
                    self._stream(stream_id).was_reset()
                case events.StopSendingReceived(stream_id=stream_id):
                    self._stream(stream_id).not_wanted()
                case events.ConnectionIdIssued(connection_id=connection_id):
                    self._named(connection_id, True)
                case events.ConnectionIdRetired(connection_id=connection_id):
                    self._named(connection_id, False)
                case events.ConnectionTerminated():
                    self._end()

    def _check_peer(self) -> None:
        shown = [self.quic.tls._peer_certificate, *self.quic.tls._peer_certificate_chain]
        try:
            self.peer_id = ID.from_string(proved_peer(shown))
            self._proved = True
        except NotProved as error:
            _LOG.debug("A QUIC peer did not prove who it is: %s", error)
            self.quic.close(error_code=_BAD_CERTIFICATE)
        self._settled.set()

    def _stream(self, stream_id: int) -> QuicStream:
        stream = self.streams.get(stream_id)
        if stream is None:
            stream = self.streams[stream_id] = QuicStream(self, stream_id)
            if self._is_theirs(stream_id):
                self._inbox_in.send_nowait(stream)
        return stream

    def _is_theirs(self, stream_id: int) -> bool:
        return (stream_id % 2 == 0) != self.is_initiator

    def _end(self) -> None:
        self._over.set()
        self._settled.set()
        self._inbox_in.close()
        self._wake.set()
        for stream in self.streams.values():
            stream.stir()

    # See `Watched`

    def ask(self) -> None:
        self.quic.send_ping(0)
        self.wake()

    def round_trip(self) -> float | None:
        return self.quic.rtt or None

    async def cut(self) -> None:
        self._end()
        await trio.lowlevel.checkpoint()

    # What py-libp2p uses

    @property
    def unread_limit(self) -> int:
        return self.quic.window

    @unread_limit.setter
    def unread_limit(self, limit: int) -> None:
        self.quic.window = limit
        self.wake()

    @property
    def unread(self) -> int:
        """Bytes received and not yet read."""
        return sum(stream.unread for stream in self.streams.values())

    @property
    def is_initiator(self) -> bool:
        return bool(self.quic.configuration.is_client)

    @property
    def is_established(self) -> bool:
        return self._proved and not self._over.is_set()

    @property
    def is_closed(self) -> bool:
        return self._over.is_set()

    async def start(self) -> None:
        """Nothing: it runs since the handshake."""
        await trio.lowlevel.checkpoint()

    async def open_stream(self) -> QuicStream:
        """Errors: MuxedConnUnavailable."""
        await trio.lowlevel.checkpoint()
        if self._over.is_set():
            raise MuxedConnUnavailable("The connection is closed.")
        stream_id = self.quic.get_next_available_stream_id()
        self.quic.send_stream_data(stream_id, b"")  # the next one is another
        return self._stream(stream_id)

    async def accept_stream(self) -> QuicStream:
        """Errors: MuxedConnUnavailable once the connection is over.

        py-libp2p then resets every stream, so whoever still reads what arrived is given a moment.
        """
        try:
            return await self._inbox.receive()
        except trio.EndOfChannel as error:
            with trio.move_on_after(LINGER):
                while self.unread:  # noqa: ASYNC110 - see POLL
                    await trio.sleep(POLL)
            raise MuxedConnUnavailable("The connection is closed.") from error

    async def close(self) -> None:
        """Tell the peer; what was written is given a moment to arrive."""
        if self._over.is_set():
            return
        with trio.move_on_after(LINGER) as scope:
            scope.shield = True
            while not (self.quic.all_acknowledged or self._over.is_set()):  # noqa: ASYNC110 - see POLL
                await trio.sleep(POLL)
        self.quic.close()
        with trio.move_on_after(LINGER) as scope:
            scope.shield = True
            await self._flush()
        self._end()

    def get_remote_address(self) -> tuple[str, int] | None:
        host, port, *_ = self._remote
        return host, port

    def get_transport_addresses(self) -> list[Any]:
        return [self._address]

    def get_connection_type(self) -> Any:
        return ConnectionType.DIRECT
