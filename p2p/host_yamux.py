"""Yamux with py-libp2p 0.8.1's gaps closed (read in its source).

a peer may ignore the window                  what is received and unread is bounded, and the connection ended beyond
a reset stream's unread bytes stay for 60 s   they are dropped with the stream
a cancelled write leaves half a frame         nothing after it could be decoded: the connection ends there and then
`close` waits for a peer that reads nothing   it waits `CLOSE_TIMEOUT`, and closes the socket
every reading sends a frame of credit         it is sent once half of the window is used, as the specification has it
"""

from __future__ import annotations

from typing import Any

import trio

from p2p.host_libp2p import YAMUX, MuxerMultistream, TProtocol, Yamux, YamuxStream, yamux_module
from p2p.host_limits import MIB

WINDOW = 1 * MIB  # the receive window of a stream may grow to this; py-libp2p lets it grow to 16 MiB
CLOSE_TIMEOUT = 2.0  # seconds


class TooMuchUnread(trio.TooSlowError):
    """Of this type because it is the one error of a frame's body that py-libp2p ends the whole connection for."""


class GuardedYamux(Yamux):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """`unread_limit`: bytes received and not yet read, of all streams together; set before the peer may send."""

    unread_limit = 1 * MIB
    overrun = False  # the peer sent more than that; the connection is ended for it

    @property
    def unread(self) -> int:
        return sum(map(len, self.stream_buffers.values()))

    async def _read_data_body(self, length: int) -> bytes:
        if self.unread + length > self.unread_limit:
            self.overrun = True
            raise TooMuchUnread
        body: bytes = await super()._read_data_body(length)
        return body

    def _finalize_stream_locked(self, stream: Any, *, fully_closed: bool) -> None:
        buffer = self.stream_buffers.get(stream.stream_id)
        if fully_closed and stream.reset_received and buffer:
            buffer.clear()
        super()._finalize_stream_locked(stream, fully_closed=fully_closed)

    async def _write_frame(self, data: bytes) -> None:
        async with self._write_lock:
            await trio.lowlevel.checkpoint()  # a scope already cancelled ends here, before the first byte
            try:
                await self.secured_conn.write(data)
            except trio.Cancelled:
                with trio.CancelScope(shield=True):
                    await self.secured_conn.close()  # closes the socket; does not wait for the peer
                raise

    async def close(self, error_code: int = 0) -> None:
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            await super().close(error_code)
        if scope.cancelled_caught and not self.event_closed.is_set():
            await self._cleanup_on_error()


class ThriftyStream(YamuxStream):  # type: ignore[misc]  # as above
    """Gives the peer room again in pieces of half a window: a short request and its answer cost no frame of it."""

    async def _auto_tune_and_send_window_update(self, *, bytes_read: int = 0) -> None:
        unread = len(self.conn.stream_buffers.get(self.stream_id, b""))
        if self.target_recv_window - self.recv_window - unread >= self._grow_threshold():
            await super()._auto_tune_and_send_window_update(bytes_read=bytes_read)


class GuardedMuxers(MuxerMultistream):  # type: ignore[misc]  # as above
    """Yamux and nothing else, as GuardedYamux: py-libp2p's own names the class it makes."""

    def __init__(self) -> None:
        super().__init__({TProtocol(YAMUX): GuardedYamux})
        yamux_module.MAX_WINDOW_SIZE = WINDOW
        yamux_module.YamuxStream = ThriftyStream

    async def new_conn(self, conn: Any, peer_id: Any) -> Any:
        protocol, _ = await self._selector.select(conn, conn.is_initiator, self.negotiate_timeout)
        muxed = GuardedYamux(conn, peer_id, is_initiator=conn.is_initiator)
        return self._annotate_connection(muxed, conn, protocol)
