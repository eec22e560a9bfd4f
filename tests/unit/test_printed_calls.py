"""Calls to a kernel as ERC-8183 printed it, as the wallet signs them."""

from __future__ import annotations

import pytest

from p2p.methods import METHODS
from p2p.wallet_requests import ApprovalNeeded, digest
from tests.unit.wallet_fixtures import KERNEL, STRANGER, TOKEN, call, wallet

FUND = ("kernel", KERNEL, "fund(uint256,bytes)", 7, b"")


def test_a_payment_that_names_no_amount_is_said_in_other_words() -> None:
    request, holder = call(*FUND, token=TOKEN), wallet()
    with pytest.raises(ApprovalNeeded) as asked:
        holder.sign(request)
    assert asked.value.meaning.key == "kernel-fund-printed"
    assert holder.sign(request, digest(request)).meaning == asked.value.meaning


def test_a_provider_without_a_bid_is_named_in_other_words_than_one_with_a_bid() -> None:
    printed = wallet().sign(call("kernel", KERNEL, "setProvider(uint256,address)", 7, STRANGER))
    assert printed.meaning.key == "kernel-setprovider-printed"


def test_no_two_methods_are_said_in_the_same_words() -> None:
    keys = [method.key for method in METHODS.values()]
    assert len(keys) == len(set(keys))
