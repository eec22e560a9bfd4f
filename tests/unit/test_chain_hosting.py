"""What a contact may ask of the chain in this process: a list, with bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from p2p.chain_hosting import (
    A_MINUTE,
    COMPUTING_A_MINUTE,
    COSTLY_A_MINUTE,
    MINUTE,
    MOST_BLOCKS,
    Declined,
    Meter,
    question,
)
from p2p.wallet import MOST_GAS
from tests.unit.swarm_fixtures import VALUES

SOMEBODY = "0x" + "11" * 20


def asked(method: Any, *params: Any, **more: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **more}).encode()


def code_of(request: bytes) -> int:
    with pytest.raises(Declined) as refused:
        question(request)
    return refused.value.code


def transaction(gas: int, **more: Any) -> str:
    fields = {"nonce": 0, "gas": gas, "to": SOMEBODY, "value": 1, "data": b"", "chainId": 5, **more}
    if "gasPrice" not in more:
        fields |= {"type": 2, "maxFeePerGas": 1, "maxPriorityFeePerGas": 0}
    return "0x" + bytes(Account.from_key(bytes(31) + b"\7").sign_transaction(fields).raw_transaction).hex()


@pytest.mark.parametrize(
    "method",
    ["anvil_setBalance", "evm_mine", "eth_accounts", "eth_sendTransaction", "eth_sign", "personal_sign", "", None, 5],
)
def test_what_is_not_on_the_list_is_not_answered(method: object) -> None:
    assert code_of(asked(method)) in (-32601, -32600)


@pytest.mark.parametrize("request_", [b"", b"[]", b"{", b"[" * 60_000, b'{"id": {}, "method": "eth_chainId"}'])
def test_what_is_no_request_is_told(request_: bytes) -> None:
    assert code_of(request_) in (-32700, -32600)


METHODS = st.sampled_from(["eth_call", "eth_getLogs", "eth_sendRawTransaction", "eth_getBalance"])


@given(METHODS, st.lists(VALUES, max_size=4))
def test_no_parameters_break_it(method: str, params: list[Any]) -> None:
    request = json.dumps({"id": 1, "method": method, "params": params}, default=repr).encode()
    try:
        question(request)
    except Declined:
        return


def test_more_parameters_than_a_method_has_are_refused() -> None:
    assert code_of(asked("eth_chainId", 1)) == -32602


def test_parameters_are_not_deep() -> None:
    deep: Any = {}
    for _ in range(20):
        deep = {"a": deep}
    assert code_of(asked("eth_call", deep, "latest")) == -32602


@pytest.mark.parametrize("gas", [None, hex(10**12)])
def test_what_a_call_computes_is_bounded(gas: str | None) -> None:
    call = {"to": SOMEBODY, "data": "0x"} | ({} if gas is None else {"gas": gas})
    assert int(question(asked("eth_call", call, "latest")).params[0]["gas"], 16) == MOST_GAS


def test_a_call_with_less_gas_keeps_it() -> None:
    assert question(asked("eth_call", {"to": SOMEBODY, "gas": "0x5208"})).params[0]["gas"] == "0x5208"


def test_what_a_transaction_computes_is_bounded() -> None:
    assert question(asked("eth_sendRawTransaction", transaction(MOST_GAS))).params
    assert code_of(asked("eth_sendRawTransaction", transaction(MOST_GAS + 1))) == -32602


@pytest.mark.parametrize("raw", ["0x", "0x02", 5, None, "0x" + "00" * 200])
def test_what_is_no_transaction_is_told(raw: object) -> None:
    assert code_of(asked("eth_sendRawTransaction", raw)) == -32602


def test_a_transaction_that_names_no_chain_is_refused() -> None:
    legacy = transaction(21_000, gasPrice=1)
    assert code_of(asked("eth_sendRawTransaction", legacy)) == -32602


@pytest.mark.parametrize(
    ("first", "last", "taken"),
    [
        ("0x0", hex(MOST_BLOCKS - 1), True),
        ("0x0", hex(MOST_BLOCKS), False),
        ("0x0", "latest", False),
        ("earliest", "latest", False),
        ("latest", "latest", True),
        ("0x5", "0x1", False),
    ],
)
def test_a_search_for_events_is_narrow(first: str, last: str, taken: bool) -> None:
    request = asked("eth_getLogs", {"fromBlock": first, "toBlock": last})
    assert bool(question(request).params) if taken else code_of(request) == -32005


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("method", "most"), [("eth_call", A_MINUTE), ("eth_sendRawTransaction", COSTLY_A_MINUTE)])
def test_a_contact_asks_so_much_in_a_minute_and_no_more(method: str, most: int) -> None:
    clock = Clock()
    meter = Meter(clock)
    for _ in range(most):
        meter.count("alice", method)
    with pytest.raises(Declined):
        meter.count("alice", method)
    meter.count("bob", method)
    clock.now += MINUTE
    meter.count("alice", method)


def test_a_contact_has_so_much_computed_in_a_minute_and_others_are_still_answered() -> None:
    clock = Clock()
    meter = Meter(clock)
    for _ in range(2):
        meter.count("alice", "eth_call")
        meter.took("alice", COMPUTING_A_MINUTE / 2)
    with pytest.raises(Declined):
        meter.count("alice", "eth_call")
    meter.count("bob", "eth_call")
    clock.now += MINUTE
    meter.count("alice", "eth_call")
