"""Which bid is better, by what the person said; a bid above the price they named is none.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from p2p.content_fields import Price
from p2p.contents import Proposal
from p2p.contractnet_terms import Bid
from p2p.reputation import NOTHING, Own, expected
from p2p.wording import unpacked


def affordable(price: Price, most: Price) -> bool:
    """Whether a price is within what is paid at most: amounts of different tokens are not compared."""
    return not price.amount or (price.token == most.token and price.amount <= most.amount)


def rank(bid: Bid, policy: str, contacts: frozenset[str], records: Mapping[str, Own]) -> tuple[Any, ...]:
    """Smaller is better; the peer id settles what is equal.  `records`: of this node's own tasks with each."""
    proposal = proposal_of(bid)
    price, eta = proposal.price.amount, proposal.eta
    match policy:
        case "best":
            known = records.get(bid.peer, NOTHING)
            return -expected(known.good, known.bad), eta, price, bid.peer
        case "fastest":
            return eta, price, bid.peer
        case "contacts":
            return bid.peer not in contacts, price, eta, bid.peer
        case _:
            return price, eta, bid.peer


def proposal_of(bid: Bid) -> Proposal:
    return Proposal.from_map(unpacked(bid.terms.body))
