"""What the chain in the process computes for others is bounded, in gas and in time; how much it keeps is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from eth_account import Account

from p2p.chain import Chain
from p2p.embedded import CURVES, TOLERANCE, EmbeddedChain, Genesis, opened
from p2p.networks import EMBEDDED

OWNER = Account.from_key(bytes(31) + b"\7")
RICH = OWNER.address.lower()
ENDLESS = "5b600056"  # JUMPDEST PUSH1 0 JUMP
WIDE = "62270000600020"  # KECCAK256 over 2.4 MiB of memory: 13 million gas in three steps
SOME = "618000600020"  # over 32 KiB
PAIRS = "0x0000000000000000000000000000000000000008"  # EIP-197
PAIR = 192  # bytes


@pytest.fixture(name="made", scope="module")
def _made() -> EmbeddedChain:
    return opened(Genesis(EMBEDDED[0], (RICH,), 1_800_000_000), {}, lambda _written: None, lambda: 1_800_000_000.0)


def contract(made: EmbeddedChain, code: str) -> str:
    """The address of a new one that does this."""
    chain, size = Chain([made.endpoint]), len(code) // 2
    fields = {
        "type": 2, "chainId": EMBEDDED[0], "nonce": chain.nonce(RICH), "gas": 200_000, "value": 0,
        "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1,
        "data": f"0x60{size:02x}600c60003960{size:02x}6000f3{code}",  # copies what follows and returns it
    }  # fmt: skip
    signed = OWNER.sign_transaction(fields)
    chain.send(bytes(signed.raw_transaction))
    found = chain.passed_on("eth_getTransactionReceipt", ["0x" + bytes(signed.hash).hex()])
    return str(found["result"]["contractAddress"])


def asked(made: EmbeddedChain, method: str, call: Mapping[str, str], seconds: float = 60.0) -> dict[str, Any]:
    with made.within(seconds):
        block = ["latest"] if method == "eth_call" else []
        return Chain([made.endpoint]).passed_on(method, [{"from": RICH, **call}, *block])


@pytest.mark.parametrize("method", ["eth_estimateGas", "eth_call"])
def test_what_has_no_end_is_given_up(made: EmbeddedChain, method: str) -> None:
    """Long before it has used up the gas that it may have."""
    answer = asked(made, method, {"to": contract(made, ENDLESS), "gas": hex(10_000_000)}, seconds=0.05)
    assert "it takes too long" in answer["error"]["message"]


def test_after_that_the_next_question_is_answered(made: EmbeddedChain) -> None:
    asked(made, "eth_estimateGas", {"to": contract(made, ENDLESS)}, seconds=0.05)
    assert "result" in asked(made, "eth_estimateGas", {"to": RICH})


def test_the_time_of_one_question_is_no_other_ones(made: EmbeddedChain) -> None:
    with made.within(0.0):
        pass
    assert Chain([made.endpoint]).passed_on("eth_estimateGas", [{"from": RICH, "to": contract(made, SOME)}])["result"]


def test_an_estimate_tries_no_more_gas_than_one_transaction_may_have(made: EmbeddedChain) -> None:
    answer = asked(made, "eth_estimateGas", {"to": contract(made, WIDE)})
    assert "OutOfGas" in answer["error"]["message"]


def test_an_estimate_is_enough_and_not_much_too_high(made: EmbeddedChain) -> None:
    call = {"to": contract(made, SOME)}
    found = int(asked(made, "eth_estimateGas", call)["result"], 16)
    assert "error" not in asked(made, "eth_call", {**call, "gas": hex(found)})
    assert "error" in asked(made, "eth_call", {**call, "gas": hex(found - TOLERANCE)})


@pytest.mark.parametrize(("pairs", "answered"), [(1, True), (CURVES // PAIR + 1, False)])
def test_a_precompiled_contract_over_curves_takes_few_points(made: EmbeddedChain, pairs: int, answered: bool) -> None:
    answer = asked(made, "eth_call", {"to": PAIRS, "data": "0x" + "00" * PAIR * pairs, "gas": hex(9_000_000)})
    assert ("result" in answer) is answered


def test_it_knows_how_many_bytes_it_keeps() -> None:
    content: dict[bytes, bytes] = {}

    def keep(written: Mapping[bytes, bytes | None]) -> None:
        for key, value in written.items():
            if value is None:
                content.pop(key, None)
            else:
                content[key] = value

    made = opened(Genesis(EMBEDDED[0], (RICH,), 1_800_000_000), {}, keep)
    again = opened(Genesis(EMBEDDED[0], (RICH,), 1_800_000_000), content, keep)
    assert made.size == again.size == sum(len(key) + len(value) for key, value in content.items()) > 0
