"""A TCP or TLS stream to a server that may be slow, silent or hostile.

Nothing here waits without end: connecting takes at most 20 s, the next byte at most 60 s, and everything between two
calls of `allow` as long as its bytes would take on a line of 4 KiB/s.  `stop` is asked at least once in a second.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

from storage import tls
from storage.sync import Stop, SyncFailed

CONNECT_SECONDS = 20.0
READ_SECONDS = 60.0
SLOWEST = 4096  # bytes per second; a server that gives less over a whole answer is given up
_PATIENCE = 120.0  # seconds that every answer may take besides
_TICK = 0.5  # seconds between two looks at `stop`
_PIECE = 64 * 1024
_IN_PROGRESS = (errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK))


_T = TypeVar("_T")


class Stopped(Exception):
    """The program wants to end this; nothing went wrong."""


class TooMuch(SyncFailed):
    """The server sends more than it was asked for."""

    def __init__(self) -> None:
        super().__init__("source-broken", "The mail server sends far more than it was asked for.")


class Wire:
    """Blocking; one thread at a time.  Errors: SyncFailed, Stopped."""

    def __init__(self, host: str, port: int, stop: Stop) -> None:
        self._host = host
        self._stop = stop
        self._buffer = bytearray()
        self._socket = self._connect(host, port)
        self.allow(_PIECE)

    def allow(self, count: int) -> None:
        """The next answers may have `count` bytes together, and the time that these take."""
        self._left = count
        self._deadline = time.monotonic() + _PATIENCE + count / SLOWEST

    def secure(self, context: ssl.SSLContext) -> None:
        """Begin TLS and verify the certificate.

        Whatever came before in the clear may be somebody else's: it is an error, not the beginning of what follows.
        """
        if self._buffer:
            raise SyncFailed("source-tls", f"{self._host} spoke before the connection was encrypted.")
        deadline = time.monotonic() + CONNECT_SECONDS
        try:
            wrapped = context.wrap_socket(self._socket, server_hostname=self._host, do_handshake_on_connect=False)
            self._socket = wrapped
            self._until_done(wrapped.do_handshake, deadline)
        except (OSError, ValueError) as error:
            self.close()
            ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
            if isinstance(error, OSError) and (ended or not isinstance(error, ssl.SSLError)):
                sentence = f"{self._host} closed the connection before it was encrypted; does this port speak TLS?"
                raise SyncFailed("source-unreachable", sentence) from error
            sentence = tls.problem(error, self._host) if isinstance(error, ssl.SSLError) else str(error)
            raise SyncFailed("source-tls", sentence) from error

    def readline(self, limit: int) -> bytes:
        """One line with its end.  Errors: TooMuch where it is longer than `limit` bytes."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise TooMuch
            self._more()
        if end >= limit:
            raise TooMuch
        return self._take(end + 1)

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes."""
        if count > self._left + len(self._buffer):
            raise TooMuch
        while len(self._buffer) < count:
            self._more()
        return self._take(count)

    def line_within(self, seconds: float, limit: int) -> bytes | None:
        """The next line, or None where none is complete after `seconds`; allowed anew by every line."""
        self.allow(2 * limit)
        until = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            if len(self._buffer) > limit:
                raise TooMuch
            if not self._pending() and not self._wait(self._socket, reading=True, seconds=until - time.monotonic()):
                if time.monotonic() >= until:
                    return None
                continue
            self._more()
        return self._take(self._buffer.find(b"\n") + 1)

    def send(self, data: bytes) -> None:
        """Errors: SyncFailed where the server takes nothing for a minute."""
        rest = memoryview(data)
        while rest:
            piece = bytes(rest[:_PIECE])
            rest = rest[self._transfer(lambda: self._socket.send(piece), time.monotonic() + READ_SECONDS) :]  # noqa: B023

    def peer(self) -> str:
        """The address of the other end."""
        return str(self._socket.getpeername()[0])

    def close(self) -> None:
        """Drop the connection.  May be called again."""
        self._buffer.clear()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _pending(self) -> bool:
        """Whether TLS has bytes that it took off the socket already."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _take(self, count: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken

    def _more(self) -> None:
        deadline = min(time.monotonic() + READ_SECONDS, self._deadline)
        data = self._transfer(lambda: self._socket.recv(_PIECE), deadline)
        if not data:
            raise SyncFailed("source-unreachable", f"{self._host} closed the connection.")
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch
        self._buffer += data

    def _transfer(self, work: Callable[[], _T], deadline: float) -> _T:
        try:
            return self._until_done(work, deadline)
        except OSError as error:
            raise SyncFailed("source-unreachable", f"The connection to {self._host} broke.") from error

    def _until_done(self, work: Callable[[], _T], deadline: float) -> _T:
        """`work` on the socket, which never blocks, again and again until it does not ask to wait."""
        while True:
            try:
                return work()
            except (BlockingIOError, ssl.SSLWantReadError):
                reading = True
            except ssl.SSLWantWriteError:
                reading = False
            if time.monotonic() >= deadline:
                raise SyncFailed("source-unreachable", f"{self._host} does not answer, or far too slowly.")
            self._wait(self._socket, reading=reading)

    def _wait(self, on: socket.socket, *, reading: bool, seconds: float = _TICK) -> bool:
        """Whether it is ready; False after `seconds`, at most a tick."""
        if self._stop():
            raise Stopped
        seconds = max(0.0, min(seconds, _TICK))
        if not hasattr(select, "poll"):  # Windows
            ready = select.select([on] if reading else [], [] if reading else [on], [], seconds)
            return any(ready)
        poller = select.poll()  # `select.select` fails on descriptors from 1,024 on
        poller.register(on, select.POLLIN if reading else select.POLLOUT)
        return bool(poller.poll(seconds * 1000))

    def _connect(self, host: str, port: int) -> socket.socket:
        """To the first address that answers.  Looking the name up takes as long as the system lets it."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            sentence = f"The mail server {host} could not be found; is there a network, and is the name right?"
            raise SyncFailed("source-unreachable", sentence) from error
        until = time.monotonic() + CONNECT_SECONDS
        for place, (family, kind, protocol, _, address) in enumerate(found):
            one = socket.socket(family, kind, protocol)
            share = (until - time.monotonic()) / (len(found) - place)
            try:
                if self._connected(one, address, time.monotonic() + share):
                    return one
            except BaseException:
                one.close()
                raise
            one.close()
        raise SyncFailed("source-unreachable", f"{host} does not answer on port {port}.")

    def _connected(self, one: socket.socket, address: tuple[object, ...], until: float) -> bool:
        one.setblocking(False)
        if one.connect_ex(address) not in (0, *_IN_PROGRESS):
            return False
        while not self._wait(one, reading=False):
            if time.monotonic() >= until:
                return False
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
