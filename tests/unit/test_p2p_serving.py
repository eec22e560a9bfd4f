"""What a host serves to its peers and asks of them, between real hosts on loopback."""

from __future__ import annotations

import logging

import pytest
import trio
import trio.testing

from p2p.host_limits import Limits
from p2p.identity import new_host_key, peer_id
from p2p.node import Host, HostFailed, Refused, Stream
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, Contacts, two_hosts, until

ECHO = "/nuee/test/echo/1"
FLOW = "/nuee/test/flow/1"


async def echo(_: str, request: bytes) -> bytes:
    return request


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 65_536])
async def test_a_request_comes_back_answered(size: int) -> None:
    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        assert await client.request(server.peer_id, ECHO, b"x" * size, PATIENCE) == b"x" * size


async def test_the_handler_is_told_who_asks() -> None:
    async def whoever(peer: str, _: bytes) -> bytes:
        return peer.encode()

    async with two_hosts() as (server, client):
        server.serve(ECHO, whoever)
        assert await client.request(server.peer_id, ECHO, b"", PATIENCE) == client.peer_id.encode()


async def test_what_is_served_before_the_host_runs_is_served() -> None:
    host = Host(new_host_key(), [LOOPBACK])
    host.serve(ECHO, echo)
    async with host, Host(new_host_key()) as client:
        client.know(host.addresses[0])
        assert await client.request(host.peer_id, ECHO, b"early", PATIENCE) == b"early"


async def test_the_one_that_was_dialled_can_ask_back() -> None:
    async with two_hosts() as (server, client):
        client.serve(ECHO, echo)
        await client.connect(server.addresses[0], PATIENCE)
        await until(lambda: server.connected)
        assert await server.request(client.peer_id, ECHO, b"back", PATIENCE) == b"back"


async def test_an_error_of_the_handler_arrives_as_its_code() -> None:
    async def busy(_: str, __: bytes) -> bytes:
        raise Refused("busy")

    async with two_hosts() as (server, client):
        server.serve(ECHO, busy)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"", PATIENCE)
    assert (caught.value.code, caught.value.detail) == ("peer-error", "busy")


async def test_a_broken_handler_tells_the_peer_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: str, __: bytes) -> bytes:
        raise LookupError("secret")

    caplog.set_level(logging.ERROR, "p2p")
    async with two_hosts() as (server, client):
        server.serve(ECHO, broken)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"", PATIENCE)
        server.serve(ECHO, echo)
        assert await client.request(server.peer_id, ECHO, b"on", PATIENCE) == b"on"
    assert (caught.value.code, caught.value.detail) == ("peer-error", "failed")
    assert "secret" in caplog.text


async def test_a_handler_that_takes_too_long_is_answered_for() -> None:
    async def never(_: str, __: bytes) -> bytes:
        await trio.sleep_forever()
        raise AssertionError

    async with two_hosts(Limits(answer_time=0.2)) as (server, client):
        server.serve(ECHO, never)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"", PATIENCE)
    assert caught.value.detail == "too-slow"


async def test_a_silent_peer_ends_a_request_in_time() -> None:
    async def never(_: str, __: bytes) -> bytes:
        await trio.sleep_forever()
        raise AssertionError

    async with two_hosts() as (server, client):
        server.serve(ECHO, never)
        await client.connect(server.addresses[0], PATIENCE)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"", within=0.5)
        assert caught.value.code == "too-slow"
        server.serve(ECHO, echo)
        assert await client.request(server.peer_id, ECHO, b"the connection lives", PATIENCE)


async def test_a_request_over_the_limit_is_not_sent() -> None:
    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, bytes(65_537), PATIENCE)
    assert caught.value.code == "too-large"


async def test_a_request_over_the_servers_limit_is_refused_with_a_reason() -> None:
    async with two_hosts(Limits(message=100)) as (server, client):
        server.serve(ECHO, echo)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, bytes(101), PATIENCE)
    assert caught.value.detail == "too-large"


async def test_an_answer_over_the_limit_is_not_sent() -> None:
    async def long(_: str, __: bytes) -> bytes:
        return bytes(65_537)

    async with two_hosts() as (server, client):
        server.serve(ECHO, long)
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"", PATIENCE)
    assert caught.value.detail == "too-large"


async def test_what_a_peer_does_not_offer_is_named() -> None:
    async with two_hosts() as (server, client):
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, "/nuee/test/nothing/1", b"", PATIENCE)
    assert caught.value.code == "not-served"


async def test_a_peer_without_a_known_address_is_unreachable() -> None:
    async with Host(new_host_key()) as client:
        with pytest.raises(HostFailed) as caught:
            await client.request(peer_id(new_host_key()), ECHO, b"", PATIENCE)
    assert caught.value.code == "unreachable"


async def test_fifty_requests_at_once_are_all_answered() -> None:
    answers = set()

    async def one(number: int) -> None:
        answers.add(await client.request(server.peer_id, ECHO, b"%d" % number, PATIENCE))

    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(one, number)
    assert answers == {b"%d" % number for number in range(50)}


async def test_no_stream_is_left_after_a_thousand_requests() -> None:
    async with two_hosts() as (server, client):
        server.serve(ECHO, echo)
        for _ in range(1000):
            await client.request(server.peer_id, ECHO, b"again", PATIENCE)
        await until(lambda: open_streams(server) + open_streams(client) <= 4)  # a ping may be under way


async def test_a_stream_carries_bytes_in_both_directions() -> None:
    async def upper(_: str, stream: Stream) -> None:
        while data := await stream.read_some():
            await stream.write(data.upper())

    async with two_hosts() as (server, client):
        server.serve_stream(FLOW, upper)
        async with await client.open_stream(server.peer_id, FLOW, PATIENCE) as stream:
            await stream.write(b"abc")
            assert await stream.read_exactly(3) == b"ABC"
            await stream.write(b"def")
            await stream.end()
            assert await stream.read_exactly(3) == b"DEF"
            assert await stream.read_some() == b""


async def test_megabytes_arrive_whole_and_in_order() -> None:
    data = b"".join(number.to_bytes(4, "big") for number in range(2**20))

    async def pour(_: str, stream: Stream) -> None:
        await stream.write(data)

    async with two_hosts() as (server, client):
        server.serve_stream(FLOW, pour)
        async with await client.open_stream(server.peer_id, FLOW, PATIENCE) as stream:
            assert await stream.read_exactly(len(data)) == data


async def test_a_writer_waits_for_a_slow_reader() -> None:
    written = 0

    async def pour(_: str, stream: Stream) -> None:
        nonlocal written
        for _chunk in range(200):
            await stream.write(bytes(65_536))
            written += 65_536

    async with two_hosts() as (server, client):
        server.serve_stream(FLOW, pour)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        await until(lambda: written > 0)
        await trio.sleep(6)  # longer than py-libp2p itself lets a writer wait
        assert written <= 1024 * 1024
        assert len(await stream.read_exactly(200 * 65_536)) == 200 * 65_536
        await stream.close()


async def test_a_handler_that_raises_resets_its_stream() -> None:
    async def broken(_: str, stream: Stream) -> None:
        await stream.write(b"half")
        raise HostFailed("lost", "given up")

    async with two_hosts() as (server, client):
        server.serve_stream(FLOW, broken)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        with pytest.raises(HostFailed) as caught:
            await stream.read_exactly(5)
    assert caught.value.code == "lost"


@pytest.mark.parametrize("who", ["server", "client"])
async def test_a_lost_connection_is_no_proper_end(who: str) -> None:
    async def hang(_: str, stream: Stream) -> None:
        await stream.write(b"first")
        await trio.sleep_forever()

    async with two_hosts() as (server, client):
        server.serve_stream(FLOW, hang)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        assert await stream.read_exactly(5) == b"first"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_to_read, stream)
            await trio.testing.wait_all_tasks_blocked(0.05)
            if who == "server":
                await server.disconnect(client.peer_id)
            else:
                await client.disconnect(server.peer_id)


async def fail_to_read(stream: Stream) -> None:
    with pytest.raises(HostFailed) as caught:
        await stream.read_some()
    assert caught.value.code == "lost"


async def test_a_stranger_may_only_use_what_strangers_may() -> None:
    gate = Contacts()
    async with Host(new_host_key(), [LOOPBACK], gate=gate) as server, Host(new_host_key()) as client:
        server.serve(ECHO, echo)
        server.serve("/nuee/test/hello/1", echo, strangers=True)
        client.know(server.addresses[0])
        assert await client.request(server.peer_id, "/nuee/test/hello/1", b"hello", PATIENCE) == b"hello"
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"", PATIENCE)
        assert caught.value.detail == "refused"
        gate.contacts.add(client.peer_id)
        assert await client.request(server.peer_id, ECHO, b"now", PATIENCE) == b"now"


async def test_a_stranger_gets_no_stream() -> None:
    async def secret(_: str, stream: Stream) -> None:
        await stream.write(b"secret")

    async with Host(new_host_key(), [LOOPBACK], gate=Contacts()) as server, Host(new_host_key()) as client:
        server.serve_stream(FLOW, secret)
        client.know(server.addresses[0])
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        with pytest.raises(HostFailed):
            await stream.read_exactly(1)


def open_streams(host: Host) -> int:
    connections = host._open().get_network().get_connections()
    return sum(len(connection.muxed_conn.streams) for connection in connections)
