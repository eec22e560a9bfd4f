"""What strangers and broken peers may cost a host: counts, never times."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from p2p.host_conduct import BAN_AT
from p2p.host_limits import Limits
from p2p.identity import new_host_key, peer_id
from p2p.node import Host, HostFailed, Stream
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, Contacts, two_hosts, until

ECHO = "/nuee/test/echo/1"
FLOW = "/nuee/test/flow/1"


async def echo(_: str, request: bytes) -> bytes:
    return request


async def test_three_hundred_connections_one_after_the_other_are_all_accepted() -> None:
    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        for number in range(300):
            await client.connect(server.addresses[0], PATIENCE)
            await client.disconnect(server.peer_id)
            if number % 50 == 49:
                assert await client.request(server.peer_id, ECHO, b"there", PATIENCE) == b"there"
        await until(lambda: door(server).inside <= 1)


async def test_connections_are_limited() -> None:
    limits = Limits(connections=3)
    async with Host(new_host_key(), [LOOPBACK], limits=limits) as server, several(5) as others:
        reached = [await reaches(other, server) for other in others]
        await until(lambda: len(server.connected) <= 3)
    assert reached.count(True) == 3


async def test_a_peer_has_few_connections_and_the_newest_stay() -> None:
    async with Host(new_host_key(), [LOOPBACK], limits=Limits(connections_per_peer=2)) as server:
        key = new_host_key()
        async with Host(key) as one, Host(key) as two, Host(key) as three:
            for host in (one, two, three):
                await host.connect(server.addresses[0], PATIENCE)
            await until(lambda: not one.connected)
            assert len(server.ways(peer_id(key))) == 2
            assert two.connected
            assert three.connected


async def test_one_address_has_few_connections() -> None:
    limits = Limits(connections_per_address=3)
    async with Host(new_host_key(), [LOOPBACK], limits=limits) as server, several(5) as others:
        assert [await reaches(other, server) for other in others].count(True) == 3


async def test_a_thousand_silent_connections_take_no_place_of_a_contact() -> None:
    limits = Limits(handshakes_per_address=8, handshake_time=PATIENCE)
    async with Host(new_host_key(), [LOOPBACK], limits=limits) as server, Host(new_host_key()) as friend:
        port = int(server.addresses[0].split("/")[4])
        async with contextlib.AsyncExitStack() as sockets:
            for _ in range(1000):
                flood = await trio.open_tcp_stream("127.0.0.1", port, local_address="127.0.0.2")
                await sockets.enter_async_context(flood)
            assert door(server).inside <= 8
            assert await reaches(friend, server)
        await until(lambda: door(server).inside == 1)


async def test_a_handshake_that_never_ends_is_ended() -> None:
    async with Host(new_host_key(), [LOOPBACK], limits=Limits(handshake_time=0.3)) as server:
        socket = await trio.open_tcp_stream("127.0.0.1", int(server.addresses[0].split("/")[4]))
        await socket.send_all(b"\x13/multistream/1.0.0\n")
        await until(lambda: door(server).inside == 0)
        with trio.fail_after(PATIENCE):
            while await socket.receive_some():
                pass
        await socket.aclose()


async def test_garbage_is_no_handshake() -> None:
    async with two_hosts() as (server, client):
        for garbage in (
            b"\0" * 4096,
            b"\xff" * 4096,
            b"GET / HTTP/1.1\r\n\r\n",
            b"\x13/multistream/1.0.0\n\x07/noise\n" * 9,
        ):
            socket = await trio.open_tcp_stream("127.0.0.1", int(server.addresses[0].split("/")[4]))
            with contextlib.suppress(trio.BrokenResourceError):
                await socket.send_all(garbage)
            await socket.aclose()
        await until(lambda: door(server).inside == 0)
        await client.connect(server.addresses[0], PATIENCE)


async def test_a_peer_has_few_streams_at_a_time() -> None:
    inside = 0

    async def hold(_: str, stream: Stream) -> None:
        nonlocal inside
        inside += 1
        await stream.read_some()

    async with two_hosts(Limits(streams_of_contact=5, health_interval=PATIENCE)) as (server, client):
        server.serve_stream(FLOW, hold)
        opened = []
        for _ in range(20):
            with contextlib.suppress(HostFailed):
                opened.append(await client.open_stream(server.peer_id, FLOW, PATIENCE))
        await until(lambda: inside == len(opened))
        assert 1 <= inside <= 5  # identify and a ping may hold a place of their own
        await opened[0].reset()
        while inside == len(opened):
            with contextlib.suppress(HostFailed):
                await client.open_stream(server.peer_id, FLOW, PATIENCE)


async def test_a_flood_of_streams_bans_the_peer() -> None:
    async def hold(_: str, stream: Stream) -> None:
        await stream.read_some()

    async with two_hosts(Limits(streams_of_contact=5)) as (server, client):
        server.serve_stream(FLOW, hold)
        for _ in range(1000):
            try:
                await client.open_stream(server.peer_id, FLOW, PATIENCE)
            except HostFailed:
                if server.banned_until(client.peer_id):
                    break
        await until(lambda: not server.connected)
        await until(lambda: streams(server) == 0)
        assert server.banned_until(client.peer_id)


async def test_a_peer_that_ignores_the_window_is_cut_off_with_memory_bounded() -> None:
    limit = 512 * 1024
    most = 0

    async def hold(_: str, __: Stream) -> None:
        await trio.sleep_forever()

    async with two_hosts(Limits(buffered_by_contact=limit, health_interval=0.2)) as (server, client):
        server.serve_stream(FLOW, hold)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        await until(lambda: server.connected)
        (connection,) = server._open().get_network().get_connections()
        stream._stream.muxed_stream.send_window = 2**40
        with contextlib.suppress(HostFailed):
            for _ in range(1000):
                await stream.write(bytes(65_000))
                most = max(most, connection.muxed_conn.unread)
        await until(lambda: not server.connected)
        assert 0 < most <= limit
        assert connection.muxed_conn.unread == 0


async def test_what_a_reset_stream_left_unread_is_dropped() -> None:
    async def ignore(_: str, __: Stream) -> None:
        await until(lambda: connection.muxed_conn.unread > 0)
        raise HostFailed("lost", "not wanted")

    async with two_hosts() as (server, client):
        server.serve_stream(FLOW, ignore)
        await client.connect(server.addresses[0], PATIENCE)
        await until(lambda: server.connected)
        (connection,) = server._open().get_network().get_connections()
        for _ in range(10):
            stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
            with contextlib.suppress(HostFailed):
                await stream.write(bytes(60_000))
                await stream.read_some()
            await until(lambda: connection.muxed_conn.unread == 0)


async def test_a_handler_that_breaks_ends_its_stream_alone() -> None:
    async def broken(_: object) -> None:
        raise LookupError

    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        server._open().set_stream_handler(FLOW, broken)  # as py-libp2p's own protocols are set
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        with pytest.raises(HostFailed):
            await stream.read_exactly(1)
        assert await client.request(server.peer_id, ECHO, b"on", PATIENCE) == b"on"


async def test_a_request_sent_a_byte_at_a_time_is_ended() -> None:
    asked = False

    async def note(_: str, request: bytes) -> bytes:
        nonlocal asked
        asked = True
        return request

    async with two_hosts(Limits(request_time=0.5)) as (server, client):
        server.serve(ECHO, note)
        stream = await client.open_stream(server.peer_id, ECHO, PATIENCE)
        with pytest.raises(HostFailed), trio.fail_after(PATIENCE):  # noqa: PT012 - the server ends it, sooner or later
            await stream.write(b"\x7f")
            while True:
                await stream.write(b"x")
                await trio.sleep(0.1)
        await until(lambda: streams(server) == 0)
    assert not asked


async def test_a_stream_on_which_nothing_comes_is_ended() -> None:
    async def wait(_: str, stream: Stream) -> None:
        await stream.read_some()

    async with two_hosts(Limits(idle=0.3)) as (server, client):
        server.serve_stream(FLOW, wait)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        with pytest.raises(HostFailed) as caught:
            await stream.read_some()
    assert caught.value.code == "lost"


async def test_a_message_below_the_slowest_pace_is_ended() -> None:
    async def read(_: str, stream: Stream) -> None:
        await stream.read_exactly(2000)

    async with two_hosts(Limits(idle=5, slowest=10_000)) as (server, client):
        server.serve_stream(FLOW, read)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        sent = 0
        with contextlib.suppress(HostFailed):
            for _ in range(1999):
                await stream.write(b"x")
                sent += 1
                await trio.sleep(0.05)
    assert 10 < sent < 1000


async def test_requests_over_the_limit_ban_the_peer() -> None:
    async with two_hosts(Limits(message=10)) as (server, client):
        server.serve(ECHO, echo)
        for _ in range(20):
            with contextlib.suppress(HostFailed):
                await client.request(server.peer_id, ECHO, bytes(11), PATIENCE)
            if server.banned_until(client.peer_id):
                break
        await until(lambda: not server.connected)
        with pytest.raises(HostFailed):
            await client.request(server.peer_id, ECHO, b"sorry", within=5)


async def test_a_banned_peer_may_come_back_after_a_pardon() -> None:
    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        await server.report(client.peer_id, BAN_AT)
        assert not await serves(server, client)
        await until(lambda: not client.connected)
        server.pardon(client.peer_id)
        assert await serves(server, client)


async def test_a_blocked_peer_is_not_let_in_and_sent_away() -> None:
    gate = Contacts()
    limits = Limits(health_interval=0.1)
    async with Host(new_host_key(), [LOOPBACK], gate=gate, limits=limits) as server, Host(new_host_key()) as client:
        client.know(server.addresses[0])
        await client.reach(server.peer_id, PATIENCE)
        await until(lambda: server.connected)
        gate.blocked.add(client.peer_id)
        await until(lambda: not server.connected)
        server.serve(ECHO, echo, strangers=True)
        assert not await serves(server, client)


async def test_strangers_leave_places_for_contacts() -> None:
    gate = Contacts()
    async with Host(new_host_key(), [LOOPBACK], gate=gate, limits=Limits(strangers=2)) as server, several(5) as others:
        server.serve(ECHO, echo, strangers=True)
        assert [await serves(server, other) for other in others].count(True) == 2
        async with Host(new_host_key()) as friend:
            gate.contacts.add(friend.peer_id)
            assert await serves(server, friend)


async def test_a_stranger_may_not_stay() -> None:
    limits, gate = Limits(stranger_time=0.3, health_interval=0.1), Contacts()
    async with Host(new_host_key(), [LOOPBACK], gate=gate, limits=limits) as server, Host(new_host_key()) as other:
        await other.connect(server.addresses[0], PATIENCE)
        await until(lambda: not server.connected and door(server).inside == 0)


async def test_a_peer_that_was_not_reached_is_not_dialled_again_at_once() -> None:
    async with Host(new_host_key()) as host:
        nobody = peer_id(new_host_key())
        host.know(f"/ip4/127.0.0.1/tcp/1/p2p/{nobody}")
        codes = []
        for _ in range(2):
            with pytest.raises(HostFailed) as caught:
                await host.reach(nobody, PATIENCE)
            codes.append(caught.value.code)
    assert codes == ["unreachable", "backing-off"]


async def test_a_working_address_is_found_among_dead_ones() -> None:
    async with two_hosts() as (server, client):
        for port in (1, 2, 3):
            client.know(f"/ip4/127.0.0.1/tcp/{port}/p2p/{server.peer_id}")
        await client.reach(server.peer_id, PATIENCE)
        assert client.connected


def door(host: Host) -> Any:
    return host._open().get_network().door


def streams(host: Host) -> int:
    return int(host._open().get_network().inbound_streams.total())


async def reaches(client: Host, server: Host) -> bool:
    """Whether a ping comes back: a connection that is refused after its handshake is none."""
    try:
        await client.ping(server.addresses[0], PATIENCE)
    except HostFailed:
        return False
    return True


async def serves(server: Host, client: Host) -> bool:
    try:
        await client.connect(server.addresses[0], PATIENCE)
        return await client.request(server.peer_id, ECHO, b"?", PATIENCE) == b"?"
    except HostFailed:
        return False


@asynccontextmanager
async def several(count: int) -> AsyncIterator[list[Host]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Host(new_host_key())) for _ in range(count)]
