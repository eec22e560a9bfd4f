"""Bytes that no honest peer sends: the node survives them, serves others meanwhile, and its memory is bounded."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psutil
import pytest
import trio

from p2p.host_errors import HostFailed
from p2p.host_limits import MIB
from p2p.node import Host
from tests.faults.pair import Pair
from tests.unit.p2p_fixtures import PATIENCE, two_hosts

SEED = 20261122
ATTACKERS = 40  # connections at a time: more than one address may have
BOUND = 64 * MIB  # what the node's process may grow by under attack, Python's own overhead included
SECONDS = 2.0
Attack = Callable[[socket.socket, random.Random, threading.Event], None]


def garbage(line: socket.socket, chance: random.Random, over: threading.Event) -> None:
    line.sendall(chance.randbytes(chance.randrange(1, 5000)))
    over.wait(0.05)


def endless(line: socket.socket, chance: random.Random, over: threading.Event) -> None:
    """What begins like a peer and never stops."""
    line.sendall(b"\x13/multistream/1.0.0\n")
    while not over.is_set():
        line.sendall(chance.randbytes(65536))


def slow(line: socket.socket, chance: random.Random, over: threading.Event) -> None:
    for byte in b"\x13/multistream/1.0.0\n\x07/noise\n" + chance.randbytes(1000):
        line.sendall(bytes([byte]))
        if over.wait(1):
            return


def knocking(line: socket.socket, chance: random.Random, over: threading.Event) -> None:
    """A flood of connections: the next one comes at once."""


@contextmanager
def attacked(nodes: Pair, source: str, attack: Attack) -> Iterator[list[int]]:
    """Bob is, from an address that is nobody's, while the block lasts; the count of connections so far."""
    over, count = threading.Event(), [0]
    target = (nodes.link.addresses["b"][-1], 4001)

    def run(number: int) -> None:
        chance = random.Random(SEED + number)
        while not over.is_set():
            with contextlib.suppress(OSError), nodes.link.connect("a", source, target) as line:
                count[0] += 1
                line.settimeout(1)
                attack(line, chance, over)
            over.wait(0.01)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(ATTACKERS)]
    for thread in threads:
        thread.start()
    try:
        yield count
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.fixture(scope="module")
def stranger(running: Pair) -> str:
    return running.link.add("a", 200)


@pytest.mark.parametrize("attack", [garbage, endless, slow, knocking])
def test_a_node_under_attack_serves_others_and_does_not_grow(nodes: Pair, stranger: str, attack: Attack) -> None:
    process = psutil.Process(nodes.bob.pid)
    before = process.memory_info().rss
    most, tasks, start = before, 0, time.monotonic()
    with attacked(nodes, stranger, attack) as count:
        while tasks < 1 or time.monotonic() - start < SECONDS:
            task = nodes.alice.announce()
            assert nodes.both_ended(task) == ("done", "done")
            tasks += 1
            most = max(most, process.memory_info().rss)
        attacks = count[0]
    print(f"{attack.__name__}: {attacks} connections, {tasks} tasks done, grew by {(most - before) / MIB:.1f} MiB")
    assert attacks >= 1
    assert most - before < BOUND


@pytest.mark.parametrize("after", [0, 300, 1200])
async def test_bytes_that_come_twice_end_the_connection_and_nothing_else(after: int) -> None:
    """In the handshake or behind it: what was said is never heard twice."""

    async def echo(_: str, request: bytes) -> bytes:
        heard.append(request)
        return request

    heard: list[bytes] = []
    async with two_hosts() as (server, client), trio.open_nursery() as nursery:
        server.serve("/nuee/test/echo/1", echo)
        bare, _, peer = server.addresses[0].partition("/p2p/")
        port = await nursery.start(_repeating, int(bare.rpartition("/")[2]), after)
        client.forget(peer)
        with pytest.raises(HostFailed):
            await asked_through(client, f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer}")
        assert len(heard) == len(set(heard))
        await client.disconnect(peer)
        await client.connect(server.addresses[0], PATIENCE)
        assert await client.request(peer, "/nuee/test/echo/1", b"there", PATIENCE) == b"there"
        nursery.cancel_scope.cancel()


async def asked_through(client: Host, address: str) -> None:
    """Ask until it fails."""
    peer = await client.connect(address, PATIENCE)
    for number in range(100):
        await client.request(peer, "/nuee/test/echo/1", bytes([number]), PATIENCE)


async def _repeating(target: int, after: int, task_status: Any) -> None:
    """A relay that says what comes after so many bytes of the client twice."""

    async def relay(client: trio.SocketStream) -> None:
        async with client, await trio.open_tcp_stream("127.0.0.1", target) as server, trio.open_nursery() as nursery:
            nursery.start_soon(_pass, server, client, None)
            await _pass(client, server, after)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, relay, 0, host="127.0.0.1"))
        task_status.started(listener.socket.getsockname()[1])


async def _pass(source: trio.SocketStream, sink: trio.SocketStream, twice_after: int | None) -> None:
    passed = 0
    with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        async for data in source:
            passed += len(data)
            await sink.send_all(data * 2 if twice_after is not None and passed > twice_after else data)
        await sink.send_eof()
