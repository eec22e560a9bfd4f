"""Nobody becomes a provider, and nothing is paid in, without a bid that the provider signed for exactly this."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.contracts.evm import Evm
from tests.contracts.world import (
    ARBITER,
    BID_FIELDS,
    CFP,
    CLIENT,
    NOBODY,
    PROVIDER,
    RIVAL,
    STRANGER,
    VALIDATOR,
    Offer,
    World,
    params,
    refused,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def award(world: World, job: int, bid: bytes, provider: str = PROVIDER) -> None:
    world.kernel.setProvider(job, provider, bid, by=CLIENT)


def changed(signature: bytes, *, r: int | None = None, s: int | None = None, v: int | None = None) -> bytes:
    was = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64])
    now = [old if new is None else new for old, new in zip(was, (r, s, v), strict=True)]
    return now[0].to_bytes(32, "big") + now[1].to_bytes(32, "big") + bytes([now[2]])


# The bid


def test_a_signed_bid_makes_a_provider(world: World) -> None:
    job = world.called()
    award(world, job, world.bid(job, Offer()))
    assert world.kernel.getJob(job)[2] == PROVIDER.lower()
    assert world.told == ["BidAccepted", "ProviderSet"]


def test_what_was_agreed_to_is_kept(world: World) -> None:
    job = world.awarded()
    assert world.hook.terms(job) == (PROVIDER.lower(), 100, CFP, ARBITER.lower(), VALIDATOR.lower(), 3600, 1800, 0)


def test_an_accepted_bid_is_told_with_its_digest(world: World) -> None:
    job = world.called()
    digest = world.hook.bidDigest(job, PROVIDER, Offer().words())
    award(world, job, world.bid(job, Offer()))
    assert world.event("BidAccepted").args == {
        "jobId": job,
        "provider": PROVIDER.lower(),
        "cfpHash": CFP,
        "amount": 100,
        "arbiter": ARBITER.lower(),
        "validator": VALIDATOR.lower(),
        "bidDigest": digest,
    }


def test_the_digest_is_the_one_of_eip_712(world: World) -> None:
    job = world.called()
    signable = encode_typed_data(full_message=world.typed(job, Offer()))
    expected = keccak(b"\x19" + signable.version + signable.header + signable.body)
    assert world.hook.bidDigest(job, PROVIDER, Offer().words()) == expected
    assert world.hook.DOMAIN_SEPARATOR() == signable.header


def test_the_example_of_the_documentation(world: World) -> None:
    """docs/contracts.md prints these words; whoever writes another client can hold theirs against them."""
    kinds = ",".join(f"{kind} {name}" for name, kind in BID_FIELDS)
    fields: dict[str, Any] = {
        "jobId": 7, "client": "0x" + "11" * 20, "provider": "0x" + "22" * 20, "evaluator": "0x" + "33" * 20,
        "token": "0x" + "44" * 20, "amount": 1_500_000, "jobExpiredAt": 2_000_100_000, "cfpHash": b"\x55" * 32,
        "arbiter": "0x" + "66" * 20, "validator": "0x" + "77" * 20, "disputeWindow": 3600,
        "arbitrationWindow": 1800, "expiry": 2_000_000_500, "nonce": 1,
    }  # fmt: skip
    domain: dict[str, Any] = {
        "name": "Nuee Bidding Hook", "version": "1", "chainId": 31337, "verifyingContract": "0x" + "88" * 20,
    }  # fmt: skip
    job = world.called()
    message = world.typed(job, Offer(), **domain, **fields)
    signable = encode_typed_data(full_message=message)
    assert keccak(text=f"Bid({kinds})").hex() == "71d2623c4bbe2ffd9f444303daae74f5bfafaa53fbe21e840ffb260d0dfe7da3"
    assert signable.header.hex() == "7142cf53f4529de0dc26b01e5a49a130c5dce1dbc00f77950f1d74ae1e3c737b"
    assert signable.body.hex() == "a7097a900f88e956d6336188adcdfa1d46f1de95b17f4990992f18febb6b1df4"
    digest = keccak(b"\x19\x01" + signable.header + signable.body)
    assert digest.hex() == "bb581c5ddb72e3a5257dcbb77d2a9712ca8df11d53b4fea3657770f6562da48c"


@pytest.mark.parametrize("field", [name for name, _ in BID_FIELDS])
def test_a_bid_that_was_signed_for_anything_else_is_refused(world: World, field: str) -> None:
    job = world.called()
    kind = dict(BID_FIELDS)[field]
    other: Any = {"address": RIVAL, "bytes32": b"\x01" * 32}.get(kind, 77)
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), **{field: other}))


@pytest.mark.parametrize(
    ("part", "other"), [("chainId", 1), ("verifyingContract", RIVAL), ("version", "2"), ("name", "Another Hook")]
)
def test_a_bid_of_another_domain_is_refused(world: World, part: str, other: Any) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), **{part: other}))


def test_a_bid_is_no_good_on_another_chain(world: World) -> None:
    """The same contracts at the same addresses, the same job, one number of a chain apart."""
    elsewhere = World(made=world.made, evm=Evm(chain_id=world.evm.chain_id + 1))
    job, same = world.called(), elsewhere.called()
    assert (elsewhere.hook.address, same) == (world.hook.address, job)
    bid = world.bid(job, Offer())
    with refused("not signed"):
        award(elsewhere, same, bid)
    award(world, job, bid)


def test_a_bid_is_no_good_for_another_job(world: World) -> None:
    first, second = world.called(), world.called()
    bid = world.bid(first, Offer())
    with refused("not signed"):
        award(world, second, bid)


def test_a_bid_is_no_good_for_another_provider(world: World) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer()), RIVAL)


def test_a_bid_that_somebody_else_signed_is_refused(world: World) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), signer="rival"))


def test_a_client_does_not_bid_for_its_own_job(world: World) -> None:
    job = world.called()
    with refused("own bid"):
        award(world, job, world.bid(job, Offer(), signer="client", provider=CLIENT), CLIENT)


def test_a_bid_of_nothing_is_refused(world: World) -> None:
    job = world.called()
    with refused("no amount"):
        award(world, job, world.bid(job, Offer(amount=0)))


# Signatures that are none


def test_the_other_half_of_a_signature_is_refused(world: World) -> None:
    """(r, n - s) with the other v is signed by the same key: one consent would have two forms."""
    job = world.called()
    signature = world.signature(job, Offer())
    s = ORDER - int.from_bytes(signature[32:64], "big")
    with refused("not signed"):
        award(world, job, params(Offer(), changed(signature, s=s, v=55 - signature[64])))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_a_v_that_is_neither_27_nor_28_is_refused(world: World, v: int) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, params(Offer(), changed(world.signature(job, Offer()), v=v)))


@pytest.mark.parametrize("part", ["r", "s"])
@pytest.mark.parametrize("number", [0, ORDER, 2**256 - 1])
def test_an_r_or_s_outside_the_curve_is_refused(world: World, part: str, number: int) -> None:
    job = world.called()
    signature = world.signature(job, Offer())
    forged = changed(signature, r=number) if part == "r" else changed(signature, s=number)
    with refused("not signed"):
        award(world, job, params(Offer(), forged))


@pytest.mark.parametrize("length", [0, 1, 64, 66, 130])
def test_a_signature_of_another_length_is_refused(world: World, length: int) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, params(Offer(), (world.signature(job, Offer()) * 2)[:length]))


def test_a_signature_by_nobody_is_refused(world: World) -> None:
    """What recovers to the zero address is no consent of the zero address."""
    job = world.called()
    with refused("no provider"):
        award(world, job, params(Offer(), b"\x00" * 64 + b"\x1b"), NOBODY)


@pytest.mark.parametrize("bid", [b"", b"\x00", b"\xff" * 32, b"\x00" * 320, b"\xff" * 2048])
def test_parameters_that_are_no_bid_are_refused(world: World, bid: bytes) -> None:
    job = world.called()
    with refused():
        award(world, job, bid)
    assert world.kernel.getJob(job)[2] == NOBODY


# Wallets that are contracts (EIP-1271)


def test_a_contract_bids_with_its_owners_signature(world: World) -> None:
    wallet = world.hostile("wallet", PROVIDER)
    job = world.called()
    award(world, job, world.bid(job, Offer(), provider=wallet.address), wallet.address)
    assert world.hook.terms(job)[0] == wallet.address.lower()


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_a_contract_that_does_not_agree_has_not_bid(world: World, mode: int) -> None:
    """It refuses, it reverts, or its answer is too short."""
    wallet = world.hostile("wallet", PROVIDER)
    wallet.be(mode, by=STRANGER)
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), provider=wallet.address), wallet.address)


def test_a_contract_that_cannot_say_whether_it_agrees_has_not_bid(world: World) -> None:
    job = world.called()
    with refused("not signed"):
        award(world, job, world.bid(job, Offer(), provider=world.token.address), world.token.address)
