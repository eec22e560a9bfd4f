"""One libp2p stream, without libp2p's types: bytes in order in both directions, with backpressure and time limits.

Two faults of py-libp2p 0.8.1 are kept from the callers:
  a reader who pauses for 5 s makes the writer fail   here the writer waits for room, as long as `idle` allows
  a lost connection reads like a proper end           here it is the error `lost`
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import trio

from p2p.host_errors import HostFailed
from p2p.host_libp2p import IOException, MuxedStreamError, StreamEOF
from p2p.host_limits import MIB, Limits

CHUNK = 64 * 1024 - 12  # what py-libp2p puts in one Yamux frame at most
RESET_TIMEOUT = 2.0  # seconds: telling the peer is a courtesy
CLOSE_TIMEOUT = 5.0  # seconds to wait for the peer's end
CLOSE_UNWANTED = MIB  # bytes that may still come meanwhile, which is what the window lets be on its way
WINDOW_POLL = 0.01  # seconds: py-libp2p has no event for the peer's window


class Stream:
    """A stream to `peer_id` that speaks `protocol`.  Trio thread only; one reader and one writer at a time.

    As a context manager it is closed at the end of the block, and reset when the block raised.
    Every method but `reset` raises HostFailed `lost` (the stream or its connection is gone) and `too-slow`.
    """

    def __init__(self, stream: Any, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._ended = False  # the peer has said that no more comes
        self._ahead = b""  # what came with something that was read, and was not asked for yet
        self.peer_id = str(stream.muxed_conn.peer_id)
        self.protocol = str(stream.get_protocol())

    def __repr__(self) -> str:
        return f"<Stream {self.protocol} with {self.peer_id}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.close()
        else:
            await self.reset()

    async def read_some(self, limit: int = CHUNK) -> bytes:
        """At least one byte and at most `limit`; b"" once the peer has ended its side properly."""
        if self._ahead:
            data, self._ahead = self._ahead[:limit], self._ahead[limit:]
            return data
        return await self._receive(limit)

    async def has_more(self) -> bool:
        """Wait for a byte, which the next reading gets; False once the peer has ended its side properly."""
        if not self._ahead:
            self._ahead = await self._receive(CHUNK)
        return bool(self._ahead)

    async def _receive(self, limit: int) -> bytes:
        data = b""
        with trio.move_on_after(self._limits.idle) as scope:
            try:
                data = await self._stream.read(limit)
            except StreamEOF as error:
                if self._is_lost():
                    raise HostFailed("lost", "The connection ended in the middle of a stream.") from error
            except _GONE as error:
                raise _lost() from error
        if scope.cancelled_caught:
            raise _too_slow(self._limits.idle)
        self._ended = self._ended or not data
        return data

    async def read_exactly(self, count: int) -> bytes:
        """`count` bytes; `lost` when the stream ends before.

        A peer must be faster than the limits' `slowest`: one that sends a byte now and then does not hold us.
        """
        if count <= len(self._ahead):
            return await self.read_some(count) if count else b""
        received = bytearray()
        with self._within(self._limits.idle + count / self._limits.slowest):
            while len(received) < count:
                data = await self.read_some(min(count - len(received), CHUNK))
                if not data:
                    raise HostFailed("lost", f"The stream ended after {len(received)} of {count} bytes.")
                received += data
        return bytes(received)

    async def write(self, data: bytes) -> None:
        """Returns when all of it is on its way; waits while the peer reads slower than we write (backpressure)."""
        view = memoryview(data)
        while view:
            with trio.move_on_after(self._limits.idle) as scope:
                try:
                    room = await self._room()
                    await self._stream.write(bytes(view[:room]))
                except _GONE as error:
                    raise _lost() from error
            if scope.cancelled_caught:
                raise _too_slow(self._limits.idle)
            view = view[room:]

    async def end(self) -> None:
        """Say that nothing more comes from this side; reading goes on."""
        with self._within(self._limits.idle), _mapped():
            await self._stream.close_write()

    async def close(self) -> None:
        """End this side, wait a little for the peer's end, and give everything back.  Never raises."""
        unwanted = 0
        with trio.move_on_after(CLOSE_TIMEOUT):
            try:
                await self.end()
                while not self._ended and unwanted <= CLOSE_UNWANTED:
                    unwanted += len(await self.read_some())
            except HostFailed:
                self._ended = False
        if self._ended:
            with trio.move_on_after(RESET_TIMEOUT), suppress(HostFailed), _mapped():
                await self._stream.close()
                return
        await self.reset()

    async def reset(self) -> None:
        """Drop the stream in both directions.  Never raises, and does its work in a cancelled scope too."""
        with trio.move_on_after(RESET_TIMEOUT) as scope:
            scope.shield = True
            await self._stream.reset()  # py-libp2p raises nothing here

    @property
    def is_quiet(self) -> bool:
        """Open in both directions, and nothing has come that was not read."""
        muxed = self._stream.muxed_stream
        closed = getattr(muxed, "closed", False) or getattr(muxed, "recv_closed", False)
        return not (self._ahead or self._ended or closed or self._is_lost())

    def is_of(self, connection: Any) -> bool:
        """Whether this stream is one of this libp2p connection's."""
        return connection is not None and self._stream.swarm_conn is connection

    async def _room(self) -> int:
        """How many bytes can be written without waiting for the peer; waits for the first."""
        muxed = self._stream.muxed_stream
        while muxed.send_window <= 0 and not muxed.closed:  # noqa: ASYNC110 - see WINDOW_POLL
            await trio.sleep(WINDOW_POLL)
        return max(1, min(CHUNK, int(muxed.send_window)))

    def _is_lost(self) -> bool:
        muxed, connection = self._stream.muxed_stream, self._stream.muxed_conn
        shutting = getattr(connection, "event_shutting_down", None)
        return bool(
            getattr(muxed, "reset_received", False)
            or connection.is_closed
            or (shutting is not None and shutting.is_set())
        )

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        try:
            with trio.fail_after(seconds):
                yield
        except trio.TooSlowError as error:
            raise _too_slow(seconds) from error


_GONE = (
    IOException,
    MuxedStreamError,
    ValueError,
    OSError,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
)


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except _GONE as error:
        raise _lost() from error


def _lost() -> HostFailed:
    return HostFailed("lost", "The stream to the peer was reset or its connection lost.")


def _too_slow(seconds: float) -> HostFailed:
    return HostFailed("too-slow", f"The peer was silent or too slow for {seconds:g} s.")
