"""aioquic's connection with credit for what was read, and with bounds where a peer decides how much is kept.

credit            aioquic 1.7.2 doubles a stream's window whenever half of it has arrived, read or not, so that nothing
                  holds a writer back; here a peer may send what was read and one window more, and aioquic ends the
                  connection of one who sends over that
pieces            bytes out of order are kept in a list of ranges that a peer can make as long as its window allows
one-way streams   libp2p has none, so a peer may open none
the client's key  a server of libp2p asks for the client's certificate
"""

from __future__ import annotations

from typing import Any

from aioquic._buffer import Buffer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection, QuicConnectionError, QuicReceiveContext
from aioquic.quic.packet import QuicErrorCode
from aioquic.quic.packet_builder import QuicPacketBuilder
from aioquic.quic.recovery import QuicPacketSpace
from aioquic.quic.stream import QuicStream

from p2p.host_limits import KIB

STREAM_WINDOW = 256 * KIB  # unread bytes of one stream; 64 streams of a contact fill the connection's window
PIECES = 1024  # ranges of one stream; a window in packets out of order has 230


class MeteredQuic(QuicConnection):
    """`window`: bytes received and not yet read, of all streams together.  It may grow, and does not shrink."""

    def __init__(self, *, configuration: QuicConfiguration, window: int, **named: Any) -> None:
        configuration.max_data, configuration.max_stream_data = window, STREAM_WINDOW
        super().__init__(configuration=configuration, **named)
        self._window = window
        self._taken = 0  # bytes of all streams that were read or dropped
        self._local_max_streams_uni.value = 0
        self._local_max_streams_uni.sent = 0

    @property
    def window(self) -> int:
        return self._window

    @window.setter
    def window(self, window: int) -> None:
        self._window = max(self._window, window)
        self._credit()

    @property
    def idle_until(self) -> float | None:
        """When silence ends the connection: later with every packet of the peer that proved to be one."""
        return self._close_at

    @property
    def waits_for_word(self) -> bool:
        """Something was sent that the peer must acknowledge and has not."""
        return self._loss.bytes_in_flight > 0

    @property
    def rtt(self) -> float:
        """Seconds; 0 before the first."""
        return self._loss._rtt_smoothed if self._loss._rtt_initialized else 0.0

    def arrived(self, stream_id: int) -> int:
        """Bytes of a stream up to the highest that the peer has used of its credit."""
        stream = self._streams.get(stream_id)
        return stream.receiver.highest_offset if stream else 0

    def unacknowledged(self, stream_id: int) -> int:
        """Bytes written to a stream that the peer has not acknowledged."""
        stream = self._streams.get(stream_id)
        return stream.sender._buffer_stop - stream.sender._buffer_start if stream else 0

    @property
    def all_acknowledged(self) -> bool:
        return all(stream.sender.is_finished or not len(stream.sender._buffer) for stream in self._streams.values())

    def is_over(self, stream_id: int) -> bool:
        """Both sides of a stream have ended, and the peer knows."""
        return stream_id not in self._streams

    def take(self, stream_id: int, count: int, of_stream: int) -> bool:
        """Credit `count` bytes that were read or dropped, `of_stream` with those before; whether to tell the peer."""
        self._taken += count
        tell = self._credit()
        stream = self._streams.get(stream_id)
        if stream is not None and not stream.receiver.is_finished:
            wanted = of_stream + STREAM_WINDOW
            if wanted - stream.max_stream_data_local >= STREAM_WINDOW // 4:
                stream.max_stream_data_local = wanted
                tell = True
        return tell

    def drop_pieces(self, stream_id: int) -> None:
        """Forget what lies out of order of a stream that was reset."""
        stream = self._streams.get(stream_id)
        if stream is not None and stream.receiver.is_finished:
            stream.receiver._buffer.clear()

    def _credit(self) -> bool:
        wanted = self._taken + self._window
        if wanted - self._local_max_data.value < self._window // 4:
            return False
        self._local_max_data.value = wanted
        return True

    # Below: what aioquic calls

    def _initialize(self, peer_cid: bytes) -> None:
        super()._initialize(peer_cid)
        self.tls._request_client_certificate = True  # a client has no use for it

    def _handle_stream_frame(self, context: QuicReceiveContext, frame_type: int, buf: Buffer) -> None:
        start = buf.tell()
        stream_id = buf.pull_uint_var()
        buf.seek(start)
        super()._handle_stream_frame(context, frame_type, buf)
        stream = self._streams.get(stream_id)
        if stream is not None and len(stream.receiver._ranges) > PIECES:
            raise QuicConnectionError(QuicErrorCode.INTERNAL_ERROR, frame_type, "Too many pieces")

    def _write_connection_limits(self, builder: QuicPacketBuilder, space: QuicPacketSpace) -> None:
        limit = self._local_max_data
        used, limit.used = limit.used, 0  # nothing is used: nothing is doubled
        try:
            super()._write_connection_limits(builder, space)
        finally:
            limit.used = used

    def _write_stream_limits(self, builder: QuicPacketBuilder, space: QuicPacketSpace, stream: QuicStream) -> None:
        receiver = stream.receiver
        highest, receiver.highest_offset = receiver.highest_offset, 0  # as above
        try:
            super()._write_stream_limits(builder, space, stream)
        finally:
            receiver.highest_offset = highest
