"""Limits hold over every sequence of payments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.spending import Book, Denied, Limits, Spend

LIMITS = Limits(task=100, day=250, counterparty=150, fee=1_000)
PAID = Spend(1, 0, 0, "0xa", 50, 10, "peer", "task", "2026-11-22")


def book(*spends: Spend) -> Book:
    found = Book()
    for spend in spends:
        found = found.with_entry(spend)
    return found


def test_what_is_within_every_limit_is_not_denied() -> None:
    assert Book().denied(PAID, LIMITS) is None


@pytest.mark.parametrize(
    ("limit", "limits"),
    [
        ("task", replace(LIMITS, task=49)),
        ("day", replace(LIMITS, day=49)),
        ("counterparty", replace(LIMITS, counterparty=49)),
        ("fee", replace(LIMITS, fee=9)),
    ],
)
def test_each_limit_denies_by_itself(limit: str, limits: Limits) -> None:
    assert Book().denied(PAID, limits) == Denied(limit, getattr(limits, limit))


def test_limits_that_nobody_set_let_nothing_through() -> None:
    assert Book().denied(PAID, Limits()) is not None


def test_a_call_that_costs_nothing_breaks_no_limit_but_the_fee() -> None:
    free = replace(PAID, amount=0, token="")
    assert Book().denied(free, Limits(fee=10)) is None


@pytest.mark.parametrize(
    ("other", "limit"),
    [
        ({"nonce": 1, "day": "2026-11-21", "amount": 60}, "task"),
        ({"nonce": 1, "task": "else", "counterparty": "else", "amount": 201}, "day"),
        ({"nonce": 1, "task": "else", "amount": 101}, "counterparty"),
        ({"nonce": 1, "task": "else", "counterparty": "else", "amount": 0, "fee": 991}, "fee"),
    ],
)
def test_what_was_spent_before_counts(other: dict[str, object], limit: str) -> None:
    found = book(replace(PAID, **other)).denied(PAID, LIMITS)  # type: ignore[arg-type]
    assert isinstance(found, Denied)
    assert found.limit == limit


@pytest.mark.parametrize("change", [{"chain": 2}, {"token": "0xb"}])
def test_another_chain_or_token_has_limits_of_its_own(change: dict[str, object]) -> None:
    other = replace(PAID, nonce=1, amount=100, **change)  # type: ignore[arg-type]
    assert book(other).denied(replace(PAID, amount=100), LIMITS) is None


def test_a_replacement_counts_once() -> None:
    again = replace(PAID, fee=20)
    assert book(PAID, again) == book(again)


def test_a_replacement_counts_with_the_larger_amount() -> None:
    assert book(PAID, replace(PAID, amount=10)).entries[0].amount == 50


def test_another_payment_under_the_same_nonce_counts_beside_it() -> None:
    assert len(book(PAID, replace(PAID, task="else")).entries) == 2


def test_what_is_older_than_a_task_may_last_is_forgotten() -> None:
    assert len(book(replace(PAID, day="2026-09-01", nonce=9), PAID).entries) == 1


def test_a_clock_that_was_set_back_forgets_nothing() -> None:
    assert len(book(replace(PAID, day="2027-11-22", nonce=9), PAID).entries) == 2


SPENDS = st.builds(
    Spend,
    chain=st.just(1),
    account=st.just(0),
    nonce=st.integers(0, 6),
    token=st.sampled_from(["0xa", "0xb"]),
    amount=st.integers(0, 120),
    fee=st.integers(0, 300),
    counterparty=st.sampled_from(["", "one", "two"]),
    task=st.sampled_from(["", "one", "two"]),
    day=st.sampled_from(["2026-11-21", "2026-11-22"]),
)


@given(st.lists(SPENDS, max_size=30))
def test_no_sequence_of_payments_gets_past_a_limit(spends: list[Spend]) -> None:
    found, signed = Book(), list[Spend]()
    for spend in spends:
        if found.denied(spend, LIMITS) is None:
            found = found.with_entry(spend)
            signed.append(spend)
    assert all(total <= LIMITS.day for total in totals(signed, "token", "day"))
    assert all(total <= LIMITS.task for total in totals(signed, "token", "task"))
    assert all(total <= LIMITS.counterparty for total in totals(signed, "token", "day", "counterparty"))


def totals(signed: list[Spend], *by: str) -> list[int]:
    """Summed over what a chain could take: the largest of those that are the same payment."""
    largest: dict[object, Spend] = {}
    for spend in signed:
        if spend.slot not in largest or largest[spend.slot].amount < spend.amount:
            largest[spend.slot] = spend
    sums: dict[object, int] = {}
    for spend in largest.values():
        key = tuple(getattr(spend, name) for name in by)
        sums[key] = sums.get(key, 0) + spend.amount
    return list(sums.values())
