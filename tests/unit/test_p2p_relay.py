"""Reaching a peer that listens nowhere, through a contact who agreed to relay."""

from __future__ import annotations

import pytest

from p2p.identity import new_host_key
from p2p.node import Host, HostFailed
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, Contacts, until

ECHO = "/nuee/test/echo/1"
EITHER = pytest.mark.parametrize("listen", [LOOPBACK, "/ip4/127.0.0.1/udp/0/quic-v1"], ids=["tcp", "quic"])


async def echo(_: str, request: bytes) -> bytes:
    return request


@EITHER
async def test_a_peer_that_listens_nowhere_is_reached_through_a_relay(listen: str) -> None:
    async with (
        Host(new_host_key(), [listen], relay=True) as relay,
        Host(new_host_key(), relay=False) as hidden,
        Host(new_host_key(), relay=False) as asker,
    ):
        hidden.serve(ECHO, echo)
        hidden.know(relay.addresses[0])
        asker.know(await hidden.reserve(relay.peer_id, PATIENCE))
        assert await asker.request(hidden.peer_id, ECHO, bytes(60_000), PATIENCE) == bytes(60_000)
        (there,) = asker.ways(hidden.peer_id)
        await until(lambda: hidden.ways(asker.peer_id))
        (back,) = hidden.ways(asker.peer_id)
    assert (there.transport, there.relay, there.inbound) == ("relay", relay.peer_id, False)
    assert (back.transport, back.relay, back.inbound) == ("relay", relay.peer_id, True)


@EITHER
async def test_the_one_reached_through_a_relay_can_ask_back(listen: str) -> None:
    async with (
        Host(new_host_key(), [listen], relay=True) as relay,
        Host(new_host_key(), relay=False) as hidden,
        Host(new_host_key(), relay=False) as asker,
    ):
        asker.serve(ECHO, echo)
        hidden.know(relay.addresses[0])
        asker.know(await hidden.reserve(relay.peer_id, PATIENCE))
        await asker.reach(hidden.peer_id, PATIENCE)
        await until(lambda: hidden.ways(asker.peer_id))
        assert await hidden.request(asker.peer_id, ECHO, b"back", PATIENCE) == b"back"


async def test_a_peer_that_did_not_agree_relays_nothing() -> None:
    async with Host(new_host_key(), [LOOPBACK], relay=False) as other, Host(new_host_key(), relay=False) as hidden:
        hidden.know(other.addresses[0])
        with pytest.raises(HostFailed) as caught:
            await hidden.reserve(other.peer_id, PATIENCE)
    assert caught.value.code == "not-served"


async def test_a_relay_serves_its_contacts_alone() -> None:
    gate = Contacts()
    async with (
        Host(new_host_key(), [LOOPBACK], relay=True, gate=gate) as relay,
        Host(new_host_key(), relay=False) as stranger,
    ):
        stranger.know(relay.addresses[0])
        with pytest.raises(HostFailed) as caught:
            await stranger.reserve(relay.peer_id, PATIENCE)
        assert caught.value.code == "not-served"
        gate.contacts.add(stranger.peer_id)
        assert "/p2p-circuit/" in await stranger.reserve(relay.peer_id, PATIENCE)


async def test_without_a_reservation_nobody_is_reached_through_a_relay() -> None:
    async with (
        Host(new_host_key(), [LOOPBACK], relay=True) as relay,
        Host(new_host_key(), relay=False) as hidden,
        Host(new_host_key(), relay=False) as asker,
    ):
        await hidden.connect(relay.addresses[0], PATIENCE)
        asker.know(f"{relay.addresses[0]}/p2p-circuit/p2p/{hidden.peer_id}")
        with pytest.raises(HostFailed) as caught:
            await asker.reach(hidden.peer_id, PATIENCE)
    assert caught.value.code == "unreachable"
