"""A client takes the bid of a wallet that is a contract as the hook would (EIP-1271)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p.acl import BadField
from p2p.bids import accepted_by
from p2p.settlement_terms import BidTerms, CallTerms, bid_of, bid_refusal
from p2p.settling import Wait
from p2p.typed_data import bid_message
from tests.contracts.evm import Contract
from tests.contracts.settling_world import AMOUNT, Deal
from tests.contracts.world import CFP, PROVIDER, STRANGER, World, sign


def called(world: World) -> Deal:
    deal = Deal(world)
    deal.client.run()
    return deal


def bid_for(deal: Deal, provider: str, by: str = "provider") -> BidTerms:
    """Signed by the owner of the wallet at `provider`."""
    bid = BidTerms(provider.lower(), deal.world.evm.now + 2000)
    return replace(bid, signature=sign(by, bid_message(bid_of(deal.call, bid, AMOUNT, CFP), bid.provider)))


def why_not(deal: Deal, bid: BidTerms, amount: int = AMOUNT) -> str | None:
    call: CallTerms = deal.call
    accepted = accepted_by(deal.chain, bid_of(call, bid, amount, CFP), bid.provider, bid.signature)
    return bid_refusal(call, bid, amount, CFP, deal.world.evm.now, accepted=accepted)


@pytest.fixture
def wallet(world: World) -> Contract:
    return world.hostile("wallet", PROVIDER)


def test_what_its_owner_signed_is_its_bid_and_the_hook_takes_it_too(world: World, wallet: Contract) -> None:
    deal = called(world)
    bid = bid_for(deal, wallet.address)
    assert why_not(deal, bid) is None
    deal.client.say(bid=bid, amount=AMOUNT, cfp=CFP)
    assert isinstance(deal.client.run(), Wait)
    assert world.kernel.getJob(deal.call.job)[2].lower() == wallet.address.lower()


def test_what_somebody_else_signed_is_not(world: World, wallet: Contract) -> None:
    deal = called(world)
    assert why_not(deal, bid_for(deal, wallet.address, by="client")) == "bid-signature"


def test_it_is_asked_about_exactly_this_bid(world: World, wallet: Contract) -> None:
    deal = called(world)
    assert why_not(deal, bid_for(deal, wallet.address), AMOUNT + 1) == "bid-signature"


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_one_that_refuses_fails_or_says_too_little_has_not_bid(world: World, wallet: Contract, mode: int) -> None:
    wallet.be(mode, by=STRANGER)
    deal = called(world)
    assert why_not(deal, bid_for(deal, wallet.address)) == "bid-signature"


def test_one_that_reckons_without_end_has_not_bid(world: World, wallet: Contract) -> None:
    wallet.be(4, by=STRANGER)
    deal = called(world)
    assert why_not(deal, bid_for(deal, wallet.address)) == "bid-signature"


@pytest.mark.parametrize("where", ["nobody", "token"])
def test_what_is_no_wallet_says_nothing(world: World, where: str) -> None:
    deal = called(world)
    at = world.token.address if where == "token" else "0x" + "ee" * 20
    assert why_not(deal, bid_for(deal, at)) == "bid-signature"


def test_no_signature_is_no_bid_whoever_says_yes(world: World, wallet: Contract) -> None:
    deal = called(world)
    bid = replace(bid_for(deal, wallet.address), signature=b"")
    assert bid_refusal(deal.call, bid, AMOUNT, CFP, world.evm.now, accepted=True) == "bid-signature"


def test_a_signature_is_as_long_as_the_hook_takes_it_at_the_most() -> None:
    assert BidTerms(STRANGER.lower(), 1, signature=bytes(1024))
    with pytest.raises(BadField):
        BidTerms(STRANGER.lower(), 1, signature=bytes(1025))
