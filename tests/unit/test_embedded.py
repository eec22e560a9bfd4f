"""The chain in the process: a chain id of its own, blocks at the time of the clock, and nothing lost by a crash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from eth_account import Account

from p2p.chain import Chain, ChainError
from p2p.embedded import COIN, EmbeddedChain, Genesis, opened
from p2p.networks import EMBEDDED
from tests.paths import ROOT

KEY = bytes(31) + b"\7"
RICH = Account.from_key(KEY).address
SOMEBODY = "0x" + "11" * 20
GENESIS = Genesis(EMBEDDED.start + 99, (RICH,), 1_800_000_000)


class Kept(dict[bytes, bytes]):
    """A database, full when `full` is set."""

    full = False

    def keep(self, written: Mapping[bytes, bytes | None]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        for key, value in written.items():
            if value is None:
                self.pop(key, None)
            else:
                self[key] = value


class Clock:
    now = 1_800_000_100.0

    def __call__(self) -> float:
        return self.now


def begun(kept: Kept, clock: Clock | None = None) -> tuple[EmbeddedChain, Chain]:
    embedded = opened(GENESIS, kept, kept.keep, clock or Clock())
    return embedded, Chain([embedded.endpoint])


def payment(chain: Chain, value: int = 5, chain_id: int = GENESIS.chain_id) -> Any:
    return Account.from_key(KEY).sign_transaction(
        {
            "type": 2,
            "chainId": chain_id,
            "nonce": chain.nonce(RICH),
            "to": SOMEBODY,
            "value": value,
            "gas": 21_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 0,
            "data": b"",
        }
    )


def test_the_chain_has_the_id_that_it_was_given() -> None:
    assert begun(Kept())[1].identity().chain_id == GENESIS.chain_id


def test_the_person_begins_with_coins() -> None:
    assert begun(Kept())[1].balance(RICH) == 1_000_000 * COIN


def test_a_transaction_has_a_block_at_the_time_of_the_clock() -> None:
    clock = Clock()
    _, chain = begun(Kept(), clock)
    clock.now += 5_000
    chain.send(payment(chain).raw_transaction)
    assert chain.head().time == int(clock.now)


def test_a_clock_that_was_set_back_does_not_stop_the_chain() -> None:
    clock = Clock()
    _, chain = begun(Kept(), clock)
    chain.send(payment(chain).raw_transaction)
    before = chain.head().time
    clock.now -= 10_000
    chain.send(payment(chain).raw_transaction)
    assert chain.head().time == before + 1


def test_a_chain_that_is_opened_again_is_the_same() -> None:
    kept = Kept()
    _, chain = begun(kept)
    signed = payment(chain)
    chain.send(signed.raw_transaction)
    _, again = begun(kept)
    assert again.identity() == chain.identity()
    assert again.head() == chain.head()
    assert again.mined("0x" + signed.hash.hex()) == chain.mined("0x" + signed.hash.hex())


def test_a_chain_that_was_opened_again_goes_on() -> None:
    kept = Kept()
    _, chain = begun(kept)
    chain.send(payment(chain).raw_transaction)
    _, again = begun(kept)
    again.send(payment(again).raw_transaction)
    assert (again.head().number, again.balance(SOMEBODY)) == (2, 10)


def test_what_could_not_be_kept_was_never_taken() -> None:
    kept = Kept()
    _, chain = begun(kept)
    kept.full = True
    with pytest.raises(ChainError) as error:
        chain.send(payment(chain).raw_transaction)
    kept.full = False
    _, again = begun(kept)
    assert (error.value.code, again.head().number, again.balance(SOMEBODY)) == ("chain-unreachable", 0, 0)


def test_a_chain_that_could_not_keep_a_block_answers_nothing_more() -> None:
    kept = Kept()
    _, chain = begun(kept)
    kept.full = True
    with pytest.raises(ChainError):
        chain.send(payment(chain).raw_transaction)
    kept.full = False
    with pytest.raises(ChainError):
        chain.head()


def test_what_was_signed_for_another_chain_is_refused() -> None:
    _, chain = begun(Kept())
    with pytest.raises(ChainError) as error:
        chain.send(payment(chain, chain_id=31337).raw_transaction)
    assert error.value.code == "chain-refused"


def test_what_is_only_asked_is_not_kept() -> None:
    kept = Kept()
    _, chain = begun(kept)
    before = dict(kept)
    chain.balance(RICH)
    assert kept == before


def test_the_chain_leaves_the_depth_of_recursion_as_it_is() -> None:
    """Else a deeply nested text of anybody's would end the process."""
    opening = """
import json, sys
from p2p.embedded import Genesis, opened
before = sys.getrecursionlimit()
opened(Genesis(86264418140160, (), 1_800_000_000), {}, lambda _written: None)
print(before == sys.getrecursionlimit())
"""
    done = subprocess.run([sys.executable, "-c", opening], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
