"""Who is there, how they are reached, and noticing that they are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import trio

from p2p.host_limits import Limits
from p2p.identity import new_host_key
from p2p.node import Host
from tests.paths import ROOT
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, until

PEER = """
import trio
from p2p.identity import new_host_key
from p2p.node import Host

async def main():
    async with Host(new_host_key(), ["/ip4/127.0.0.1/tcp/0"]) as host:
        print(host.addresses[0], flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


async def test_coming_and_going_are_told_once() -> None:
    events: list[tuple[str, str]] = []
    async with Host(new_host_key(), [LOOPBACK], on_event=lambda *event: events.append(event)) as host:
        async with Host(new_host_key()) as peer:
            await peer.connect(host.addresses[0], PATIENCE)
            await until(lambda: events)
        await until(lambda: len(events) == 2)
    assert events == [("connected", peer.peer_id), ("disconnected", peer.peer_id)]


async def test_a_way_tells_address_direction_and_round_trip() -> None:
    limits = Limits(health_interval=0.1)
    async with Host(new_host_key(), [LOOPBACK]) as host, Host(new_host_key(), limits=limits) as peer:
        await peer.connect(host.addresses[0], PATIENCE)
        await until(lambda: peer.ways(host.peer_id)[0].rtt)
        (there,), (back,) = peer.ways(host.peer_id), host.ways(peer.peer_id)
        assert there.address.split("/p2p/")[0] == host.addresses[0].split("/p2p/")[0]
    assert (there.transport, there.relay, there.inbound, back.inbound) == ("tcp", "", False, True)


async def test_a_peer_that_is_not_connected_has_no_way() -> None:
    async with Host(new_host_key(), [LOOPBACK]) as host, Host(new_host_key()) as peer:
        assert host.ways(peer.peer_id) == ()


async def test_the_addresses_a_peer_gives_for_itself_are_known() -> None:
    async with Host(new_host_key(), [LOOPBACK]) as host, Host(new_host_key(), [LOOPBACK]) as peer:
        await peer.connect(host.addresses[0], PATIENCE)
        await until(lambda: host.told(peer.peer_id))
        assert host.told(peer.peer_id) == peer.addresses


async def test_a_peer_that_dialled_once_is_found_again_where_it_said_it_listens() -> None:
    async with Host(new_host_key(), [LOOPBACK]) as host, Host(new_host_key(), [LOOPBACK]) as peer:
        await peer.connect(host.addresses[0], PATIENCE)
        await until(lambda: host.told(peer.peer_id))
        await host.disconnect(peer.peer_id)
        await host.reach(peer.peer_id, PATIENCE)
        assert not host.ways(peer.peer_id)[0].inbound


async def test_a_frozen_peer_is_noticed() -> None:
    events: list[tuple[str, str]] = []
    hasty = Limits(health_interval=0.2, health_timeout=5)
    command = [sys.executable, "-c", PEER]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as frozen:  # noqa: ASYNC220
        try:
            assert frozen.stdout
            address = (await trio.to_thread.run_sync(frozen.stdout.readline)).strip()
            async with Host(new_host_key(), limits=hasty, on_event=lambda *event: events.append(event)) as host:
                peer = await host.connect(address, PATIENCE)
                await until(lambda: host.ways(peer)[0].rtt)
                os.kill(frozen.pid, signal.SIGSTOP)
                await until(lambda: ("disconnected", peer) in events)
        finally:
            frozen.kill()
