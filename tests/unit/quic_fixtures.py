"""Hosts over QUIC on loopback, and a way between them that a test can make as bad as it likes."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import trio

from p2p.host_limits import Limits
from p2p.node import Host, Stream
from tests.unit.p2p_fixtures import two_hosts

QUIC = "/ip4/127.0.0.1/udp/0/quic-v1"
ECHO, FLOW = "/nuee/test/echo/1", "/nuee/test/flow/1"


@asynccontextmanager
async def two_over_quic(limits: Limits | None = None) -> AsyncIterator[tuple[Host, Host]]:
    async with two_hosts(limits, QUIC) as (server, client):
        yield server, client


async def echo(_: str, stream: Stream) -> None:
    """Reads until the end, then sends it back."""
    received = bytearray()
    while data := await stream.read_some():
        received += data
    await stream.write(bytes(received))


async def read_all(stream: Stream) -> bytes:
    received = bytearray()
    while data := await stream.read_some():
        received += data
    return bytes(received)


class Way:
    """A proxy for datagrams.  `loss`, `twice` and `late` are chances from 0 to 1; `cut` lets nothing through."""

    def __init__(self, target: tuple[str, int], seed: int) -> None:
        self.loss = self.twice = self.late = 0.0
        self.cut = False
        self.port = 0
        self._target = target
        self._chance = random.Random(seed)
        self._front = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._near: tuple[str, int] | None = None
        self._nursery: trio.Nursery | None = None

    async def run(self, nursery: trio.Nursery) -> None:
        await self._front.bind(("127.0.0.1", 0))
        await self._back.bind(("127.0.0.1", 0))
        self.port = self._front.getsockname()[1]
        self._nursery = nursery
        nursery.start_soon(self._there)
        nursery.start_soon(self._back_again, self._back)

    async def move(self) -> None:
        """The near end has another address from now on, as after a network change."""
        old, self._back = self._back, trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        await self._back.bind(("127.0.0.1", 0))
        assert self._nursery is not None
        self._nursery.start_soon(self._back_again, self._back)
        old.close()

    def close(self) -> None:
        self._front.close()
        self._back.close()

    async def _there(self) -> None:
        while True:
            data, self._near = await self._front.recvfrom(65536)
            await self._pass(partial(self._back.sendto, data, self._target))

    async def _back_again(self, back: trio.socket.SocketType) -> None:
        while True:
            try:
                data, _ = await back.recvfrom(65536)
            except (trio.ClosedResourceError, OSError):
                return
            near = self._near
            assert near is not None
            await self._pass(partial(self._front.sendto, data, near))

    async def _pass(self, send: Callable[[], Awaitable[object]]) -> None:
        if self.cut or self._chance.random() < self.loss:
            return
        assert self._nursery is not None
        if self._chance.random() < self.late:
            self._nursery.start_soon(self._later, send)
            return
        for _ in range(2 if self._chance.random() < self.twice else 1):
            await send()

    async def _later(self, send: Callable[[], Awaitable[object]]) -> None:
        await trio.sleep(self._chance.uniform(0.001, 0.02))
        if not self.cut:
            await send()


@asynccontextmanager
async def bad_way(server: Host, seed: int = 1) -> AsyncIterator[tuple[Way, str]]:
    """The way and the address that leads through it to `server`."""
    port = int(server.addresses[0].split("/")[4])
    way = Way(("127.0.0.1", port), seed)
    try:
        async with trio.open_nursery() as nursery:
            await way.run(nursery)
            yield way, f"/ip4/127.0.0.1/udp/{way.port}/quic-v1/p2p/{server.peer_id}"
            nursery.cancel_scope.cancel()
    finally:
        way.close()  # when nobody reads from it any more
