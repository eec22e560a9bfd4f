"""Amounts of tokens in words, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chain.amounts import amount_of, amount_text
from app.results import CommandFailed


@pytest.mark.parametrize(
    ("value", "decimals", "language", "shown"),
    [
        (1_234_500_000, 6, "en", "1\u202f234.5\u00a0NREH"),
        (1_234_500_000, 6, "fr", "1\u202f234,5\u00a0NREH"),
        (0, 6, "en", "0\u00a0NREH"),
        (1, 18, "en", "0.000000000000000001\u00a0NREH"),
        (-5, 0, "en", "−5\u00a0NREH"),
    ],
)
def test_an_amount_is_shown_whole(value: int, decimals: int, language: str, shown: str) -> None:
    assert amount_text(value, decimals, "NREH", language) == shown


def test_a_symbol_is_short_and_hides_nothing() -> None:
    assert amount_text(1, 0, "US\u202eDC\n" + "x" * 50, "en") == "1\u00a0USDCxxxxxxxx"


def test_a_token_without_a_symbol_is_a_number() -> None:
    assert amount_text(1, 0, "", "en") == "1"


@given(st.integers(0, 2**256 - 1), st.integers(0, 36), st.sampled_from(["en", "fr"]))
def test_what_is_shown_can_be_typed(value: int, decimals: int, language: str) -> None:
    assert amount_of(amount_text(value, decimals, "", language), decimals) == value


@pytest.mark.parametrize("text", ["", ".", "-1", "1.2.3", "1e5", "٣", "1,234.5", "9" * 101, "five"])
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        amount_of(text, 6)
    assert failed.value.key == "amount"


def test_more_digits_than_the_token_has_are_told() -> None:
    with pytest.raises(CommandFailed) as failed:
        amount_of("0.1234567", 6)
    assert failed.value.values == {"decimals": 6}


def test_zeros_at_the_end_are_no_digits() -> None:
    assert amount_of("0.10000000", 6) == 100_000
