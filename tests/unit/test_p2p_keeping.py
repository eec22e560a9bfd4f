"""A stream is kept for the next message to the same peer, and nothing is lost where the peer does not keep it."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from p2p.acl import ACL_PROTOCOL
from p2p.host_limits import Limits
from p2p.host_serving import OK, receive_message, send_message
from p2p.host_yamux import GuardedYamux
from p2p.identity import new_host_key
from p2p.node import Host, HostFailed, Stream
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, Contacts, two_hosts, until

LIMIT = 1000
OTHER = "/nuee/test/other/1"


@pytest.fixture(name="opened")
def opened_fixture(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The protocols of the streams that were opened, in order."""
    opened: list[str] = []
    open_stream = Host.open_stream

    async def counted(self: Host, peer_id: str, protocol: str, within: float = PATIENCE) -> Stream:
        opened.append(protocol)
        return await open_stream(self, peer_id, protocol, within)

    monkeypatch.setattr(Host, "open_stream", counted)
    return opened


async def echo(_: str, request: bytes) -> bytes:
    return request


async def asked(client: Host, server: Host, *requests: bytes, protocol: str = ACL_PROTOCOL) -> list[bytes]:
    return [await client.request(server.peer_id, protocol, request, PATIENCE) for request in requests]


async def answer_one(stream: Stream) -> None:
    request = await receive_message(stream, LIMIT)
    await send_message(stream, OK + request, LIMIT)


@pytest.mark.parametrize("listen", [LOOPBACK, "/ip4/127.0.0.1/udp/0/quic-v1"], ids=["tcp", "quic"])
async def test_messages_to_one_peer_share_a_stream(listen: str, opened: list[str]) -> None:
    async with two_hosts(listen=listen) as (server, client):
        server.serve(ACL_PROTOCOL, echo)
        assert await asked(client, server, b"one", b"two", b"three") == [b"one", b"two", b"three"]
    assert opened == [ACL_PROTOCOL]


async def test_what_may_not_be_said_twice_has_a_stream_of_its_own(opened: list[str]) -> None:
    async with two_hosts() as (server, client):
        server.serve(OTHER, echo)
        await asked(client, server, b"one", b"two", protocol=OTHER)
    assert opened == [OTHER, OTHER]


async def test_messages_at_once_do_not_wait_for_each_other() -> None:
    both = trio.Event()
    waiting = 0

    async def meet(_: str, request: bytes) -> bytes:
        nonlocal waiting
        waiting += 1
        if waiting == 2:
            both.set()
        await both.wait()
        return request

    async with two_hosts() as (server, client):
        server.serve(ACL_PROTOCOL, meet)
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(asked, client, server, b"one")
                nursery.start_soon(asked, client, server, b"two")


async def test_a_simple_peer_that_ends_its_stream_after_an_answer_is_asked_on_a_new_one(opened: list[str]) -> None:
    async def simple(_: str, stream: Stream) -> None:
        await answer_one(stream)
        await stream.end()

    async with two_hosts() as (server, client):
        server.serve_stream(ACL_PROTOCOL, simple)
        assert await asked(client, server, b"one", b"two") == [b"one", b"two"]
    assert opened == [ACL_PROTOCOL, ACL_PROTOCOL]


@pytest.mark.parametrize("leave", [Stream.reset, Stream.end], ids=["reset", "end"])
async def test_a_message_on_a_stream_that_is_gone_is_said_again(
    leave: Callable[[Stream], Awaitable[None]], opened: list[str]
) -> None:
    heard: list[bytes] = []

    async def leaving(_: str, stream: Stream) -> None:
        await answer_one(stream)
        heard.append(await receive_message(stream, LIMIT))
        await leave(stream)

    async with two_hosts() as (server, client):
        server.serve_stream(ACL_PROTOCOL, leaving)
        assert await asked(client, server, b"one", b"two") == [b"one", b"two"]
        assert heard == [b"two"]
    assert opened == [ACL_PROTOCOL, ACL_PROTOCOL]


async def test_a_message_after_a_lost_connection_goes_over_a_new_one() -> None:
    async with two_hosts() as (server, client):
        server.serve(ACL_PROTOCOL, echo)
        await asked(client, server, b"one")
        await server.disconnect(client.peer_id)
        await until(lambda: not client.connected)
        await client.connect(server.addresses[0], PATIENCE)
        assert await asked(client, server, b"two") == [b"two"]


async def test_who_is_blocked_meanwhile_is_not_answered_any_longer() -> None:
    gate = Contacts()
    async with Host(new_host_key(), [LOOPBACK], gate=gate) as server, Host(new_host_key()) as client:
        gate.contacts.add(client.peer_id)
        heard: list[bytes] = []

        async def remember(_: str, request: bytes) -> bytes:
            heard.append(request)
            gate.contacts.discard(client.peer_id)
            return request

        server.serve(ACL_PROTOCOL, remember)
        client.know(server.addresses[0])
        await asked(client, server, b"one")
        with pytest.raises(HostFailed) as caught:
            await asked(client, server, b"two")
    assert (caught.value.detail, heard) == ("refused", [b"one"])


async def test_a_stranger_has_one_answer_of_each_stream(opened: list[str]) -> None:
    async with Host(new_host_key(), [LOOPBACK], gate=Contacts()) as server, Host(new_host_key()) as client:
        server.serve(ACL_PROTOCOL, echo, strangers=True)
        client.know(server.addresses[0])
        assert await asked(client, server, b"one", b"two") == [b"one", b"two"]
    assert opened == [ACL_PROTOCOL, ACL_PROTOCOL]


async def test_a_stream_that_waits_too_long_for_its_next_message_is_ended(opened: list[str]) -> None:
    async with two_hosts(Limits(kept_time=0.05)) as (server, client):
        server.serve(ACL_PROTOCOL, echo)
        await asked(client, server, b"one")
        await until(lambda: not kept_by(client) or not kept_by(client)[0].is_quiet)
        assert await asked(client, server, b"two") == [b"two"]
    assert opened == [ACL_PROTOCOL, ACL_PROTOCOL]


async def test_a_stream_that_nobody_uses_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2p.host_keeping.IDLE", 0.01)
    monkeypatch.setattr("p2p.host_keeping.SWEEP", 0.01)
    async with two_hosts(Limits(health_interval=PATIENCE)) as (server, client):
        server.serve(ACL_PROTOCOL, echo)
        await asked(client, server, b"one")
        await until(lambda: not kept_by(client))
        await until(lambda: open_streams(server) == open_streams(client) == 0)


async def test_few_streams_of_one_peer_are_kept() -> None:
    async with two_hosts() as (server, client):
        server.serve(ACL_PROTOCOL, echo)
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(asked, client, server, b"many")
        assert 1 <= len(kept_by(client)) <= 2


async def test_a_short_message_and_its_answer_cost_no_frame_of_credit(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: dict[int, list[int]] = {}  # of frames, by stream
    write = GuardedYamux._write_frame

    async def noted(self: GuardedYamux, data: bytes) -> None:
        _, kind, _, stream, _ = struct.unpack("!BBHII", data[:12])
        kinds.setdefault(stream, []).append(kind)
        await write(self, data)

    async with two_hosts(Limits(health_interval=PATIENCE)) as (server, client):
        server.serve(ACL_PROTOCOL, echo)
        await asked(client, server, b"one")
        (kept,) = kept_by(client)
        monkeypatch.setattr(GuardedYamux, "_write_frame", noted)
        await asked(client, server, b"x" * 600)
        data = 0
        assert kinds[kept._stream.muxed_stream.stream_id] == [data, data]


def kept_by(host: Host) -> list[Any]:
    return [one.stream for kept in host._keeping._kept.values() for one in kept]


def open_streams(host: Host) -> int:
    connections = host._open().get_network().get_connections()
    return sum(len(connection.muxed_conn.streams) for connection in connections)
