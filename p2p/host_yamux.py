"""Yamux with py-libp2p 0.8.1's gaps closed (read in its source).

a peer may ignore the window                  what is received and unread is bounded, and the connection ended beyond
a reset stream's unread bytes stay for 60 s   they are dropped with the stream
a cancelled write leaves half a frame         nothing after it could be decoded: the connection ends there and then
`close` waits for a peer that reads nothing   it waits `CLOSE_TIMEOUT`, and closes the socket
every reading sends a frame of credit         it is sent once half of the window is used, as the specification has it
its ping notices nothing                      it is sent when the line's silence asks for it (host_silence.py)
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import trio

from p2p.host_libp2p import YAMUX, MuxerMultistream, RawConnection, TProtocol, Yamux, YamuxStream, yamux_module
from p2p.host_limits import MIB
from p2p.host_silence import Watched
from p2p.host_tcp import abort_when_closed, last_sign

WINDOW = 1 * MIB  # the receive window of a stream may grow to this; py-libp2p lets it grow to 16 MiB
CLOSE_TIMEOUT = 2.0  # seconds


class TooMuchUnread(trio.TooSlowError):
    """Of this type because it is the one error of a frame's body that py-libp2p ends the whole connection for."""


class GuardedYamux(Yamux, Watched):  # type: ignore[misc]  # py-libp2p is not followed by mypy
    """`unread_limit`: bytes received and not yet read, of all streams together; set before the peer may send."""

    unread_limit = 1 * MIB
    overrun = False  # the peer sent more than that; the connection is ended for it

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._wanted = trio.Event()  # a ping
        self._socket = _overheard(self.secured_conn, self.heard)

    @property
    def unread(self) -> int:
        return sum(map(len, self.stream_buffers.values()))

    def ask(self) -> None:
        self._wanted.set()

    def last_sign(self) -> float | None:
        return last_sign(self._socket)

    def round_trip(self) -> float | None:
        return self.rtt() or None

    async def cut(self) -> None:
        with trio.move_on_after(CLOSE_TIMEOUT) as scope:
            scope.shield = True
            if self._socket is not None:
                abort_when_closed(self._socket)
            await self.secured_conn.close()  # the socket first: a writer that waits for room holds locks
            await self._cleanup_on_error()

    async def _measure_rtt_loop(self) -> None:
        """In the place of py-libp2p's own, which pings every 30 s and draws no conclusion: a ping when it is wanted."""
        while not self.event_shutting_down.is_set():
            self._wanted = trio.Event()
            self._ping_id += 1
            frame = struct.pack(yamux_module.YAMUX_HEADER_FORMAT, 0, _PING, _SYN, 0, self._ping_id)
            self._ping_sent_time = trio.current_time()
            try:
                await self._write_frame(frame)
            except Exception as error:  # noqa: BLE001 - py-libp2p raises many unrelated types: the line has ended
                del error
                return
            await self._wanted.wait()

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
        self.said()
        async with self._write_lock:
            await trio.lowlevel.checkpoint()  # a scope already cancelled ends here, before the first byte
            try:
                await self.secured_conn.write(data)
            except trio.Cancelled:
                with trio.CancelScope(shield=True):
                    await self.secured_conn.close()  # closes the socket; does not wait for the peer
                raise
        if self._socket is None and len(data) > yamux_module.HEADER_SIZE and self.silence is not None:
            self.silence.sign()  # no kernel speaks for a peer behind a relay, but a relay takes no more than it passes

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


_PING, _SYN = 2, 1  # Yamux's own ping, which every implementation answers: a type and a flag


class _Overheard:
    """A stream of bytes, and `heard` whenever some came."""

    def __init__(self, inner: Any, heard: Callable[[], None]) -> None:
        self._inner = inner
        self._heard = heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def read(self, n: int | None = None) -> bytes:
        data: bytes = await self._inner.read(n)
        if data:
            self._heard()
        return data


def _overheard(secured: Any, heard: Callable[[], None]) -> Any:
    """Listen at the raw connection below `secured`; its socket, or None where there is none (a relayed one)."""
    below = secured
    while below is not None and not isinstance(below, RawConnection):
        below = next((getattr(below, name) for name in _BELOW if hasattr(below, name)), None)
    if below is None:
        return None
    inner = below.stream
    below.stream = _Overheard(inner, heard)
    return getattr(getattr(inner, "stream", None), "socket", None)


_BELOW = ("conn", "read_writer", "read_write_closer")  # from Noise's session down to the raw connection


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
