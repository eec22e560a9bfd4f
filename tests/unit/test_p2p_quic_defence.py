"""What a hostile end of a QUIC connection can do: nothing but lose its own connection."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
from typing import Any

import pytest
import trio
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from p2p.host_limits import Limits
from p2p.host_quic import UNPROVED
from p2p.host_quic_identity import EXTENSION, Credentials, NotProved, credentials, proved_peer
from p2p.host_quic_metered import PIECES, STREAM_WINDOW
from p2p.identity import host_key_seed, new_host_key, peer_id
from p2p.node import Host, HostFailed, Stream
from tests.unit.p2p_fixtures import PATIENCE, Contacts, until
from tests.unit.quic_fixtures import ECHO, FLOW, QUIC, two_over_quic


async def hold(_: str, __: Stream) -> None:
    await trio.sleep_forever()


def door(host: Host) -> Any:
    return host._open().get_network().door


def connection_of(host: Host) -> Any:
    (connection,) = host._open().get_network().get_connections()
    return connection.muxed_conn


def port_of(host: Host) -> int:
    return int(host.addresses[0].split("/")[4])


async def reaches(client: Host, server: Host) -> bool:
    with contextlib.suppress(HostFailed):
        await client.connect(server.addresses[0], PATIENCE)
        await until(lambda: client.peer_id in server.connected)
        return True
    return False


# Who is at the other end


def forged(victim: bytes) -> Credentials:
    """A certificate of a key of one's own, with the extension copied from the victim's certificate."""
    copied = credentials(host_key_seed(victim)).certificate.extensions.get_extension_for_oid(EXTENSION).value
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(4000, 1, 1, tzinfo=datetime.UTC))
        .add_extension(copied, critical=True)
    )
    return Credentials(builder.sign(key, hashes.SHA256()), key)


def show(host: Host, shown: Credentials) -> None:
    for transport in host._open().get_network().transport_manager.get_transports():
        if hasattr(transport, "_credentials"):
            transport._credentials = shown


def test_a_certificate_proves_the_host_key_it_was_made_for() -> None:
    key = new_host_key()
    assert proved_peer([credentials(host_key_seed(key)).certificate]) == peer_id(key)


def test_a_certificate_with_a_copied_proof_proves_nothing() -> None:
    with pytest.raises(NotProved):
        proved_peer([forged(new_host_key()).certificate])


def test_two_certificates_prove_nothing() -> None:
    one = credentials(host_key_seed(new_host_key())).certificate
    with pytest.raises(NotProved):
        proved_peer([one, one])


def test_no_certificate_proves_nothing() -> None:
    with pytest.raises(NotProved):
        proved_peer([None])


def test_a_certificate_that_another_key_signed_proves_nothing() -> None:
    made = credentials(host_key_seed(new_host_key()))
    other = Ed25519PrivateKey.generate()
    builder = x509.CertificateBuilder(
        x509.Name([]),
        x509.Name([]),
        made.certificate.public_key(),
        1,
        made.certificate.not_valid_before_utc.replace(tzinfo=None),
        made.certificate.not_valid_after_utc.replace(tzinfo=None),
        list(made.certificate.extensions),
    )
    with pytest.raises(NotProved):
        proved_peer([builder.sign(other, None)])


def test_a_certificate_of_another_time_proves_nothing() -> None:
    made = credentials(host_key_seed(new_host_key())).certificate
    with pytest.raises(NotProved):
        proved_peer([made], datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC))


async def test_a_client_with_a_copied_proof_is_not_let_in() -> None:
    victim = new_host_key()
    gate = Contacts(contacts={peer_id(victim)})
    async with Host(new_host_key(), [QUIC], gate=gate) as server, Host(new_host_key()) as thief:
        show(thief, forged(victim))
        with contextlib.suppress(HostFailed):
            await thief.connect(server.addresses[0], PATIENCE)
        await until(lambda: door(server).inside == 0)
        assert not server.connected


async def test_a_server_with_a_copied_proof_is_not_believed() -> None:
    victim = new_host_key()
    async with Host(new_host_key(), [QUIC]) as thief, Host(new_host_key()) as client:
        show(thief, forged(victim))
        address = thief.addresses[0].replace(thief.peer_id, peer_id(victim))
        with pytest.raises(HostFailed) as caught:
            await client.connect(address, PATIENCE)
        assert not client.connected
    assert caught.value.code == "unreachable"


async def test_a_client_without_a_certificate_is_not_let_in() -> None:
    async with Host(new_host_key(), [QUIC]) as server:
        async with raw_client(server, QuicConfiguration(alpn_protocols=["libp2p"], verify_mode=0)) as quic:
            await until(lambda: quic._close_event is not None)
        await until(lambda: door(server).inside == 0)
        assert not server.connected


# How much it can make us keep


async def test_who_ignores_a_streams_credit_is_cut_off() -> None:
    async with two_over_quic(Limits(health_interval=PATIENCE)) as (server, client):
        server.serve_stream(FLOW, hold)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        theirs, ours = connection_of(server), connection_of(client)
        ignore_credit(ours)
        ours.quic.send_stream_data(stream._stream.muxed_stream.stream_id, bytes(STREAM_WINDOW + 100_000))
        ours.wake()
        await until(lambda: not server.connected)
        assert theirs.unread <= STREAM_WINDOW


async def test_who_ignores_the_credit_of_all_streams_is_cut_off() -> None:
    limit = 512 * 1024
    most = 0
    async with two_over_quic(Limits(buffered_by_contact=limit, health_interval=PATIENCE)) as (server, client):
        server.serve_stream(FLOW, hold)
        streams = [await client.open_stream(server.peer_id, FLOW, PATIENCE) for _ in range(8)]
        theirs, ours = connection_of(server), connection_of(client)
        ignore_credit(ours)
        for stream in streams:
            ours.quic.send_stream_data(stream._stream.muxed_stream.stream_id, bytes(STREAM_WINDOW - 1000))
        ours.wake()
        with trio.fail_after(PATIENCE):
            while server.connected:
                most = max(most, theirs.unread)
                await trio.sleep(0.001)
    assert 0 < most <= limit


def ignore_credit(connection: Any) -> None:
    connection.quic._remote_max_data = 2**40
    for stream in connection.quic._streams.values():
        stream.max_stream_data_remote = 2**40


async def test_who_sends_a_window_in_crumbs_out_of_order_is_cut_off() -> None:
    async with two_over_quic(Limits(health_interval=PATIENCE)) as (server, client):
        server.serve_stream(FLOW, hold)
        stream = await client.open_stream(server.peer_id, FLOW, PATIENCE)
        ours = connection_of(client)
        sender = ours.quic._streams[stream._stream.muxed_stream.stream_id].sender
        start = sender._buffer_stop
        sender.write(bytes(8 * PIECES))
        for place in range(start, start + 8 * PIECES, 2):  # every other byte is never sent
            sender._pending.subtract(place, place + 1)
        ours.wake()
        await until(lambda: not server.connected)


async def test_a_one_way_stream_ends_the_connection() -> None:
    async with two_over_quic(Limits(health_interval=PATIENCE)) as (server, client):
        await client.connect(server.addresses[0], PATIENCE)
        await until(lambda: server.connected)
        ours = connection_of(client)
        ours.quic._remote_max_streams_uni, ours.quic._remote_max_stream_data_uni = 8, 1000
        ours.quic.send_stream_data(ours.quic.get_next_available_stream_id(is_unidirectional=True), b"x")
        ours.wake()
        await until(lambda: not server.connected)


async def test_a_flood_of_streams_bans_the_peer() -> None:
    async with two_over_quic(Limits(streams_of_contact=5)) as (server, client):
        server.serve_stream(FLOW, hold)
        for _ in range(1000):
            try:
                await client.open_stream(server.peer_id, FLOW, PATIENCE)
            except HostFailed:
                if server.banned_until(client.peer_id):
                    break
        await until(lambda: not server.connected)
        assert server.banned_until(client.peer_id)


# Who comes in


async def test_a_blocked_peer_is_not_let_in() -> None:
    gate = Contacts()
    async with Host(new_host_key(), [QUIC], gate=gate) as server, Host(new_host_key()) as client:
        gate.blocked.add(client.peer_id)
        with contextlib.suppress(HostFailed):
            await client.connect(server.addresses[0], PATIENCE)
        await until(lambda: not client.connected)
        assert client.peer_id not in server.connected


async def test_a_stranger_may_only_use_what_strangers_may() -> None:
    async def answer(_: str, request: bytes) -> bytes:
        return request

    gate = Contacts()
    async with Host(new_host_key(), [QUIC], gate=gate) as server, Host(new_host_key()) as client:
        server.serve(ECHO, answer)
        client.know(server.addresses[0])
        with pytest.raises(HostFailed) as caught:
            await client.request(server.peer_id, ECHO, b"?", PATIENCE)
        assert caught.value.detail == "refused"
        assert connection_of(server).unread_limit == Limits().buffered_by_stranger
        gate.contacts.add(client.peer_id)
        assert await client.request(server.peer_id, ECHO, b"?", PATIENCE) == b"?"


async def test_strangers_leave_places_for_contacts() -> None:
    gate = Contacts()
    limits = Limits(strangers=2)
    async with Host(new_host_key(), [QUIC], limits=limits, gate=gate) as server, contextlib.AsyncExitStack() as stack:
        others = [await stack.enter_async_context(Host(new_host_key())) for _ in range(4)]
        gate.contacts.add(others[3].peer_id)
        for other in others:
            with contextlib.suppress(HostFailed):
                await other.connect(server.addresses[0], PATIENCE)
        await until(lambda: others[3].peer_id in server.connected)
        assert sum(other.peer_id in server.connected for other in others[:3]) == 2


async def test_one_address_has_few_connections() -> None:
    limits = Limits(connections_per_address=2)
    async with Host(new_host_key(), [QUIC], limits=limits) as server, contextlib.AsyncExitStack() as stack:
        others = [await stack.enter_async_context(Host(new_host_key(), limits=Limits(handshake_time=1))) for _ in "123"]
        assert [await reaches(other, server) for other in others] == [True, True, False]


async def test_connections_one_after_the_other_give_their_places_back() -> None:
    async with two_over_quic() as (server, client):
        for _ in range(40):
            await client.connect(server.addresses[0], PATIENCE)
            await client.disconnect(server.peer_id)
        await until(lambda: door(server).inside == 0 and not server.connected)


async def test_a_handshake_that_never_ends_is_ended() -> None:
    async with Host(new_host_key(), [QUIC], limits=Limits(handshake_time=0.3)) as server:
        with first_datagrams(server, 1):
            await until(lambda: door(server).inside == 1)
            await until(lambda: door(server).inside == 0)


async def test_from_some_handshakes_on_an_address_must_prove_itself() -> None:
    limits = Limits(handshake_time=PATIENCE)
    async with Host(new_host_key(), [QUIC], limits=limits) as server, Host(new_host_key()) as client:
        with first_datagrams(server, 100):
            await until(lambda: door(server).inside == UNPROVED)
            assert await reaches(client, server)
            assert door(server).inside == UNPROVED + 1


async def test_garbage_is_no_handshake() -> None:
    async with two_over_quic() as (server, client):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for length in (0, 1, 7, 20, 1199, 1200, 1500):
                for first in (0x00, 0x40, 0x80, 0xC0, 0xF0, 0xFF):
                    udp.sendto(bytes([first])[:length] + os.urandom(max(0, length - 1)), ("127.0.0.1", port_of(server)))
        assert await reaches(client, server)
        assert door(server).inside == 1


async def test_garbage_into_a_connection_is_dropped() -> None:
    async with two_over_quic(Limits(health_interval=PATIENCE)) as (server, client):
        assert await reaches(client, server)
        names = [one.cid for one in connection_of(server).quic._host_cids]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for name in names:
                for _ in range(20):
                    udp.sendto(b"\x40" + name + os.urandom(40), ("127.0.0.1", port_of(server)))
        assert await client.ping(server.addresses[0], PATIENCE) > 0


@contextlib.contextmanager
def first_datagrams(server: Host, count: int) -> Any:
    """As many clients that send how a handshake begins, and then nothing."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            quic = QuicConnection(configuration=QuicConfiguration(alpn_protocols=["libp2p"], verify_mode=0))
            quic.connect(("127.0.0.1", port_of(server)), 0.0)
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            for data, remote in quic.datagrams_to_send(0.0):
                udp.sendto(data, remote)
        yield


@contextlib.asynccontextmanager
async def raw_client(server: Host, configuration: QuicConfiguration) -> Any:
    """aioquic's own client, connected or on its way to be."""
    remote = ("127.0.0.1", port_of(server))
    quic = QuicConnection(configuration=configuration)
    udp = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    await udp.connect(remote)

    async def run() -> None:
        while True:
            for data, _ in quic.datagrams_to_send(trio.current_time()):
                await udp.send(data)
            quic.receive_datagram(await udp.recv(65536), remote, trio.current_time())

    async with trio.open_nursery() as nursery:
        quic.connect(remote, trio.current_time())
        nursery.start_soon(run)
        yield quic
        nursery.cancel_scope.cancel()
    udp.close()
