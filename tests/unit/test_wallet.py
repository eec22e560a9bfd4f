"""The wallet signs known calls on known contracts within limits, and nothing else."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from p2p.hd import account_key
from p2p.methods import METHODS, call_data
from p2p.typed_data import bid_message, signer_of
from p2p.wallet import MOST_BID
from p2p.wallet_requests import AgentWallet, ApprovalNeeded, Request, WalletRefused, digest
from tests.unit.wallet_fixtures import (
    CHAIN,
    CLIENT,
    EVALUATOR,
    KERNEL,
    LIMITS,
    NOW,
    REGISTRY,
    SEED,
    STRANGER,
    TOKEN,
    Kept,
    bid,
    call,
    create_job,
    fund,
    wallet,
)


def code(request: Request, **changed: Any) -> str:
    with pytest.raises(WalletRefused) as refused:
        wallet(**changed).sign(request)
    return refused.value.code


def test_a_signed_transaction_is_the_accounts() -> None:
    holder = wallet()
    assert Account.recover_transaction(holder.sign(fund()).raw).lower() == holder.address(0)


def test_what_is_signed_is_the_call_that_was_asked_for() -> None:
    sent = TypedTransaction.from_bytes(HexBytes(wallet().sign(fund(nonce=3)).raw)).as_dict()
    method = METHODS["kernel", "fund(uint256,uint256,bytes)"]
    assert (sent["chainId"], sent["nonce"], bytes(sent["to"]).hex(), sent["value"], bytes(sent["data"])) == (
        CHAIN,
        3,
        KERNEL[2:],
        0,
        call_data(method, (7, 50, b"")),
    )


def test_the_name_of_a_transaction_is_its_hash_on_the_chain() -> None:
    signed = wallet().sign(fund())
    assert signed.name == keccak(signed.raw)


def test_a_signature_says_what_it_means() -> None:
    meaning = wallet().sign(fund()).meaning
    assert meaning.key == "kernel-fund"
    assert dict(meaning.values) | {"amount": "50", "job": "7", "token": TOKEN, "network": "Nuée"} == dict(
        meaning.values
    )


def test_nothing_is_signed_on_a_network_that_is_off() -> None:
    assert code(fund(), on=False) == "wallet-network-off"


@pytest.mark.parametrize("chain", [1, 8453, 999_999_999])
def test_networks_with_real_value_are_off_until_they_are_turned_on(chain: int) -> None:
    assert code(fund(chain=chain)) == "wallet-network-off"


@pytest.mark.parametrize("contract", [STRANGER, TOKEN])
def test_a_contract_that_is_not_known_in_that_role_gets_no_call(contract: str) -> None:
    assert code(replace(fund(), contract=contract)) == "wallet-contract"


def test_a_method_that_does_not_stand_in_the_table_is_not_signed() -> None:
    assert code(replace(fund(), signature="drain(uint256)")) == "wallet-method"


@pytest.mark.parametrize("args", [(), (7,), (7, 50, b"", 1), (-1, 50, b""), (7, 2**256, b""), ("x", 50, b"")])
def test_arguments_that_are_none_of_the_method_are_refused(args: tuple[Any, ...]) -> None:
    assert code(replace(fund(), args=args)) == "wallet-arguments"


@pytest.mark.parametrize("fees", [{"gas": 0}, {"gas": 10**8}, {"max_fee": 1, "priority_fee": 2}, {"priority_fee": -1}])
def test_fees_that_make_no_sense_are_refused(fees: dict[str, int]) -> None:
    assert code(fund(**fees)) == "wallet-arguments"


@pytest.mark.parametrize("limit", ["task", "day", "counterparty"])
def test_each_limit_is_kept(limit: str) -> None:
    assert code(fund(50), limits={TOKEN: replace(LIMITS, **{limit: 40})}) == f"wallet-limit-{limit}"


def test_the_networks_fees_have_a_limit_whatever_the_call_costs_besides() -> None:
    assert code(create_job(), fee=10) == "wallet-limit-fee"


def test_limits_add_up_over_payments() -> None:
    holder = wallet()
    holder.sign(fund(60, nonce=0))
    with pytest.raises(WalletRefused, match="limit"):
        holder.sign(fund(60, nonce=1))


def test_a_payment_again_with_a_higher_fee_is_not_counted_twice() -> None:
    holder = wallet()
    holder.sign(fund(60, max_fee=10))
    holder.sign(fund(60, max_fee=20))
    assert [entry.amount for entry in holder.state.book.entries] == [60]


def test_what_is_above_the_persons_amount_is_asked() -> None:
    with pytest.raises(ApprovalNeeded) as asked:
        wallet().sign(fund(61))
    assert asked.value.digest == digest(fund(61))


def test_what_the_person_agreed_to_is_signed() -> None:
    assert wallet().sign(fund(61), digest(fund(61))).raw


@pytest.mark.parametrize("other", [{"amount": 62}, {"again": 1}, {"counterparty": "else"}, {"account": 1}])
def test_an_approval_is_for_that_request_alone(other: dict[str, Any]) -> None:
    with pytest.raises(ApprovalNeeded):
        wallet().sign(fund(**{"amount": 61, **other}), digest(fund(61)))


def test_an_approval_holds_for_the_same_payment_with_another_fee() -> None:
    assert wallet().sign(fund(61, max_fee=99, gas=5_000), digest(fund(61))).raw


def test_an_approval_holds_for_the_same_payment_with_another_nonce_once() -> None:
    holder, approval = wallet(limits={TOKEN: replace(LIMITS, task=1000, day=1000, counterparty=1000)}), digest(fund(61))
    holder.sign(fund(61, nonce=4), approval)
    with pytest.raises(WalletRefused) as refused:
        holder.sign(fund(61, nonce=5), approval)
    assert refused.value.code == "wallet-approval-used"


def test_an_approval_does_not_lift_a_limit() -> None:
    with pytest.raises(WalletRefused, match="limit"):
        wallet().sign(fund(101), digest(fund(101)))


def test_tokens_that_are_sent_away_are_asked_each_time() -> None:
    request = call("token", TOKEN, "transfer(address,uint256)", STRANGER, 1)
    with pytest.raises(ApprovalNeeded):
        wallet().sign(request)


def test_only_the_escrow_may_be_given_an_allowance() -> None:
    assert code(call("token", TOKEN, "approve(address,uint256)", STRANGER, 1)) == "wallet-contract"


def test_an_allowance_is_no_larger_than_a_task_may_cost() -> None:
    assert code(call("token", TOKEN, "approve(address,uint256)", KERNEL, 101)) == "wallet-limit-task"


def test_an_allowance_within_the_limit_is_signed() -> None:
    assert wallet().sign(call("token", TOKEN, "approve(address,uint256)", KERNEL, 60)).raw


@pytest.mark.parametrize(("evaluator", "hook"), [(STRANGER, "0x" + "3e" * 20), (EVALUATOR, STRANGER)])
def test_a_job_gives_no_say_to_a_contract_that_nobody_knows(evaluator: str, hook: str) -> None:
    assert code(create_job(evaluator, hook)) == "wallet-contract"


def test_a_job_may_be_judged_by_its_own_client() -> None:
    assert wallet().sign(create_job(evaluator=wallet().address(0))).raw


def test_the_book_is_kept_before_a_signature_is_given_out() -> None:
    kept = Kept()
    holder = wallet(kept)
    holder.sign(fund())
    assert kept.states[-1].book.entries[0].amount == 50


def test_what_cannot_be_kept_is_not_signed() -> None:
    kept = Kept()
    kept.broken = True
    holder = wallet(kept)
    with pytest.raises(OSError, match="space"):
        holder.sign(fund())
    assert holder.state.book.entries == ()


def test_a_bid_is_signed_for_the_hook() -> None:
    holder = wallet()
    signed = holder.sign(bid())
    assert signer_of(bid_message(bid(), holder.address(0)), signed.raw) == holder.address(0)


@pytest.mark.parametrize(
    "changed",
    [{"amount": 0}, {"amount": -1}, {"cfp": b"short"}, {"expires": int(NOW) + MOST_BID + 1}],
)
def test_a_bid_that_binds_too_much_or_to_nothing_is_refused(changed: dict[str, Any]) -> None:
    assert code(bid(**changed)) == "wallet-arguments"


@pytest.mark.parametrize("changed", [{"hook": STRANGER}, {"token": STRANGER}, {"evaluator": STRANGER}])
def test_a_bid_names_known_contracts(changed: dict[str, Any]) -> None:
    assert code(bid(**changed)) == "wallet-contract"


def test_a_signature_of_one_bid_is_none_of_another() -> None:
    holder = wallet()
    signed = holder.sign(bid())
    others = [
        bid(job=8),
        bid(amount=51),
        bid(chain=CHAIN + 1),
        bid(cfp=b"\1" * 32),
        bid(expires=int(NOW)),
        bid(arbiter=CLIENT),
    ]
    assert all(signer_of(bid_message(one, holder.address(0)), signed.raw) != holder.address(0) for one in others)


def test_a_malleable_signature_counts_for_nothing() -> None:
    holder = wallet()
    raw = holder.sign(bid()).raw
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = order - int.from_bytes(raw[32:64], "big")
    other = raw[:32] + high.to_bytes(32, "big") + bytes([55 - raw[64]])
    assert signer_of(bid_message(bid(), holder.address(0)), other) is None


def test_to_become_an_agents_wallet_is_asked() -> None:
    with pytest.raises(ApprovalNeeded):
        wallet().sign(AgentWallet(0, CHAIN, REGISTRY, 3, STRANGER, int(NOW) + 60))


def test_nothing_that_only_looks_like_a_request_is_signed() -> None:
    @dataclass(frozen=True)
    class Raw:
        data: bytes = b"sign this"

    with pytest.raises(WalletRefused):
        wallet().sign(Raw())  # type: ignore[arg-type]


def test_neither_seed_nor_key_is_in_the_repr() -> None:
    shown = repr(wallet()) + str(wallet().sign(bid()))
    assert SEED.hex() not in shown
    assert account_key(SEED, 0).hex() not in shown


def test_a_wallet_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(wallet())


def test_a_bid_is_a_bid_in_any_account() -> None:
    signed = wallet().sign(bid(account=3))
    assert signed.signer == wallet().address(3)


def test_every_method_has_as_many_names_as_arguments() -> None:
    assert all(len(method.names) == len(method.types) for method in METHODS.values())


@pytest.mark.parametrize(
    ("key", "selector"),
    [
        (("token", "transfer(address,uint256)"), "a9059cbb"),
        (("token", "approve(address,uint256)"), "095ea7b3"),
    ],
)
def test_a_call_begins_with_the_selector_that_everybody_uses(key: tuple[str, str], selector: str) -> None:
    assert call_data(METHODS[key], (STRANGER, 1))[:4].hex() == selector


def test_a_bid_is_frozen() -> None:
    with pytest.raises(AttributeError):
        bid().amount = 1  # type: ignore[misc]
