"""Conversations with peers: a step and its effects are kept together, and each effect once."""

from __future__ import annotations

import pytest

from storage.database import Connection
from storage.dialogues import MAX_HEARD, MAX_LIVE
from storage.outbox import Effect, Heard
from storage.vault import Vault, VaultError
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

TASK = "ab" * 16


def effect(key: str, **named: object) -> Effect:
    return Effect(key, "send", b"message", 4e9, **named)  # type: ignore[arg-type]


def begun(vault: Vault, *effects: Effect, peer: str = "") -> int:
    return vault.outbox.begin(TASK, "participant" if peer else "initiator", peer, "inference", b"one", effects)


def test_a_conversation_is_found_with_the_state_it_was_kept_with(vault: Vault) -> None:
    begun(vault)
    found = vault.outbox.find(TASK, "initiator")
    assert found is not None
    assert (found.state, found.outcome) == (b"one", "")


def test_the_effects_of_a_step_are_due_in_their_order(vault: Vault) -> None:
    begun(vault, effect("b"), effect("a"))
    assert [one.key for one in vault.outbox.due(4e9)] == ["b", "a"]


def test_the_same_effect_twice_is_one(vault: Vault) -> None:
    number = begun(vault, effect("a"))
    vault.outbox.step(number, b"two", [effect("a")])
    assert [one.key for one in vault.outbox.due(4e9)] == ["a"]


def test_a_step_that_fails_keeps_nothing_of_itself(vault: Vault) -> None:
    def broken(_connection: Connection) -> None:
        raise RuntimeError

    number = begun(vault)
    with pytest.raises(RuntimeError):
        vault.outbox.step(number, b"two", [effect("a")], within=[broken])
    assert (vault.outbox.get(number).state, vault.outbox.due(4e9)) == (b"one", [])


def test_the_same_conversation_is_not_begun_twice(vault: Vault) -> None:
    begun(vault)
    with pytest.raises(VaultError, match="known already"):
        begun(vault)


def test_a_stranger_who_names_our_conversation_does_not_come_into_it(vault: Vault) -> None:
    ours = begun(vault)
    theirs = begun(vault, peer="stranger")
    assert ours != theirs


def test_a_flood_of_calls_is_refused_at_a_limit(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.dialogues.MAX_LIVE", 3)
    assert MAX_LIVE > 3
    for number in range(3):
        vault.outbox.begin(f"{number:032x}", "participant", "peer", "inference", b"")
    with pytest.raises(VaultError) as failure:
        begun(vault, peer="peer")
    assert failure.value.code == "too-many-conversations"


def test_what_did_not_happen_is_tried_again_then(vault: Vault) -> None:
    begun(vault, effect("a"))
    (one,) = vault.outbox.due(4e9)
    vault.outbox.later(one.number, 5e9)
    assert vault.outbox.due(4.9e9) == []
    (again,) = vault.outbox.due(5e9)
    assert again.tries == 1


def test_a_peer_that_is_there_hurries_what_waits_for_it(vault: Vault) -> None:
    begun(vault, effect("a", peer="bob", due=5e9), effect("b", peer="carol", due=5e9))
    vault.outbox.hurry("bob")
    assert [one.key for one in vault.outbox.due(4e9)] == ["a"]


def test_what_happened_is_not_due_again(vault: Vault) -> None:
    begun(vault, effect("a"))
    (one,) = vault.outbox.due(4e9)
    vault.outbox.done(one.number)
    assert vault.outbox.due(4e9) == []


def test_a_machine_is_woken_when_it_asked_to_be(vault: Vault) -> None:
    number = begun(vault)
    vault.outbox.step(number, b"two", wake=100.0)
    assert [one.number for one in vault.outbox.waking(100.0)] == [number]
    assert vault.outbox.next() == 100.0


def test_a_machine_that_has_ended_is_not_woken(vault: Vault) -> None:
    number = begun(vault)
    vault.outbox.step(number, b"two", wake=100.0, outcome="done")
    assert vault.outbox.waking(200.0) == []
    assert vault.outbox.live() == []


def test_a_message_counts_once(vault: Vault) -> None:
    assert vault.outbox.take(Heard("bob", bytes(32), 1))
    assert not vault.outbox.take(Heard("bob", bytes(32), 1))


def test_a_message_that_began_a_conversation_is_heard_with_it(vault: Vault) -> None:
    vault.outbox.begin(TASK, "participant", "bob", "inference", b"", heard=Heard("bob", bytes(32), 1))
    assert vault.outbox.heard("bob", bytes(32))


def test_messages_of_long_ago_are_not_kept(vault: Vault) -> None:
    vault.outbox.take(Heard("bob", bytes(32), 1))
    vault.outbox.prune(2)
    assert not vault.outbox.heard("bob", bytes(32))
    assert vault.outbox.floor("bob") == 1


def test_a_sender_fills_no_more_than_its_share(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.dialogues.MAX_HEARD", 8)
    assert MAX_HEARD > 8
    for number in range(9):
        vault.outbox.take(Heard("bob", bytes([number]) * 32, 100 + number))
    assert vault.outbox.floor("bob") == 102
    assert vault.outbox.heard("bob", bytes([3]) * 32)


def test_what_was_forgotten_is_below_the_floor(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a message could count twice, once before and once after it was forgotten."""
    monkeypatch.setattr("storage.dialogues.MAX_HEARD", 4)
    for number in range(50):
        vault.outbox.take(Heard("bob", bytes([number]) * 32, 100 + number % 7))
    gone = [number for number in range(50) if not vault.outbox.heard("bob", bytes([number]) * 32)]
    assert all(100 + number % 7 <= vault.outbox.floor("bob") for number in gone)
