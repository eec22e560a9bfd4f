"""What is submitted takes effect once, with the real wallet and the real vault, on the chain in the process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.chain import ChainError
from p2p.sender import LOOK, Sender
from p2p.wallet_requests import ApprovalNeeded, Signed, Transaction, WalletRefused, digest
from storage.vault import Vault
from tests.unit.sender_fixtures import RULES, World, embedded_world, wallet_for
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]


@pytest.fixture(name="world")
def world_fixture(vault: Vault) -> World:
    return embedded_world(vault.transactions)


def test_what_was_submitted_takes_effect(world: World) -> None:
    world.sender().submit("k", world.act("a"))
    assert world.effects() == {"a": 1}


def test_what_is_final_has_its_gas_and_its_events(world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    sender.advance()
    mined = world.entry("k").mined
    assert mined is not None
    assert (world.state("k"), mined.gas > 0) == (("final", ""), True)
    assert mined == world.chain.mined(mined.hash)


def test_nonce_and_bytes_are_stored_before_they_are_sent(world: World) -> None:
    chain, kept = world.open_chain(), []
    send = chain.send

    def watched(raw: bytes) -> None:
        kept.append((world.entry("k").sending.attempts[-1].raw == raw, world.state("k")))
        send(raw)

    chain.send = watched  # type: ignore[method-assign]
    world.sender(chain).submit("k", world.act("a"))
    assert kept == [(True, ("sent", ""))]


def test_the_same_key_twice_is_one(world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    sender.submit("k", world.act("a"))
    assert world.effects() == {"a": 1}


def test_the_same_key_is_one_after_a_restart_too(world: World) -> None:
    world.sender().submit("k", world.act("a"))
    world.sender().submit("k", world.act("a"))
    assert world.effects() == {"a": 1}


def test_each_act_has_a_nonce_of_its_own(world: World) -> None:
    sender = world.sender()
    for key in "abc":
        sender.submit(key, world.act(key))
    assert [world.entry(key).sending.nonce for key in "abc"] == [0, 1, 2]
    assert world.effects() == {"a": 1, "b": 1, "c": 1}


def test_a_call_that_would_fail_is_not_signed(world: World) -> None:
    signed: list[Transaction] = []

    def sign(request: Transaction, approval: str) -> Signed:
        signed.append(request)
        return world.wallet.sign(request, approval)

    sender = world.sender()
    sender._sign = sign
    refused = world.act("", signature="setAgentURI(uint256,string)", args=(99, "x"))
    with pytest.raises(ChainError) as error:
        sender.submit("k", refused)
    assert (error.value.code, signed, sender.outcome("k")) == ("chain-reverted", [], None)


def test_a_call_that_the_wallet_does_not_know_is_refused(world: World) -> None:
    with pytest.raises(WalletRefused) as error:
        world.sender().submit("k", world.act("a", signature="selfDestruct()", args=()))
    assert error.value.code == "wallet-method"


def test_arguments_that_are_none_of_the_call_are_refused(world: World) -> None:
    with pytest.raises(WalletRefused) as error:
        world.sender().submit("k", world.act("a", args=(1, 2)))
    assert error.value.code == "wallet-arguments"


def test_what_the_person_has_to_see_first_is_not_begun(world: World) -> None:
    world.sender().submit("agent", world.act("a"))
    request = world.act("", signature="setAgentWallet(uint256,address,uint256,bytes)", args=(0, world.registry, 1, b""))
    sender = world.sender()
    sender._chain.gas = lambda *_: 100_000  # type: ignore[method-assign]  # its proof is checked by the chain alone
    with pytest.raises(ApprovalNeeded):
        sender.submit("k", request)
    assert sender.outcome("k") is None
    filled = replace(request, chain=world.identity.chain_id)
    sender.submit("k", request, digest(filled))
    assert sender.outcome("k") is not None


def test_what_the_wallet_refuses_is_not_begun(world: World) -> None:
    world.wallet = wallet_for(world.identity.chain_id, "0x" + "33" * 20, world.clock)
    sender = world.sender()
    with pytest.raises(WalletRefused) as error:
        sender.submit("k", world.act("a"))
    assert (error.value.code, sender.outcome("k")) == ("wallet-contract", None)


def test_the_gas_has_a_margin(world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    sender.advance()
    entry = world.entry("k")
    assert entry.mined is not None
    assert entry.mined.gas * 1.2 < entry.request.gas < entry.mined.gas * 1.5


def test_no_more_is_offered_than_the_person_allows(world: World) -> None:
    fees = world.chain.fees()
    world.sender(most_fee=fees.base + 5).submit("k", world.act("a"))
    attempt = world.entry("k").sending.attempts[0]
    assert (attempt.max_fee, attempt.priority_fee <= attempt.max_fee) == (fees.base + 5, True)


def test_where_nothing_waits_there_is_nothing_to_come_back_for(world: World) -> None:
    sender = world.sender()
    assert sender.advance() is None
    sender.submit("k", world.act("a"))
    assert sender.advance() is None


def test_what_waits_is_looked_at_again(world: World) -> None:
    sender = world.sender(confirmations=3)
    sender.submit("k", world.act("a"))
    assert sender.advance() == world.clock() + LOOK


def test_a_transaction_of_another_chain_is_left_alone(world: World) -> None:
    other = replace(world.identity, genesis="0x" + "ab" * 32)
    there = Sender(world.chain, other, world.sender()._store, world.wallet.sign, "0x", world.clock, RULES)
    world.sender(confirmations=3).submit("k", world.act("a"))
    assert there.advance() is None
    assert world.state("k")[0] == "sent"


def test_nothing_is_signed_for_another_chain_than_the_agreed_one(world: World) -> None:
    world.identity = replace(world.identity, genesis="0x" + "ab" * 32)
    with pytest.raises(ChainError) as error:
        world.sender().submit("k", world.act("a"))
    assert (error.value.code, world.effects()) == ("chain-other", {})
