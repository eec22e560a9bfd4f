"""What a chain does to a transaction between its signature and the end, on a real node: the act takes effect once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from p2p.sender import Sender
from p2p.wallet_requests import digest
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, world_fixture
from tests.unit.sender_fixtures import GWEI, World
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["anvil_fixture", "path_fixture", "vault_fixture", "world_fixture"]

DEEP: Any = {"confirmations": 3}


def to_the_end(sender: Sender, anvil: Anvil, world: World) -> None:
    """Blocks come and time passes until nothing waits any more."""
    for _block in range(20):
        if sender.advance() is None:
            return
        anvil.mine()
        world.clock.now += 15
    raise AssertionError("something waits for ever")


def test_it_is_final_with_the_confirmations_asked_for(anvil: Anvil, world: World) -> None:
    sender = world.sender(**DEEP)
    sender.submit("k", world.act("a"))
    seen = []
    for _block in range(3):
        anvil.mine()
        sender.advance()
        seen.append(world.state("k")[0])
    assert seen == ["mined", "mined", "final"]


def test_what_a_reorganisation_took_out_of_its_block_comes_back(anvil: Anvil, world: World) -> None:
    sender = world.sender(**DEEP)
    sender.submit("k", world.act("a"))
    anvil.mine()
    sender.advance()
    anvil.reorganise(1)
    assert (world.state("k")[0], world.effects()) == ("mined", {})
    sender.advance()
    anvil.mine(3)
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_what_a_reorganisation_moved_to_another_block_is_found_there(anvil: Anvil, world: World) -> None:
    sender = world.sender(**DEEP)
    sender.submit("k", world.act("a"))
    anvil.mine(2)
    sender.advance()
    before = world.entry("k").sending.place
    anvil.reorganise(2, (world.entry("k").sending.attempts[0].raw, 1))
    sender.advance()
    place = world.entry("k").sending.place
    assert (before is not None, place is not None) == (True, True)
    assert place != before
    anvil.mine(3)
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_a_nonce_that_another_program_took_is_noticed(anvil: Anvil, world: World) -> None:
    sender = world.sender(**DEEP)
    sender.submit("k", world.act("a"))
    world.elsewhere("theirs")
    anvil.mine()
    sender.advance()
    assert world.state("k")[0] == "sent"
    anvil.mine(3)
    sender.advance()
    assert (world.state("k")[0], world.effects()) == ("displaced", {"theirs": 1})


def test_a_nonce_that_another_program_took_in_a_reorganisation_is_noticed(anvil: Anvil, world: World) -> None:
    sender = world.sender(**DEEP)
    sender.submit("k", world.act("a"))
    anvil.mine()
    sender.advance()
    anvil.reorganise(1)
    world.elsewhere("theirs")
    to_the_end(sender, anvil, world)
    assert (world.state("k")[0], world.effects()) == ("displaced", {"theirs": 1})


def test_a_nonce_that_another_program_took_a_moment_ago_is_not_given_up(anvil: Anvil, world: World) -> None:
    """A reorganisation took the other transaction out of the block in which it was seen; now it stands in a later one,
    and another reorganisation may still put ours in its place."""
    sender = world.sender(**DEEP)
    sender.submit("k", world.act("a"))
    ours = world.entry("k").sending.attempts[0].raw
    world.elsewhere("theirs")
    anvil.mine()
    sender.advance()
    anvil.reorganise(1)
    anvil.mine(3)
    world.elsewhere("theirs")
    anvil.mine()
    sender.advance()
    assert world.state("k")[0] == "sent"
    anvil.reorganise(1, (ours, 0))
    to_the_end(sender, anvil, world)
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_what_was_displaced_is_done_anew_when_the_caller_says_so(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    world.elsewhere("theirs")
    to_the_end(sender, anvil, world)
    sender.submit("k", world.act("a"))
    assert world.state("k")[0] == "displaced"
    sender.submit("k", world.act("a", again=1))
    anvil.mine()
    sender.advance()
    assert (world.state("k"), world.state("k#0")) == (("final", ""), ("displaced", ""))
    assert world.effects() == {"theirs": 1, "a": 1}


def test_one_that_the_node_forgot_is_sent_again_and_lets_the_next_one_pass(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("first", world.act("a"))
    sender.submit("second", world.act("b"))
    anvil.drop(world.entry("first").sending.attempts[0].name)
    anvil.mine()
    sender.advance()
    assert world.effects() == {}
    world.clock.now += 15
    sender.advance()
    anvil.mine()
    sender.advance()
    assert (world.state("first"), world.state("second")) == (("final", ""), ("final", ""))
    assert world.effects() == {"a": 1, "b": 1}


def test_a_gap_that_is_nobodys_is_told_and_filled_by_the_next_act(anvil: Anvil, world: World) -> None:
    """Another program's transaction stood before ours, and a reorganisation took it away for good."""
    sender = world.sender()
    world.elsewhere("theirs")
    anvil.mine()
    sender.submit("k", world.act("a"))
    anvil.reorganise(1)
    sender.advance()
    assert world.state("k") == ("sent", "chain-gap")
    sender.submit("next", world.act("b"))
    assert [world.entry(key).sending.nonce for key in ("k", "next")] == [1, 0]
    to_the_end(sender, anvil, world)
    assert (world.state("k"), world.state("next")) == (("final", ""), ("final", ""))
    assert world.effects() == {"a": 1, "b": 1}


def test_what_was_final_is_sent_again_where_a_deep_reorganisation_took_it(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("first", world.act("a"))
    anvil.mine()
    sender.advance()
    assert world.state("first")[0] == "final"
    sender.submit("second", world.act("b"))
    anvil.reorganise(1)
    world.clock.now += 15
    sender.advance()
    anvil.mine()
    sender.advance()
    assert world.state("second") == ("final", "")
    assert world.effects() == {"a": 1, "b": 1}


def test_what_is_stuck_is_replaced_with_a_higher_fee(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    first = world.entry("k").sending.attempts[0]
    anvil.base_fee(2 * first.max_fee)
    anvil.mine()
    world.clock.now += 60
    sender.advance()
    newest = world.entry("k").sending.attempts[-1]
    assert newest.max_fee >= 2 * 2 * first.max_fee * 7 // 8
    anvil.mine(2)
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})
    place = world.entry("k").sending.place
    assert place is not None
    assert place.name == newest.name


def test_where_a_block_takes_the_older_attempt_that_is_the_one(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    world.clock.now += 60
    sender.advance()
    first, newest = world.entry("k").sending.attempts
    anvil.drop(newest.name)
    world.chain.send(first.raw)
    anvil.mine()
    sender.advance()
    place = world.entry("k").sending.place
    assert place is not None
    assert (world.state("k"), place.name, world.effects()) == (("final", ""), first.name, {"a": 1})


def test_what_the_person_agreed_to_is_replaced_without_asking_again(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender._chain.gas = lambda *_: 100_000  # type: ignore[method-assign]  # its proof is checked by the chain alone
    method, args = "setAgentWallet(uint256,address,uint256,bytes)", (0, world.registry, 1, b"")
    act = world.act("", signature=method, args=args)
    sender.submit("k", act, digest(act))
    world.clock.now += 60
    sender.advance()
    assert (world.state("k"), len(world.entry("k").sending.attempts)) == (("sent", ""), 2)


def test_what_waits_for_another_is_not_replaced(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("first", world.act("a"))
    sender.submit("second", world.act("b"))
    world.clock.now += 60
    sender.advance()
    assert [len(world.entry(key).sending.attempts) for key in ("first", "second")] == [2, 1]


def test_above_the_fee_that_the_person_allows_it_waits_and_says_so(anvil: Anvil, world: World) -> None:
    sender = world.sender(most_fee=10 * GWEI)
    sender.submit("k", world.act("a"))
    anvil.base_fee(50 * GWEI)
    anvil.mine()
    for _minute in range(60):
        world.clock.now += 60
        sender.advance()
    assert world.state("k") == ("sent", "chain-fee-limit")
    assert max(one.max_fee for one in world.entry("k").sending.attempts) <= 10 * GWEI
    anvil.base_fee(GWEI)
    anvil.mine()
    world.clock.now += 15
    sender.advance()
    anvil.mine(2)
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_what_was_begun_above_the_limit_waits_too(anvil: Anvil, world: World) -> None:
    anvil.base_fee(50 * GWEI)
    anvil.mine()
    sender = world.sender(most_fee=10 * GWEI)
    sender.submit("k", world.act("a"))
    assert world.state("k") == ("sent", "chain-fee-limit")


def test_the_wallets_limit_of_fees_is_not_passed_by_replacing(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    network = world.wallet.state.network(world.identity.chain_id)
    spent = world.wallet.state.book.entries[0].fee
    world.wallet.change(world.wallet.state.with_network(replace(network, fee=spent)))
    world.clock.now += 60
    sender.advance()
    assert world.state("k") == ("sent", "wallet-limit-fee")
    anvil.mine()
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_without_coins_it_waits_and_says_so(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    anvil.give(world.wallet.address(0), 5)
    sender.submit("k", world.act("a"))
    sender.advance()
    assert world.state("k") == ("sent", "chain-funds")
    world.clock.now += 60
    sender.advance()
    assert (world.state("k"), len(world.entry("k").sending.attempts)) == (("sent", "chain-funds"), 1)
    anvil.give(world.wallet.address(0))
    world.clock.now += 15
    sender.advance()
    anvil.mine()
    sender.advance()
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})


def test_what_fails_in_its_block_is_known_as_reverted(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    sender.submit("k", world.act("a"))
    anvil.ask("anvil_setCode", world.registry, "0xfd")
    anvil.mine()
    sender.advance()
    entry = world.entry("k")
    assert entry.mined is not None
    assert (world.state("k"), entry.mined.ok, entry.mined.gas > 0) == (("reverted", ""), False, True)


def test_several_acts_in_one_block_are_each_found(anvil: Anvil, world: World) -> None:
    sender = world.sender()
    for key in "abcd":
        sender.submit(key, world.act(key))
    anvil.mine()
    assert sender.advance() is None
    assert world.effects() == dict.fromkeys("abcd", 1)


def test_blocks_that_come_by_themselves_are_enough(anvil: Anvil, world: World) -> None:
    anvil.interval(1)
    sender = world.sender(confirmations=2)
    sender.submit("k", world.act("a"))
    until = time.monotonic() + 60
    while sender.advance() is not None:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert (world.state("k"), world.effects()) == (("final", ""), {"a": 1})
