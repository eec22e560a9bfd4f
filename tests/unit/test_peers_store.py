"""Contacts, invites and bans as the vault keeps them."""

from __future__ import annotations

import pytest

from storage.peers import MAX_ADDRESSES
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

BOB = "12D3KooWBobBobBobBob"
SECRET = bytes(range(16))


def code(step: object, *given: object) -> str:
    with pytest.raises(VaultError) as failure:
        step(*given)  # type: ignore[operator]
    return failure.value.code


def test_a_contact_that_is_met_again_keeps_its_name(vault: Vault) -> None:
    vault.peers.add(BOB, "Bob")
    vault.peers.add(BOB, "Robert", ["/ip4/192.0.2.7/tcp/1"], standing="known")
    peer = vault.peers.get(BOB)
    assert (peer.name, peer.standing, peer.addresses) == ("Bob", "contact", ("/ip4/192.0.2.7/tcp/1",))


def test_only_the_latest_addresses_of_a_peer_are_kept(vault: Vault) -> None:
    vault.peers.add(BOB, "Bob")
    for number in range(MAX_ADDRESSES + 5):
        vault.peers.reached(BOB, "direct", [f"/ip4/192.0.2.7/tcp/{number:02}"])
    assert len(vault.peers.get(BOB).addresses) == MAX_ADDRESSES
    assert "/ip4/192.0.2.7/tcp/12" in vault.peers.get(BOB).addresses


@pytest.mark.parametrize("words", [BOB, "bob", " Bob ", "bobbob"])
def test_a_peer_is_found_by_name_by_id_and_by_its_end(vault: Vault, words: str) -> None:
    vault.peers.add(BOB, "Bob")
    assert vault.peers.find(words).id == BOB


def test_a_name_that_two_bear_is_refused(vault: Vault) -> None:
    vault.peers.add(BOB, "Bob")
    vault.peers.add(BOB + "2", "Bob")
    assert code(vault.peers.find, "bob") == "ambiguous-peer"


def test_an_unknown_peer_is_a_sentence(vault: Vault) -> None:
    assert code(vault.peers.find, "nobody") == "unknown-peer"


def test_a_blocked_peer_is_no_contact(vault: Vault) -> None:
    vault.peers.add(BOB, "Bob")
    vault.peers.stand(BOB, "blocked")
    assert vault.peers.contacts() == frozenset()
    assert vault.peers.blocked() == frozenset({BOB})


def test_a_name_without_a_sign_in_it_is_refused(vault: Vault) -> None:
    assert code(vault.peers.add, BOB, " \n ") == "empty-name"


def test_an_invite_lets_one_peer_in(vault: Vault) -> None:
    vault.peers.invite(SECRET, "Carol", 4e9)
    assert vault.peers.redeem(SECRET, BOB) == "Carol"
    assert vault.peers.redeem(SECRET, "another") is None


def test_the_answer_to_an_invite_may_be_asked_for_again(vault: Vault) -> None:
    vault.peers.invite(SECRET, "Carol", 4e9)
    vault.peers.redeem(SECRET, BOB)
    assert vault.peers.redeem(SECRET, BOB) == "Carol"


def test_a_peer_that_was_removed_does_not_come_back_with_its_old_invite(vault: Vault) -> None:
    vault.peers.invite(SECRET, "Carol", 4e9)
    vault.peers.redeem(SECRET, BOB)
    vault.peers.add(BOB, "Carol")
    vault.peers.remove(BOB)
    assert vault.peers.redeem(SECRET, BOB) is None


def test_an_invite_expires(vault: Vault) -> None:
    vault.peers.invite(SECRET, "Carol", 1.0)
    assert vault.peers.redeem(SECRET, BOB) is None


def test_a_withdrawn_invite_lets_nobody_in(vault: Vault) -> None:
    vault.peers.withdraw(vault.peers.invite(SECRET, "Carol", 4e9))
    assert vault.peers.redeem(SECRET, BOB) is None


def test_the_secret_of_an_invite_is_not_in_the_vault(vault: Vault) -> None:
    vault.peers.invite(SECRET, "Carol", 4e9)
    with vault.read() as connection:
        (kept,) = connection.execute("SELECT secret FROM invite").fetchone()
    assert kept != SECRET


def test_a_ban_of_long_ago_is_forgotten(vault: Vault) -> None:
    vault.peers.ban("bad", 1.0, 1)
    vault.peers.ban("worse", 4e9, 3)
    assert vault.peers.bans() == {"worse": (4e9, 3)}
