"""Who may reach which protocol, by what the vault says of a peer now; and what changes while it is connected."""

from __future__ import annotations

import pytest

from app.swarm.gate import KeptBans, PeerGate
from p2p.host_conduct import BAN_AT, BanningGate, Conduct
from p2p.host_limits import Limits, Standing
from p2p.identity import new_host_key, peer_id
from p2p.node import Host, HostFailed
from storage.vault import Vault
from tests.unit.p2p_fixtures import LOOPBACK, PATIENCE, until
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

BOB = "12D3KooWBobBobBobBob"
ACL, HELLO = "/nuee/acl/1.0.0", "/nuee/hello/1.0.0"
QUICK = Limits(health_interval=0.1)


def gate(vault: Vault) -> PeerGate:
    found = PeerGate()
    found.load(vault.peers)
    return found


@pytest.mark.parametrize(
    ("standing", "is_"),
    [("contact", Standing.CONTACT), ("known", Standing.STRANGER), ("blocked", Standing.BLOCKED)],
)
def test_a_peer_stands_as_the_vault_says(vault: Vault, standing: str, is_: Standing) -> None:
    vault.peers.add(BOB, "Bob", standing=standing)  # type: ignore[arg-type]
    assert gate(vault).standing(BOB) is is_


def test_whom_nobody_knows_is_a_stranger(vault: Vault) -> None:
    assert gate(vault).standing(BOB) is Standing.STRANGER


def test_a_change_counts_once_it_is_loaded(vault: Vault) -> None:
    vault.peers.add(BOB, "Bob")
    watched = gate(vault)
    vault.peers.stand(BOB, "blocked")
    watched.load(vault.peers)
    assert watched.standing(BOB) is Standing.BLOCKED


def test_a_contact_that_is_banned_is_kept_out_and_comes_back_as_a_contact(vault: Vault) -> None:
    vault.peers.add(BOB, "Bob")
    today = 1000.0
    conduct = Conduct(now=lambda: today, today=lambda: today)
    watched = BanningGate(gate(vault), conduct)
    conduct.report(BOB, BAN_AT)
    assert watched.standing(BOB) is Standing.BLOCKED
    today += 10_000
    assert watched.standing(BOB) is Standing.CONTACT


def test_a_ban_is_kept_and_known_at_the_next_start(vault: Vault) -> None:
    conduct = Conduct(KeptBans(vault.peers.bans(), vault.peers.ban))
    conduct.report(BOB, BAN_AT)
    again = Conduct(KeptBans(vault.peers.bans(), vault.peers.ban))
    assert again.banned_until(BOB) == conduct.banned_until(BOB)


async def served(client: Host, server: Host, protocol: str) -> str:
    """What comes of asking: ok, or the word of the failure."""
    try:
        await client.connect(server.addresses[0], PATIENCE)
        await client.request(server.peer_id, protocol, b"?", PATIENCE)
    except HostFailed as failed:
        return failed.detail or "closed"
    return "ok"


@pytest.mark.parametrize(
    ("standing", "acl", "hello"),
    [("contact", "ok", "ok"), ("known", "refused", "ok"), ("blocked", "closed", "closed")],
)
async def test_each_protocol_is_for_those_it_is_for(vault: Vault, standing: str, acl: str, hello: str) -> None:
    key = new_host_key()
    vault.peers.add(peer_id(key), "Bob", standing=standing)  # type: ignore[arg-type]
    async with Host(new_host_key(), [LOOPBACK], gate=gate(vault), limits=QUICK) as server, Host(key) as client:
        server.serve(ACL, _echo)
        server.serve(HELLO, _echo, strangers=True)
        assert (await served(client, server, ACL), await served(client, server, HELLO)) == (acl, hello)


async def test_a_stranger_who_becomes_a_contact_is_served_on_the_same_connection(vault: Vault) -> None:
    key, watched = new_host_key(), gate(vault)
    async with Host(new_host_key(), [LOOPBACK], gate=watched) as server, Host(key) as client:
        server.serve(ACL, _echo)
        assert await served(client, server, ACL) == "refused"
        vault.peers.add(peer_id(key), "Bob")
        watched.load(vault.peers)
        assert await served(client, server, ACL) == "ok"


async def test_a_contact_that_is_blocked_loses_its_connection_and_is_not_let_in_again(vault: Vault) -> None:
    key = new_host_key()
    vault.peers.add(peer_id(key), "Bob")
    watched = gate(vault)
    async with Host(new_host_key(), [LOOPBACK], gate=watched, limits=QUICK) as server, Host(key) as client:
        server.serve(ACL, _echo)
        assert await served(client, server, ACL) == "ok"
        vault.peers.stand(peer_id(key), "blocked")
        watched.load(vault.peers)
        await until(lambda: not server.connected)
        assert await served(client, server, ACL) == "closed"


async def _echo(_peer: str, request: bytes) -> bytes:
    return request
