"""One QUIC stream as py-libp2p sees a stream: every byte in order, a real end, a reset as an error, backpressure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import trio

from p2p.host_libp2p import IMuxedStream, MuxedStreamClosed, MuxedStreamEOF, MuxedStreamReset
from p2p.host_limits import KIB

if TYPE_CHECKING:
    from p2p.host_quic_connection import QuicConn

UNACKNOWLEDGED = 256 * KIB  # bytes written and not yet acknowledged; a writer waits beyond
NOT_WANTED = 0  # the error code of a reset or stop: libp2p gives it no meaning


class QuicStream(IMuxedStream):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """Trio thread only; one reader and one writer at a time.  Unread bytes are bounded by the credit given for them."""

    def __init__(self, connection: QuicConn, stream_id: int) -> None:
        self.muxed_conn = connection
        self.stream_id = stream_id
        self.reset_received = False
        self._connection = connection
        self._unread = bytearray()
        self._taken = 0  # bytes credited to the peer
        self._ended = False  # the peer has said that no more comes
        self._deaf = False  # we read no more
        self._mute = False  # we write no more
        self._unwanted = False  # the peer reads no more
        self._changed = trio.Event()

    # What py-libp2p and p2p.host_stream use

    @property
    def closed(self) -> bool:
        return self.reset_received or self._connection.is_closed or (self._mute and self._deaf)

    @property
    def unread(self) -> int:
        return len(self._unread)

    @property
    def send_window(self) -> int:
        """Always room: `write` itself waits for the peer."""
        return UNACKNOWLEDGED

    async def read(self, n: int | None = None) -> bytes:
        """At least one byte and at most `n`; without `n` all until the end.

        Errors: MuxedStreamEOF at the end, MuxedStreamReset (by either side, or the connection is lost).
        """
        if n is None or n < 0:
            return await self._read_all()
        await trio.lowlevel.checkpoint()
        while not self._unread:
            if self.reset_received or self._deaf or (self._connection.is_closed and not self._ended):
                raise MuxedStreamReset("The stream was reset.")
            if self._ended:
                raise MuxedStreamEOF("The stream has ended.")
            await self._changed.wait()
        data = bytes(self._unread[:n])
        del self._unread[:n]
        self._take(len(data))
        return data

    async def _read_all(self) -> bytes:
        """The bytes until the peer's end; their number is up to the peer, as with py-libp2p's Yamux."""
        received = bytearray()
        try:
            while True:
                received += await self.read(64 * KIB)
        except MuxedStreamEOF:
            return bytes(received)

    async def write(self, data: bytes) -> None:
        """Returns when all is on its way.  Errors: MuxedStreamClosed after our end, MuxedStreamReset."""
        await trio.lowlevel.checkpoint()
        view = memoryview(data)
        while view:
            if self.reset_received or self._unwanted or self._connection.is_closed:
                raise MuxedStreamReset("The stream was reset.")
            if self._mute:
                raise MuxedStreamClosed("The stream is closed for writing.")
            room = UNACKNOWLEDGED - self._connection.quic.unacknowledged(self.stream_id)
            if room <= 0:
                await self._changed.wait()
                continue
            self._connection.quic.send_stream_data(self.stream_id, bytes(view[:room]))
            self._connection.wake()
            view = view[room:]

    async def close_write(self) -> None:
        """Say that nothing more comes from this side; reading goes on."""
        await trio.lowlevel.checkpoint()
        self._end()

    async def close(self) -> None:
        """Say that nothing more comes, and that nothing more is wanted."""
        await trio.lowlevel.checkpoint()
        self._end()
        self._stop_reading()

    async def reset(self) -> None:
        """Drop the stream in both directions, what is under way included."""
        self._drop()
        self._stop_reading()
        await trio.lowlevel.checkpoint()

    def set_deadline(self, ttl: int) -> None:
        """Not offered: callers bound their waits themselves."""
        raise NotImplementedError("A QUIC stream has no deadline of its own.")

    def get_remote_address(self) -> tuple[str, int] | None:
        return self._connection.get_remote_address()

    async def __aenter__(self) -> Self:
        return self

    # What the connection tells

    def received(self, data: bytes, ended: bool) -> None:
        if self._deaf:
            self._take(len(data))
        else:
            self._unread += data
        self._ended = self._ended or ended
        self.stir()

    def was_reset(self) -> None:
        """The peer dropped its side: what was not read is of no use any more."""
        self.reset_received = True
        self._unread.clear()
        self._take(self._connection.quic.arrived(self.stream_id) - self._taken)
        self._connection.quic.drop_pieces(self.stream_id)
        self._drop()
        self.stir()

    def not_wanted(self) -> None:
        """The peer reads no more."""
        self._unwanted = True
        self.stir()

    def stir(self) -> None:
        """Something changed: whoever waits looks again."""
        self._changed.set()
        self._changed = trio.Event()

    def _end(self) -> None:
        if not self._mute:
            self._mute = True
            quic = self._connection.quic
            if not (self._unwanted or self._connection.is_closed or quic.is_over(self.stream_id)):
                quic.send_stream_data(self.stream_id, b"", end_stream=True)
                self._connection.wake()

    def _drop(self) -> None:
        """Nothing more is written, not even what is under way."""
        self._mute = True
        quic = self._connection.quic
        if not (self._connection.is_closed or quic.is_over(self.stream_id)):
            quic.reset_stream(self.stream_id, NOT_WANTED)
            self._connection.wake()

    def _stop_reading(self) -> None:
        if self._deaf:
            return
        self._deaf = True
        unread = len(self._unread)
        self._unread.clear()
        self._take(unread)
        quic = self._connection.quic
        if not (self._ended or self.reset_received or self._connection.is_closed or quic.is_over(self.stream_id)):
            quic.stop_stream(self.stream_id, NOT_WANTED)
            self._connection.wake()
        self.stir()

    def _take(self, count: int) -> None:
        self._taken += count
        if self._connection.quic.take(self.stream_id, count, self._taken):
            self._connection.wake()
