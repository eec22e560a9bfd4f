"""What an escrow may take counts as spent; what is paid in of it does not count again, in both dialects of ERC-8183."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.spending import Book, Limits, Spend
from p2p.wallet import Wallet
from p2p.wallet_requests import ApprovalNeeded, Transaction, WalletRefused, digest
from tests.unit.wallet_fixtures import KERNEL, LIMITS, NETWORK, STRANGER, TOKEN, call, fund, wallet

OTHER = "0x" + "1f" * 20  # another escrow that is known
WIDE = {TOKEN: replace(LIMITS, task=10_000, day=10_000, counterparty=10_000)}


def allow(amount: int = 50, kernel: str = KERNEL, **changed: Any) -> Transaction:
    return call("token", TOKEN, "approve(address,uint256)", kernel, amount, **changed)


def printed(**changed: Any) -> Transaction:
    return call("kernel", KERNEL, "fund(uint256,bytes)", 7, b"", token=TOKEN, **changed)


def refusal(holder: Wallet, request: Transaction) -> str:
    with pytest.raises(WalletRefused) as refused:
        holder.sign(request)
    return refused.value.code


def pays(dialect: str, **changed: Any) -> Transaction:
    return printed(**changed) if dialect == "printed" else fund(50, **changed)


DIALECTS = pytest.mark.parametrize("dialect", ["prose", "printed"])


@DIALECTS
def test_a_price_counts_once(dialect: str) -> None:
    holder = wallet(limits={TOKEN: replace(LIMITS, task=50, day=50, counterparty=50)})
    holder.sign(allow(50, nonce=0))
    assert holder.sign(pays(dialect, nonce=1)).raw


@DIALECTS
@pytest.mark.parametrize(
    ("limit", "other"), [("task", {}), ("counterparty", {"task": "b"}), ("day", {"task": "b", "counterparty": "else"})]
)
def test_no_limit_is_passed_by_paying_again(dialect: str, limit: str, other: dict[str, Any]) -> None:
    holder = wallet(limits={TOKEN: replace(WIDE[TOKEN], **{limit: 99})})
    holder.sign(allow(50, nonce=0))
    holder.sign(pays(dialect, nonce=1))
    assert refusal(holder, allow(50, nonce=2, **other)) == f"wallet-limit-{limit}"


def test_an_allowance_is_spent_whether_or_not_it_is_paid_in() -> None:
    holder = wallet(limits={TOKEN: replace(WIDE[TOKEN], day=99)})
    holder.sign(allow(50, nonce=0))
    assert refusal(holder, allow(50, nonce=1, task="b")) == "wallet-limit-day"


@DIALECTS
def test_the_person_is_asked_once_for_a_large_price(dialect: str) -> None:
    holder = wallet(limits=WIDE)
    with pytest.raises(ApprovalNeeded):
        holder.sign(allow(61, nonce=0))
    holder.sign(allow(61, nonce=0), digest(allow(61)))
    assert holder.sign(pays(dialect, nonce=1) if dialect == "printed" else fund(61, nonce=1)).raw


def test_a_payment_without_a_word_of_how_much_is_asked_where_nothing_was_allowed() -> None:
    with pytest.raises(ApprovalNeeded):
        wallet().sign(printed())


@pytest.mark.parametrize(
    "other", [{"task": "b"}, {"counterparty": "else"}, {"token": STRANGER}, {"contract": OTHER}, {"account": 1}]
)
def test_what_was_allowed_for_something_else_is_no_agreement(other: dict[str, Any]) -> None:
    holder = wallet(limits=WIDE, contracts={**NETWORK.contracts, OTHER: "kernel"})
    holder.sign(allow(50, nonce=0))
    with pytest.raises(ApprovalNeeded):
        holder.sign(replace(printed(nonce=1), **other))


def test_an_allowance_is_paid_in_once() -> None:
    holder = wallet(limits=WIDE)
    holder.sign(allow(50, nonce=0))
    holder.sign(printed(nonce=1))
    with pytest.raises(ApprovalNeeded):
        holder.sign(printed(nonce=2))


def test_the_same_payment_again_with_a_higher_fee_needs_no_other_allowance() -> None:
    holder = wallet(limits=WIDE)
    holder.sign(allow(50, nonce=0))
    holder.sign(printed(nonce=1))
    assert holder.sign(printed(nonce=1, max_fee=20)).raw


def test_many_small_allowances_are_no_agreement_to_a_large_payment() -> None:
    holder = wallet(limits=WIDE)
    holder.sign(allow(50, nonce=0))
    holder.sign(allow(50, nonce=1))
    with pytest.raises(ApprovalNeeded):
        holder.sign(fund(61, nonce=2))


def test_tokens_that_are_sent_away_are_not_paid_out_of_an_allowance() -> None:
    holder = wallet(limits={TOKEN: replace(WIDE[TOKEN], task=99)})
    holder.sign(allow(50, nonce=0))
    sent = call("token", TOKEN, "transfer(address,uint256)", STRANGER, 50, nonce=1)
    with pytest.raises(WalletRefused, match="limit"):
        holder.sign(sent, digest(sent))


HELD = Limits(task=100, day=250, counterparty=150, fee=1_000)
STEPS = st.builds(
    Spend,
    chain=st.just(1),
    account=st.just(0),
    nonce=st.integers(0, 9),
    token=st.just("0xa"),
    amount=st.integers(0, 120),
    fee=st.just(0),
    counterparty=st.sampled_from(["one", "two"]),
    task=st.sampled_from(["one", "two", "three"]),
    day=st.sampled_from(["2026-11-21", "2026-11-22"]),
    kernel=st.sampled_from(["0x1", "0x2", ""]),
    allows=st.booleans(),
)


@given(st.lists(STEPS, max_size=30))
def test_no_sequence_gets_more_allowed_or_paid_than_a_limit(steps: list[Spend]) -> None:
    found = Book()
    for step in steps:
        if found.denied(step, HELD) is None:
            found = found.with_entry(step)
    for limit, names in (("task", ["task"]), ("day", ["day"]), ("counterparty", ["day", "counterparty"])):
        for allows in (False, True):
            sums: dict[object, int] = {}
            for entry in found.entries:
                if entry.allows == allows:
                    key = tuple(getattr(entry, name) for name in names)
                    sums[key] = sums.get(key, 0) + entry.amount
            assert all(summed <= getattr(HELD, limit) for summed in sums.values())
