"""QUIC carries every byte, holds writers back, ends when it says so, and keeps to the rules of every connection."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import pairwise

import pytest
import trio
import trio.testing

from p2p import host_quic_connection
from p2p.host_limits import Limits
from p2p.host_quic_metered import STREAM_WINDOW
from p2p.host_quic_stream import UNACKNOWLEDGED
from p2p.identity import new_host_key
from p2p.node import Host, HostFailed, Stream
from tests.unit.p2p_fixtures import PATIENCE, until
from tests.unit.quic_fixtures import ECHO, FLOW, QUIC, bad_way, echo, read_all, two_over_quic


@pytest.mark.parametrize(("size", "times"), [(100, 40), (1_000, 40), (10_000, 40), (60_000, 40), (1_000_000, 8)])
@pytest.mark.parametrize("ends_first", [True, False], ids=["ends-before-it-reads", "reads-before-it-ends"])
async def test_every_byte_comes_back(size: int, times: int, ends_first: bool) -> None:
    async def mirror(_: str, stream: Stream) -> None:
        while data := await stream.read_some():
            await stream.write(data)

    right = 0
    async with two_over_quic() as (server, client):
        server.serve_stream(ECHO, echo if ends_first else mirror)
        for _ in range(times):
            sent = os.urandom(size)
            async with await client.open_stream(server.peer_id, ECHO, PATIENCE) as stream:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_send, stream, sent, ends_first)
                    received = await (read_all(stream) if ends_first else stream.read_exactly(size))
                right += received == sent
    assert right == times


async def _send(stream: Stream, data: bytes, ends: bool) -> None:
    await stream.write(data)
    if ends:
        await stream.end()


async def test_a_slow_reader_gets_all_of_eight_megabytes_in_order() -> None:
    sent = os.urandom(8 * 1024 * 1024)
    received = bytearray()

    async def slow(_: str, stream: Stream) -> None:
        while data := await stream.read_some(50_000):
            received.extend(data)
            await trio.sleep(0.001)

    async with two_over_quic() as (server, client):
        server.serve_stream(FLOW, slow)
        async with await client.open_stream(server.peer_id, FLOW, PATIENCE) as stream:
            await stream.write(sent)
            await stream.end()
            assert await stream.read_some() == b""
    assert bytes(received) == sent


async def test_a_writer_is_held_back_by_a_reader_that_does_not_read() -> None:
    written = 0

    async def hold(_: str, stream: Stream) -> None:
        await goes_on.wait()
        await read_all(stream)

    async def fill(stream: Stream) -> None:
        nonlocal written
        for _ in range(64):
            await stream.write(bytes(64_000))
            written += 64_000

    goes_on = trio.Event()
    async with two_over_quic() as (server, client):
        server.serve_stream(FLOW, hold)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fill, stream)
            (connection,) = server._open().get_network().get_connections()
            await until(lambda: connection.muxed_conn.unread > STREAM_WINDOW - 1232)
            await trio.sleep(0.3)  # it would go on by now
            assert connection.muxed_conn.unread <= STREAM_WINDOW
            assert written <= STREAM_WINDOW + UNACKNOWLEDGED
            goes_on.set()
        await stream.end()
        await stream.close()
    assert written == 64 * 64_000


async def test_twenty_streams_at_once_are_not_mixed_up() -> None:
    async with two_over_quic() as (server, client):
        server.serve_stream(ECHO, echo)
        right = 0

        async def one() -> None:
            nonlocal right
            sent = os.urandom(100_000)
            async with await client.open_stream(server.peer_id, ECHO, PATIENCE) as stream:
                await stream.write(sent)
                await stream.end()
                received = await read_all(stream)
            right += received == sent

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(one)
    assert right == 20


async def test_a_stream_nobody_reads_stops_no_other() -> None:
    async def hold(_: str, __: Stream) -> None:
        await trio.sleep_forever()

    async def fill(stream: Stream) -> None:
        with suppress(HostFailed):
            while True:
                await stream.write(bytes(64_000))

    async with two_over_quic() as (server, client):
        server.serve_stream(FLOW, hold)
        server.serve_stream(ECHO, echo)
        async with trio.open_nursery() as nursery:
            for _ in range(8):
                nursery.start_soon(fill, await client.open_stream(server.peer_id, FLOW, PATIENCE))
            (connection,) = server._open().get_network().get_connections()
            await until(lambda: connection.muxed_conn.unread > 8 * (STREAM_WINDOW - 1232))
            async with await client.open_stream(server.peer_id, ECHO, PATIENCE) as stream:
                await stream.write(b"still here")
                await stream.end()
                assert await read_all(stream) == b"still here"
            nursery.cancel_scope.cancel()


async def test_more_than_a_window_of_dropped_streams_leaves_room() -> None:
    """What was sent to a stream and never read is credited again once the stream is gone."""

    async def drop(_: str, stream: Stream) -> None:
        await until(lambda: stream._stream.muxed_stream.unread == 60_000)
        raise HostFailed("lost", "not wanted")

    limit = 512 * 1024
    async with two_over_quic(Limits(buffered_by_contact=limit)) as (server, client):
        server.serve_stream(FLOW, drop)
        server.serve_stream(ECHO, echo)
        for _ in range(40):
            with suppress(HostFailed):
                stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
                await stream.write(bytes(60_000))
                await stream.read_some()
        async with await client.open_stream(server.peer_id, ECHO, PATIENCE) as stream:
            await stream.write(bytes(100_000))
            await stream.end()
            assert await read_all(stream) == bytes(100_000)


async def test_a_dropped_stream_is_an_error_and_no_end() -> None:
    async def broken(_: str, stream: Stream) -> None:
        await stream.write(b"half")
        await stream.read_exactly(1)
        raise HostFailed("lost", "given up")

    async with two_over_quic() as (server, client):
        server.serve_stream(FLOW, broken)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        assert await stream.read_exactly(4) == b"half"
        await stream.write(b"x")
        with pytest.raises(HostFailed) as caught:
            await stream.read_some()
    assert caught.value.code == "lost"


@pytest.mark.parametrize("who", ["server", "client"])
async def test_a_lost_connection_is_an_error_and_no_end(who: str) -> None:
    async def hang(_: str, stream: Stream) -> None:
        await stream.write(b"first")
        await trio.sleep_forever()

    async with two_over_quic() as (server, client):
        server.serve_stream(FLOW, hang)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        assert await stream.read_exactly(5) == b"first"
        await (server.disconnect(client.peer_id) if who == "server" else client.disconnect(server.peer_id))
        with pytest.raises(HostFailed) as caught:
            await stream.read_some()
    assert caught.value.code == "lost"


async def test_what_was_answered_arrives_though_the_host_closes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_quic_connection, "LINGER", PATIENCE)  # a busy machine takes longer
    async with Host(new_host_key()) as client:
        async with Host(new_host_key(), [QUIC]) as server:
            server.serve_stream(FLOW, _answer_long)
            client.know(server.addresses[0])
            stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
            await stream.write(b"?")
            first = await stream.read_exactly(1)
        assert first + await stream.read_exactly(99_999) == bytes(100_000)


async def _answer_long(_: str, stream: Stream) -> None:
    await stream.read_exactly(1)
    await stream.write(bytes(100_000))
    await trio.sleep_forever()


async def test_no_stream_is_left_after_a_hundred_requests() -> None:
    async def answer(_: str, request: bytes) -> bytes:
        return request

    async with two_over_quic() as (server, client):
        server.serve(ECHO, answer)
        for _ in range(100):
            assert await client.request(server.peer_id, ECHO, b"again", PATIENCE) == b"again"
        connections = [*server._open().get_network().get_connections(), *client._open().get_network().get_connections()]
        await until(lambda: sum(len(one.muxed_conn.streams) for one in connections) <= 4)  # a ping may be under way


@pytest.mark.parametrize("seed", range(3))
async def test_loss_repetition_and_disorder_change_no_byte(seed: int) -> None:
    sent = os.urandom(200_000)
    async with Host(new_host_key(), [QUIC]) as server, Host(new_host_key()) as client:
        server.serve_stream(ECHO, echo)
        async with bad_way(server, seed) as (way, address):
            way.loss, way.twice, way.late = 0.05, 0.1, 0.1
            await client.connect(address, PATIENCE)
            async with await client.open_stream(server.peer_id, ECHO, PATIENCE) as stream:
                await stream.write(sent)
                await stream.end()
                assert await read_all(stream) == sent


async def test_a_connection_outlives_a_change_of_address() -> None:
    async with Host(new_host_key(), [QUIC]) as server, Host(new_host_key()) as client:
        server.serve_stream(ECHO, echo)
        async with bad_way(server) as (way, address):
            await client.connect(address, PATIENCE)
            await way.move()
            async with await client.open_stream(server.peer_id, ECHO, PATIENCE) as stream:
                await stream.write(b"elsewhere")
                await stream.end()
                assert await read_all(stream) == b"elsewhere"
            assert len(server._open().get_network().get_connections()) == 1


async def test_a_silently_cut_peer_is_noticed() -> None:
    limits = Limits(health_interval=0.2, health_timeout=0.2)
    async with (
        Host(new_host_key(), [QUIC], limits=limits) as server,
        Host(new_host_key(), limits=limits) as client,
        bad_way(server) as (way, address),
    ):
        await client.connect(address, PATIENCE)
        await until(lambda: server.connected)
        way.cut = True
        await until(lambda: not server.connected and not client.connected)


async def test_a_way_over_quic_says_so() -> None:
    async with (
        Host(new_host_key(), [QUIC], limits=Limits(health_interval=0.1)) as server,
        Host(new_host_key()) as client,
    ):
        await client.connect(server.addresses[0], PATIENCE)
        await until(lambda: server.ways(client.peer_id) and server.ways(client.peer_id)[0].rtt is not None)
        (there,), (back,) = client.ways(server.peer_id), server.ways(client.peer_id)
        assert f"{there.address}/p2p/{server.peer_id}" == server.addresses[0]
    assert (there.transport, there.inbound) == ("quic", False)
    assert (back.transport, back.inbound) == ("quic", True)


async def test_a_peer_with_another_key_than_named_is_not_accepted() -> None:
    async with Host(new_host_key(), [QUIC]) as server, Host(new_host_key()) as client, Host(new_host_key()) as other:
        address = server.addresses[0].replace(server.peer_id, other.peer_id)
        with pytest.raises(HostFailed) as caught:
            await client.connect(address, PATIENCE)
        assert not client.connected
    assert caught.value.code == "unreachable"


async def test_a_port_where_nobody_listens_is_unreachable_at_once() -> None:
    async with Host(new_host_key(), [QUIC]) as gone:
        address = gone.addresses[0]
    async with Host(new_host_key()) as client:
        with pytest.raises(HostFailed) as caught:
            await client.connect(address, PATIENCE)
    assert caught.value.code == "unreachable"


async def test_a_taken_port_is_named() -> None:
    async with Host(new_host_key(), [QUIC]) as first:
        taken = first.addresses[0].split("/p2p/")[0]
        with pytest.raises(HostFailed, match=taken) as caught:
            async with Host(new_host_key(), [taken]):
                pass
    assert caught.value.code == "cannot-listen"


async def test_one_host_listens_on_tcp_and_quic() -> None:
    async with Host(new_host_key(), ["/ip4/127.0.0.1/tcp/0", QUIC]) as server:
        for address in server.addresses:
            async with Host(new_host_key()) as client:
                await client.connect(address, PATIENCE)
        assert len(server.addresses) == 2


async def test_every_stream_has_a_number_of_its_own() -> None:
    async def hold(_: str, __: Stream) -> None:
        await trio.sleep_forever()

    async with two_over_quic() as (server, client):
        server.serve_stream(FLOW, hold)
        streams = [await client.open_stream(server.peer_id, FLOW, PATIENCE) for _ in range(3)]
        numbers = [one._stream.muxed_stream.stream_id for one in streams]
    assert all(later == earlier + 4 for earlier, later in pairwise(numbers))
