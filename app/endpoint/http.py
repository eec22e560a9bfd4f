"""A small HTTP/1.1 server for ASGI applications, on loopback only.  Trio thread.

Every wait has an end: a client that sends or reads slowly loses its connection, and none keeps the server from being
stopped.  Bodies are read whole, up to a limit, before the application sees the request; when the client leaves, the
application is cancelled.
"""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import h11
import trio

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

log = logging.getLogger("app")
ADDRESSES = ("127.0.0.1", "::1")
_CHUNK = 65536
_LINGER = 1.0  # seconds


@dataclass(frozen=True)
class Limits:
    """Bytes and seconds."""

    connections: int = 32
    head: int = 32 * 1024
    body: int = 4 * 1024 * 1024
    read: float = 15.0  # for a whole head, then for a whole body; also how long an idle connection stays open
    write: float = 30.0  # for one piece to be taken


class _Gone(Exception):
    """The client left, or was too slow."""


async def serve(app: App, port: int, started: Callable[[int], None], limits: Limits | None = None) -> None:
    """Until cancelled.  `port` 0: any that is free; `started` is called with the one that is used.

    Errors: OSError where the port is taken.
    """
    bounds = limits or Limits()
    listeners = await _listeners(port)
    handler = functools.partial(_connection, app, bounds, trio.CapacityLimiter(bounds.connections))
    try:
        started(int(listeners[0].socket.getsockname()[1]))
        await trio.serve_listeners(handler, listeners)
    finally:
        with trio.CancelScope(shield=True):
            for listener in listeners:
                await listener.aclose()


async def _listeners(port: int) -> list[trio.SocketListener]:
    first, *_ = await trio.open_tcp_listeners(port, host=ADDRESSES[0])
    taken = first.socket.getsockname()[1]
    try:
        return [first, *await trio.open_tcp_listeners(taken, host=ADDRESSES[1])]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:  # somebody else answers there to whoever asks for "localhost"
            await first.aclose()
            raise
        return [first]  # no IPv6 here


async def _connection(app: App, limits: Limits, room: trio.CapacityLimiter, stream: trio.SocketStream) -> None:
    try:
        room.acquire_on_behalf_of_nowait(stream)
    except trio.WouldBlock:
        await stream.aclose()
        return
    try:
        connection = _Connection(app, limits, stream)
        while await connection.exchange():
            pass
    except (_Gone, trio.BrokenResourceError, trio.ClosedResourceError, h11.LocalProtocolError):
        pass  # the client left, or the application broke off in the middle of its answer
    except Exception as error:  # noqa: BLE001 - one connection's failure is no reason to end the others
        log.error("a connection ended with %s", type(error).__name__)  # noqa: TRY400 - a trace may hold what was said
    finally:
        room.release_on_behalf_of(stream)
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
            await stream.aclose()


@dataclass
class _Connection:
    app: App
    limits: Limits
    stream: trio.SocketStream
    http: h11.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=self.limits.head)

    async def exchange(self) -> bool:
        """One request and its response; whether another may follow."""
        try:
            with trio.fail_after(self.limits.read):
                request = await self._next()
            if not isinstance(request, h11.Request):
                return False
            with trio.fail_after(self.limits.read):
                body = await self._body(request)
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)
            return False
        except trio.TooSlowError:
            return False
        if body is None:
            await self._refuse(413)
            return False
        await self._run(_scope(request), body)
        if self.http.our_state is not h11.DONE or self.http.their_state is not h11.DONE:
            return False
        self.http.start_next_cycle()
        return True

    async def _next(self) -> Any:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self._write(self.http.send(h11.InformationalResponse(status_code=100, headers=[])))
            self.http.receive_data(await self.stream.receive_some(_CHUNK))
        return event

    async def _body(self, request: h11.Request) -> bytes | None:
        """None where it is too large."""
        stated = next((value for name, value in request.headers if name == b"content-length"), b"0")
        if int(stated) > self.limits.body:
            return None
        body = bytearray()
        while isinstance(event := await self._next(), h11.Data):
            body += event.data
            if len(body) > self.limits.body:
                return None
        return bytes(body)

    async def _run(self, scope: Scope, body: bytes) -> None:
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        left = trio.Event()

        async def receive() -> Message:
            if messages:
                return messages.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def watch() -> None:
            """Until the client leaves.  What it sends ahead waits for its turn, up to a bound."""
            ahead = 0
            while data := await self.stream.receive_some(_CHUNK):
                ahead += len(data)
                if ahead > self.limits.head:
                    await trio.sleep_forever()
                self.http.receive_data(data)
            left.set()
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._guarded, watch, nursery.cancel_scope)
            await self._guarded(functools.partial(self.app, scope, receive, self._send), nursery.cancel_scope)
            nursery.cancel_scope.cancel()

    async def _guarded(self, work: Callable[[], Awaitable[None]], scope: trio.CancelScope) -> None:
        """A lost client ends the request, whichever side of it notices."""
        try:
            await work()
        except (_Gone, trio.BrokenResourceError, trio.ClosedResourceError):
            scope.cancel()

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, value) for name, value in message["headers"]]
            await self._write(self.http.send(h11.Response(status_code=message["status"], headers=headers)))
            return
        data = b""
        if message.get("body"):
            data = self.http.send(h11.Data(data=message["body"])) or b""
        if not message.get("more_body"):
            data += self.http.send(h11.EndOfMessage()) or b""
        await self._write(data)

    async def _write(self, data: bytes | None) -> None:
        with trio.move_on_after(self.limits.write) as scope:
            await self.stream.send_all(data or b"")
        if scope.cancelled_caught:
            raise _Gone

    async def _refuse(self, status: int) -> None:
        if self.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = [("content-length", "0"), ("connection", "close")]
        data = self.http.send(h11.Response(status_code=status, headers=headers)) or b""
        await self._write(data + (self.http.send(h11.EndOfMessage()) or b""))
        await self.stream.send_eof()
        with trio.move_on_after(_LINGER):  # closed with bytes unread, the kernel would take the answer back
            while await self.stream.receive_some(_CHUNK):
                pass


def _scope(request: h11.Request) -> Scope:
    path, _, query = request.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.http_version.decode("ascii"),
        "method": request.method.decode("ascii"),
        "scheme": "http",
        "path": unquote(path.decode("ascii", "replace")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name, value) for name, value in request.headers],
        "client": None,
        "server": None,
    }
