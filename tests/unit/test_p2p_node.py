"""The libp2p host: two real ones on loopback, and what a stranger may not do."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from p2p.host_limits import Limits
from p2p.identity import BadHostKey, new_host_key, peer_id
from p2p.node import Host, HostFailed, libp2p_peer_id

# After p2p.node, which silences what importing libp2p warns of.
from libp2p import multiaddr  # isort: skip
from libp2p.peer import peerinfo  # isort: skip

LOOPBACK = "/ip4/127.0.0.1/tcp/0"


@given(st.binary(min_size=32, max_size=32))
def test_peer_ids_agree_with_libp2p(seed: bytes) -> None:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    host_key = bytes.fromhex("08011240") + seed + public
    assert peer_id(host_key) == libp2p_peer_id(host_key)


async def test_two_hosts_ping_each_other() -> None:
    with trio.fail_after(20):
        async with Host(new_host_key(), [LOOPBACK]) as one, Host(new_host_key(), [LOOPBACK]) as two:
            assert 0 < await one.ping(two.addresses[0]) < 5
            assert 0 < await two.ping(one.addresses[0]) < 5


async def test_the_peer_id_of_a_host_is_that_of_its_key() -> None:
    host_key = new_host_key()
    with trio.fail_after(20):
        async with Host(host_key, [LOOPBACK]) as host:
            assert host.peer_id == peer_id(host_key)
            assert host.addresses[0].endswith(f"/p2p/{peer_id(host_key)}")


async def test_nothing_listens_unless_asked() -> None:
    before = _listening()
    with trio.fail_after(20):
        async with Host(new_host_key()) as host:
            await trio.sleep(0.2)
            assert host.addresses == ()
            assert _listening() == before


async def test_a_host_without_addresses_can_still_dial() -> None:
    with trio.fail_after(20):
        async with Host(new_host_key()) as one, Host(new_host_key(), [LOOPBACK]) as two:
            assert await one.ping(two.addresses[0]) > 0


async def test_leaving_a_host_closes_its_port() -> None:
    before = _listening()
    with trio.fail_after(20):
        async with Host(new_host_key(), [LOOPBACK]):
            assert _listening() != before
        assert _listening() == before


async def test_a_peer_with_another_key_than_named_is_not_accepted() -> None:
    with trio.fail_after(20):
        async with Host(new_host_key()) as one, Host(new_host_key(), [LOOPBACK]) as two:
            impostor = two.addresses[0].replace(two.peer_id, peer_id(new_host_key()))
            with pytest.raises(HostFailed) as caught:
                await one.ping(impostor)
    assert caught.value.code == "unreachable"


async def test_no_answer_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, trio.fail_after(20):
        address = f"/ip4/127.0.0.1/tcp/{silent.getsockname()[1]}/p2p/{peer_id(new_host_key())}"
        async with Host(new_host_key()) as host:
            start = trio.current_time()
            with pytest.raises(HostFailed) as caught:
                await host.ping(address, within=0.5)
            assert trio.current_time() - start < 2
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("address", ["", "127.0.0.1:80", LOOPBACK, "/ip4/127.0.0.1/tcp/1/p2p/nobody"])
async def test_what_is_no_address_of_a_peer_is_refused(address: str) -> None:
    with trio.fail_after(20):
        async with Host(new_host_key()) as host:
            with pytest.raises(HostFailed) as caught:
                await host.ping(address)
    assert caught.value.code == "bad-address"


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, trio.fail_after(20):
        address = f"/ip4/127.0.0.1/tcp/{taken.getsockname()[1]}"
        with pytest.raises(HostFailed, match=address) as caught:
            async with Host(new_host_key(), [address]):
                pass
    assert caught.value.code == "cannot-listen"


async def test_an_error_inside_comes_out_as_it_is() -> None:
    with trio.fail_after(20), pytest.raises(LookupError):
        async with Host(new_host_key(), [LOOPBACK]):
            raise LookupError


async def test_cancelling_closes_the_host() -> None:
    before = _listening()
    with trio.move_on_after(0.3):
        async with Host(new_host_key(), [LOOPBACK]):
            await trio.sleep(20)
    assert _listening() == before


async def test_a_host_that_was_left_says_so() -> None:
    host = Host(new_host_key())
    with pytest.raises(HostFailed) as caught:
        await host.ping(LOOPBACK)
    assert caught.value.code == "not-open"


def test_a_damaged_host_key_opens_no_host() -> None:
    with pytest.raises(BadHostKey):
        Host(b"damaged")


@pytest.mark.parametrize("protocol", ["/plaintext/2.0.0", "/secio/1.0.0", "/tls/1.0.0"])
async def test_a_connection_without_noise_is_refused(protocol: str) -> None:
    with trio.fail_after(20):
        async with Host(new_host_key(), [LOOPBACK]) as host:
            assert await _propose(host.addresses[0], protocol) == b"na"


async def test_a_connection_with_noise_is_accepted() -> None:
    with trio.fail_after(20):
        async with Host(new_host_key(), [LOOPBACK]) as host:
            assert await _propose(host.addresses[0], "/noise") == b"/noise"


async def test_nobody_is_dialled_unasked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, trio.fail_after(20):
        listener.setblocking(False)
        heard_of = f"/ip4/127.0.0.1/tcp/{listener.getsockname()[1]}/p2p/{peer_id(new_host_key())}"
        async with Host(new_host_key()) as host:
            network = host._open().get_network()
            peer = peerinfo.info_from_p2p_addr(multiaddr.Multiaddr(heard_of))
            network.peerstore.add_addrs(peer.peer_id, peer.addrs, 3600)  # as identify and discovery do
            await network.auto_connector.maybe_connect()
            await trio.sleep(0.3)
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_a_peer_that_falls_silent_is_noticed() -> None:
    hasty = Limits(health_interval=0.2, health_timeout=5)
    with trio.fail_after(60):
        async with Host(new_host_key(), [LOOPBACK]) as two, trio.open_nursery() as nursery:
            wire = await nursery.start(_wire, int(two.addresses[0].split("/")[4]))
            async with Host(new_host_key(), limits=hasty) as one:
                await one.ping(f"/ip4/127.0.0.1/tcp/{wire.port}/p2p/{two.peer_id}")
                await trio.sleep(1)
                assert list(one.connected) == [two.peer_id]
                wire.cut = True
                while one.connected:  # noqa: ASYNC110 - py-libp2p has no event to wait for
                    await trio.sleep(0.1)
            nursery.cancel_scope.cancel()


@dataclass
class _Wire:
    """A path between two peers that can be cut without either being told."""

    port: int
    cut: bool = False


async def _wire(port: int, task_status: Any) -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    wire = _Wire(listener.socket.getsockname()[1])

    async def copy(source: trio.SocketStream, sink: trio.SocketStream) -> None:
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async for data in source:
                if not wire.cut:
                    await sink.send_all(data)

    async def serve(near: trio.SocketStream) -> None:
        async with await trio.open_tcp_stream("127.0.0.1", port) as far, trio.open_nursery() as nursery:
            nursery.start_soon(copy, near, far)
            nursery.start_soon(copy, far, near)

    task_status.started(wire)
    await trio.serve_listeners(serve, [listener])


async def _propose(address: str, protocol: str) -> bytes:
    """Speak multistream-select 1.0 as a stranger would; the host's answer to one proposal."""
    port = int(address.split("/")[4])
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        for line in (b"/multistream/1.0.0\n", protocol.encode() + b"\n"):
            await stream.send_all(bytes([len(line)]) + line)
        received = b""
        while received.count(b"\n") < 2:
            more = await stream.receive_some()
            assert more, "the host hung up"
            received += more
        return received.split(b"\n")[1][1:]


def _listening() -> set[int]:
    connections = psutil.Process().net_connections(kind="inet")
    return {found.laddr.port for found in connections if found.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)}


@pytest.mark.parametrize(
    "address", ["/ip4/127.0.0.1/udp/0", "/ip4/127.0.0.1/udp/0/quic", "/ip4/127.0.0.1/tcp/0/ws", "/dns4/localhost/tcp/0"]
)
def test_a_transport_that_is_not_spoken_is_named(address: str) -> None:
    with pytest.raises(HostFailed, match=address) as caught:
        Host(new_host_key(), [address])
    assert caught.value.code == "no-transport"


async def test_ipv6_is_spoken() -> None:
    if not socket.has_ipv6 or not _has_ipv6_loopback():
        pytest.skip("this machine has no IPv6")
    async with Host(new_host_key(), ["/ip6/::1/tcp/0"]) as one, Host(new_host_key()) as two:
        assert await two.ping(one.addresses[0], 60) > 0
        assert two.ways(one.peer_id)[0].address.startswith("/ip6/::1/")
        assert one.ways(two.peer_id)[0].address.startswith("/ip6/::1/")


def _has_ipv6_loopback() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
