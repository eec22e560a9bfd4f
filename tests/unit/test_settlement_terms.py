"""What a priced call and a bid say of a chain: one form on the wire, and reasons to take no part."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from p2p.acl import BadField
from p2p.canonical import decode, encode
from p2p.content_fields import Price
from p2p.contents import CallForProposals, Proposal
from p2p.job_seen import JobSeen, Status
from p2p.settlement_terms import (
    BID_REFUSALS,
    MOST_WINDOW,
    REFUSALS,
    BadWindow,
    BidTerms,
    CallTerms,
    Ours,
    asset,
    asset_of,
    bid_of,
    bid_refusal,
    refusal,
)
from p2p.typed_data import bid_message, digest_of
from p2p.wallet_requests import NOBODY

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
KEY = bytes([5] * 32)
NOW, AMOUNT = 2_000_000_000, 1_500_000
CFP = bytes([0x55] * 32)


def at(byte: int) -> str:
    return "0x" + f"{byte:02x}" * 20


PROVIDER: str = Account.from_key(KEY).address.lower()
CALL = CallTerms(
    chain_id=31337,
    genesis=bytes([0xAA] * 32),
    dialect="prose",
    kernel=at(0x99),
    token=at(0x44),
    hook=at(0x88),
    evaluator=at(0x33),
    code={role: bytes([n] * 32) for n, role in enumerate(("kernel", "token", "hook", "evaluator"), 1)},
    client=at(0x11),
    expires=2_000_100_000,
    arbiter=at(0x66),
    dispute_window=3600,
    arbitration_window=1800,
    job=7,
)
ALONE = replace(CALL, evaluator=CALL.client, arbiter=NOBODY, dispute_window=0, arbitration_window=0,
                code={role: CALL.code[role] for role in ("kernel", "token", "hook")})  # fmt: skip
BARE = replace(ALONE, hook=NOBODY, code={role: CALL.code[role] for role in ("kernel", "token")})
PRINTED = replace(BARE, dialect="printed")
PRICE = Price(AMOUNT, CALL.asset)


def signed(bid: BidTerms, call: CallTerms = CALL, amount: int = AMOUNT) -> BidTerms:
    whole = encode_typed_data(full_message=bid_message(bid_of(call, bid, amount, CFP), PROVIDER))
    return replace(bid, signature=bytes(Account.sign_message(whole, KEY).signature))


BID = signed(BidTerms(PROVIDER, 2_000_000_500, 1, at(0x77)))


# On the wire


@pytest.mark.parametrize("terms", [CALL, ALONE, BARE, PRINTED])
def test_a_call_comes_back_as_it_went(terms: CallTerms) -> None:
    content = CallForProposals({}, 1, PRICE, x=terms.to_x())
    assert CallTerms.from_x(CallForProposals.from_map(decode(encode(content.to_map()))).x) == terms  # type: ignore[arg-type]


@pytest.mark.parametrize("bid", [BID, BidTerms(PROVIDER, 5), signed(BidTerms(PROVIDER, 5, 0))])
def test_a_bid_comes_back_as_it_went(bid: BidTerms) -> None:
    content = Proposal(PRICE, x=bid.to_x())
    assert BidTerms.from_x(Proposal.from_map(decode(encode(content.to_map()))).x) == bid  # type: ignore[arg-type]


def test_what_says_nothing_of_a_chain_has_no_terms() -> None:
    assert CallTerms.from_x({"other": 1}) is None
    assert BidTerms.from_x({"chain": {}}) is None


def test_other_keys_of_x_are_passed_over() -> None:
    assert CallTerms.from_x({**CALL.to_x(), "other": 1}) == CALL


def test_a_job_without_a_number_is_never_sent() -> None:
    with pytest.raises(BadField):
        replace(CALL, job=0).to_x()


ESCROW: dict[str, Any] = CALL.to_x()["escrow"]  # type: ignore[assignment]
CHAIN: dict[str, Any] = CALL.to_x()["chain"]  # type: ignore[assignment]
WRONG = {
    "chain": [None, {}, {**CHAIN, "x": {}}, {**CHAIN, "more": 1}, {**CHAIN, "id": "1"}, {**CHAIN, "id": -1},
              {**CHAIN, "genesis": b"\x01" * 31}],
    "escrow": [
        None, {}, {**ESCROW, "more": 1}, {**ESCROW, "x": {"y": 1}}, {**ESCROW, "dialect": "other"},
        {**ESCROW, "kernel": b"\x01" * 19}, {**ESCROW, "kernel": "0x" + "11" * 20}, {**ESCROW, "kernel": bytes(20)},
        {**ESCROW, "client": bytes(20)}, {**ESCROW, "job": 0}, {**ESCROW, "job": True}, {**ESCROW, "job": 2**53},
        {**ESCROW, "expires": -1}, {**ESCROW, "arbiter": bytes(20)}, {**ESCROW, "arbiter": ESCROW["client"]},
        {**ESCROW, "dispute-window": 59}, {**ESCROW, "arbitration-window": 59}, {**ESCROW, "code": {}},
        {**ESCROW, "code": {**CALL.code, "other": bytes(32)}}, {**ESCROW, "code": {**CALL.code, "hook": b""}},
        {**ESCROW, "code": {**CALL.code, "hook": "text"}}, {**ESCROW, "dialect": "printed"},
        {key: value for key, value in ESCROW.items() if key != "evaluator"},
        {key: value for key, value in ESCROW.items() if key != "arbiter"},
        {key: value for key, value in ESCROW.items() if key != "hook"},
        {**ALONE.to_x()["escrow"], "evaluator": ESCROW["client"], "arbiter": bytes(20), "dispute-window": 0,  # type: ignore[dict-item]
         "arbitration-window": 0},
        {**BARE.to_x()["escrow"], "hook": bytes(20)},  # type: ignore[dict-item]
        {**ALONE.to_x()["escrow"], "dialect": "printed"},  # type: ignore[dict-item]
    ],
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_any_other_form_of_a_call_is_refused(key: str, value: Any) -> None:
    with pytest.raises(BadField):
        CallTerms.from_x({**CALL.to_x(), key: value})


@pytest.mark.parametrize("key", ["chain", "escrow"])
def test_half_of_a_call_is_none(key: str) -> None:
    with pytest.raises(BadField):
        CallTerms.from_x({key: CALL.to_x()[key]})


BIDS: dict[str, Any] = BID.to_x()["bid"]  # type: ignore[assignment]


@pytest.mark.parametrize(
    "value",
    [
        None, {}, {**BIDS, "more": 1}, {**BIDS, "provider": bytes(20)}, {**BIDS, "provider": b"\x01"},
        {**BIDS, "validator": bytes(20)}, {**BIDS, "signature": b""}, {**BIDS, "signature": b"\x01" * 1025},
        {**BIDS, "nonce": -1}, {**BIDS, "expires": "1"}, {**BIDS, "x": {"y": 1}},
        {key: value for key, value in BIDS.items() if key != "nonce"},
    ],
)  # fmt: skip
def test_any_other_form_of_a_bid_is_refused(value: Any) -> None:
    with pytest.raises(BadField):
        BidTerms.from_x({"bid": value})


# The token of a price


def test_a_token_is_named_as_caip_19_does() -> None:
    name = asset(1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48")
    assert name == "eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
    assert Price(5, name).to_map()["token"] == name
    assert asset_of(name) == (1, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")


@pytest.mark.parametrize(
    "name",
    ["none", "credit", "eip155:0/erc20:" + at(1), "eip155:01/erc20:" + at(1), "eip155:1/erc20:" + at(1).upper(),
     "eip155:1/erc20:" + at(1) + "0", "eip155:1/slip44:60", "eip155:1/erc20:" + at(0xAB).replace("ab", "AB")],
)  # fmt: skip
def test_another_name_is_of_no_chain(name: str) -> None:
    assert asset_of(name) is None


# Whether to take part

JOB = JobSeen(7, 9, NOW, Status.OPEN, CALL.client, NOBODY, CALL.evaluator, CALL.hook, 0, CALL.expires, CALL.token)
OURS = Ours(CALL.chain_id, CALL.genesis, "prose", CALL.contracts, CALL.code, wired=True, time=NOW, job=JOB)
BY = (CALL.expires - CALL.needed) * 1000


def test_where_everything_matches_nothing_is_in_the_way() -> None:
    assert refusal(OURS, CALL, PRICE, BY) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"chain_id": 1}, "chain-other"),
        ({"genesis": bytes(32)}, "chain-genesis"),
        ({"dialect": "printed"}, "chain-code"),
        ({"known": {**CALL.contracts, "hook": at(1)}}, "chain-code"),
        ({"known": {"token": CALL.token}}, "chain-code"),
        ({"code": {**CALL.code, "evaluator": bytes(32)}}, "chain-code"),
        ({"code": {}}, "chain-code"),
        ({"wired": False}, "chain-code"),
        ({"known": {**CALL.contracts, "token": at(1)}}, "chain-token"),
        ({"job": None}, "chain-job"),
        ({"job": replace(JOB, status=Status.FUNDED)}, "chain-job"),
        ({"job": replace(JOB, provider=at(1))}, "chain-job"),
        ({"job": replace(JOB, client=at(1))}, "chain-job"),
        ({"job": replace(JOB, evaluator=at(1))}, "chain-job"),
        ({"job": replace(JOB, hook=NOBODY)}, "chain-job"),
        ({"job": replace(JOB, expired_at=JOB.expired_at + 1)}, "chain-job"),
        ({"job": replace(JOB, token=at(1))}, "chain-job"),
        ({"time": CALL.expires - CALL.needed + 1}, "chain-time"),
    ],
)
def test_what_does_not_match_is_the_reason(changed: dict[str, Any], reason: str) -> None:
    assert refusal(replace(OURS, **changed), CALL, PRICE, BY) == reason
    assert reason in REFUSALS


def test_without_a_chain_on_either_side_there_is_none_to_agree_on() -> None:
    assert refusal(None, CALL, PRICE, BY) == refusal(OURS, None, PRICE, BY) == "chain-none"


def test_a_price_in_another_token_is_refused() -> None:
    assert refusal(OURS, CALL, Price(1, asset(1, CALL.token)), BY) == "chain-token"


@pytest.mark.parametrize("name", ["dispute_window", "arbitration_window"])
def test_money_is_held_no_longer_than_a_provider_accepts(name: str) -> None:
    """However much time the job has."""
    long: dict[str, Any] = {name: MOST_WINDOW, "expires": 2**40}
    longest, longer = (replace(CALL, **{**long, name: one}) for one in (MOST_WINDOW, MOST_WINDOW + 1))
    ours = replace(OURS, job=replace(JOB, expired_at=2**40))
    assert refusal(ours, longest, PRICE, BY) is None
    assert refusal(ours, longer, PRICE, BY) == "chain-window"


@pytest.mark.parametrize("name", ["dispute_window", "arbitration_window"])
def test_a_window_that_the_hook_refuses_is_told_from_any_other_wrong_call(name: str) -> None:
    x: dict[str, Any] = CALL.to_x()
    x["escrow"] = {**x["escrow"], name.replace("_", "-"): 59}
    with pytest.raises(BadWindow):
        CallTerms.from_x(x)


def test_work_has_to_be_done_in_time_for_both_windows() -> None:
    assert refusal(OURS, CALL, PRICE, BY + 1) == "chain-time"


def test_a_bid_that_was_signed_for_this_call_and_price_is_taken() -> None:
    assert bid_refusal(CALL, BID, AMOUNT, CFP, BID.expires) is None


@pytest.mark.parametrize(
    ("bid", "amount", "now", "reason"),
    [
        (BID, AMOUNT, BID.expires + 1, "bid-late"),
        (BID, 0, NOW, "bid-amount"),
        (BID, AMOUNT - 1, NOW, "bid-signature"),
        (replace(BID, nonce=2), AMOUNT, NOW, "bid-signature"),
        (replace(BID, signature=b""), AMOUNT, NOW, "bid-signature"),
        (replace(BID, provider=CALL.client), AMOUNT, NOW, "bid-party"),
        (replace(BID, provider=CALL.arbiter), AMOUNT, NOW, "bid-party"),
    ],
)
def test_a_bid_that_the_hook_would_refuse_is_not_taken(bid: BidTerms, amount: int, now: int, reason: str) -> None:
    assert bid_refusal(CALL, bid, amount, CFP, now) == reason
    assert reason in BID_REFUSALS


def test_where_no_hook_asks_for_a_signature_there_is_none() -> None:
    assert bid_refusal(PRINTED, BidTerms(PROVIDER, NOW), AMOUNT, CFP, NOW) is None
    assert bid_refusal(PRINTED, BID, AMOUNT, CFP, NOW) == "bid-signature"


# The page


def described() -> str:
    found = re.search(r"<!-- settlement: begin -->\n(.*)<!-- settlement: end -->", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def blocks() -> list[str]:
    return ["".join(block.split()) for block in re.findall(r"```\n(.*?)```", described(), re.DOTALL)]


def test_every_field_and_reason_is_described() -> None:
    keys = [*CHAIN, *ESCROW, *BIDS, *REFUSALS]
    assert [key for key in keys if f"`{key}`" not in described()] == []


def test_the_example_of_the_page_is_what_is_sent() -> None:
    call, price, bid, digest = blocks()
    assert bytes.fromhex(call) == encode(CALL.to_x())
    assert json.loads(price) == PRICE.to_map()
    assert bytes.fromhex(bid) == encode(BID.to_x())
    assert bytes.fromhex(digest) == digest_of(bid_message(bid_of(CALL, BID, AMOUNT, CFP), PROVIDER))


if __name__ == "__main__":
    for value in (CALL.to_x(), BID.to_x()):
        text = encode(value).hex()
        print("\n".join(text[n : n + 96] for n in range(0, len(text), 96)), end="\n\n")
    print(json.dumps(PRICE.to_map()), PROVIDER)
    print(digest_of(bid_message(bid_of(CALL, BID, AMOUNT, CFP), PROVIDER)).hex())
