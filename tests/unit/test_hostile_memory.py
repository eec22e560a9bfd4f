"""What contacts can make a host hold, in bytes: measured from outside, on a process of its own that they flood.

Three contacts at once each offer 96 MiB that nobody reads on streams whose window they ignore, and leave forty requests
of 60 kB half said.  By the limits the host holds, for each of them, `buffered_by_contact` (16 MiB) unread and 64
requests of `message` (64 KiB): 60 MiB together.  The process may grow by half as much again, for what surrounds it.
It grew by 59 MiB when this was written, and by 299 MiB with the limit taken away.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import pytest
import trio

from p2p.host_limits import MIB, Limits
from p2p.identity import new_host_key
from p2p.node import Host, HostFailed
from tests.unit.p2p_fixtures import PATIENCE

ATTACKERS = 3
OFFERED = 96 * MIB
BOUND = ATTACKERS * (Limits().buffered_by_contact + Limits().streams_of_contact * Limits().message) * 3 // 2
VICTIM = """
import json, sys, trio
from p2p.identity import new_host_key
from p2p.node import Host

async def echo(peer, request):
    return request

async def hold(peer, stream):
    await trio.sleep_forever()

def most():
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024

async def main():
    async with Host(new_host_key(), ["/ip4/127.0.0.1/tcp/0"]) as host:
        host.serve("/echo/1", echo)
        host.serve_stream("/hold/1", hold)
        print(json.dumps(list(host.addresses)), flush=True)
        for _ in sys.stdin.fileno(), 0:
            await trio.to_thread.run_sync(sys.stdin.readline)
            print(most(), flush=True)

trio.run(main)
"""


async def flood(address: str) -> int:
    """How much could be offered."""
    offered = 0
    async with Host(new_host_key()) as host:
        peer = host.know(address)
        with contextlib.suppress(HostFailed):
            for _ in range(40):
                request = await host.open_stream(peer, "/echo/1", PATIENCE)
                await request.write(b"\xff\xff\x03" + bytes(60_000))
            stream = await host.open_stream(peer, "/hold/1", PATIENCE)
            stream._stream.muxed_stream.send_window = 2**40
            while offered < OFFERED:
                await stream.write(bytes(65_000))
                offered += 65_000
    return offered


@pytest.mark.skipif(sys.platform != "linux", reason="the largest size of a process is read where Linux tells it")
async def test_floods_of_several_contacts_take_no_more_memory_than_the_limits_say() -> None:
    with subprocess.Popen([sys.executable, "-c", VICTIM], stdin=-1, stdout=-1, text=True) as victim:  # noqa: ASYNC220 - it is there at once
        assert victim.stdin is not None
        assert victim.stdout is not None
        (address,) = json.loads(await trio.to_thread.run_sync(victim.stdout.readline))
        async with Host(new_host_key()) as friend:
            friend.know(address)
            assert await friend.request(victim_of(address), "/echo/1", b"?", PATIENCE) == b"?"
            before = await size(victim)
            async with trio.open_nursery() as nursery:
                for _ in range(ATTACKERS):
                    nursery.start_soon(flood, address)
            assert await friend.request(victim_of(address), "/echo/1", b"?", PATIENCE) == b"?"
        grown = await size(victim) - before
        assert 0 <= grown < BOUND


def victim_of(address: str) -> str:
    return address.rsplit("/", 1)[1]


async def size(victim: subprocess.Popen[str]) -> int:
    """The most memory it has had, in bytes."""
    assert victim.stdin is not None
    assert victim.stdout is not None
    victim.stdin.write("\n")
    victim.stdin.flush()
    return int(await trio.to_thread.run_sync(victim.stdout.readline))
