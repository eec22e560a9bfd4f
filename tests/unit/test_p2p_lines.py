"""Lines of the past: a peer that comes back is spoken to where it is now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import trio

from p2p.host_limits import Limits
from p2p.identity import new_host_key, peer_id
from p2p.node import Host, HostFailed
from tests.paths import ROOT
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, until

ECHO = "/nuee/test/echo/1"
NEVER = Limits(health_interval=600, health_timeout=600)  # nothing is noticed by waiting
PEER = """
import sys
import trio
from p2p.node import Host

async def echo(_, request):
    return b"of the past"

async def main():
    async with Host(bytes.fromhex(sys.argv[1])) as host:
        host.serve(sys.argv[3], echo)
        await host.connect(sys.argv[2], 60)
        print("there", flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


@asynccontextmanager
async def frozen(key: bytes, address: str) -> AsyncIterator[None]:
    """A peer that has connected and then stands still, with its connection open."""
    command = [sys.executable, "-c", PEER, key.hex(), address, ECHO]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        try:
            assert process.stdout
            assert await trio.to_thread.run_sync(process.stdout.readline)
            os.kill(process.pid, signal.SIGSTOP)
            yield
        finally:
            process.kill()


async def echo(_: str, request: bytes) -> bytes:
    return request


async def test_a_stale_connection_never_stands_before_a_fresh_one() -> None:
    """What hangs on the stale one makes it no better; whoever asks anew is answered on the fresh one."""
    key, events = new_host_key(), list[tuple[str, str]]()
    async with (
        Host(new_host_key(), [LOOPBACK], limits=NEVER, on_event=lambda *event: events.append(event)) as host,
        frozen(key, host.addresses[0]),
        trio.open_nursery() as nursery,
    ):

        async def hang() -> None:
            with suppress(HostFailed):
                await host.open_stream(peer_id(key), ECHO, PATIENCE)

        await until(lambda: host.ways(peer_id(key)))
        nursery.start_soon(hang)
        async with Host(key) as fresh:
            fresh.serve(ECHO, echo)
            await fresh.connect(host.addresses[0], PATIENCE)
            await until(lambda: ("again", peer_id(key)) in events)
            assert await host.request(peer_id(key), ECHO, b"now", PATIENCE) == b"now"
            nursery.cancel_scope.cancel()


async def test_a_connection_is_doubted_when_its_peer_connects_again() -> None:
    key = new_host_key()
    async with Host(new_host_key(), [LOOPBACK], limits=NEVER) as host, frozen(key, host.addresses[0]):
        await until(lambda: host.ways(peer_id(key)))
        (stale,) = host.ways(peer_id(key))
        async with Host(key) as fresh:
            await fresh.connect(host.addresses[0], PATIENCE)
            await until(lambda: len(host.ways(peer_id(key))) == 1)
            assert host.ways(peer_id(key))[0].address != stale.address


async def test_a_peer_that_listens_everywhere_says_where_that_is() -> None:
    everywhere = "/ip4/0.0.0.0/tcp/0"
    async with Host(new_host_key(), [LOOPBACK]) as host, Host(new_host_key(), [everywhere]) as peer:
        await peer.connect(host.addresses[0], PATIENCE)
        await until(lambda: host.told(peer.peer_id))
        told = host.told(peer.peer_id)
        assert not any("/0.0.0.0/" in address for address in told)
        assert any(address.startswith("/ip4/127.0.0.1/tcp/") for address in told)


async def test_a_peer_that_has_moved_is_known_where_it_is_now() -> None:
    key = new_host_key()
    async with Host(new_host_key(), [LOOPBACK]) as host:
        for _ in range(2):
            async with Host(key, [LOOPBACK]) as peer:
                await peer.connect(host.addresses[0], PATIENCE)
                await until(lambda peer=peer: host.told(peer.peer_id) == peer.addresses)  # type: ignore[misc]
            await until(lambda: not host.connected)
