"""A price in tokens as one contact tells it to another: with the chain and the token, so that it is read on no other.

    {"amount": "2.5", "chain": chain id, "genesis": hash of block 0 (32 bytes), "token": address (20 bytes)}

The amount is decimal text in whole tokens: how many parts a token has, and what it is called, is asked of the contract
on the reader's own chain, never of the other node.
"""

from __future__ import annotations

from dataclasses import replace

from app.chain.amounts import amount_of
from app.chain.meaning import network_text
from app.chain.wallet_looking import Sight
from app.results import CommandFailed
from app.swarm.paying import DECIMAL, TOKEN_PRICE
from app.swarm_results import TokenPrice
from app.texts import text
from p2p.canonical import Value
from storage.chains import ChainRow
from storage.offers import Offer

MOST_CHAIN = 2**53  # p2p.canonical has no larger integers


def told(chain: ChainRow | None, offer: Offer) -> Value | None:
    """None where nothing is asked, or no chain is in use on which it could be paid."""
    amount = str(offer.settings.get(TOKEN_PRICE) or "")
    token = chain.contracts.get("token", "") if chain else ""
    wanted = DECIMAL.fullmatch(amount) and amount.strip("0.")
    if chain is None or not token or not wanted or chain.chain_id >= MOST_CHAIN:
        return None
    genesis, address = (bytes.fromhex(one.removeprefix("0x")) for one in (chain.genesis, token))
    return {"amount": amount, "chain": chain.chain_id, "genesis": genesis, "token": address}


def read(value: object) -> TokenPrice | None:
    """None for what is no price that this release knows: the offer stands without it."""
    match value:
        case {"amount": str(amount), "chain": int(chain), "genesis": bytes(genesis), "token": bytes(token)} if (
            DECIMAL.fullmatch(amount)
            and amount.strip("0.")
            and type(chain) is int
            and 0 < chain < MOST_CHAIN
            and (len(genesis), len(token)) == (32, 20)
        ):
            return TokenPrice(amount, chain, f"0x{genesis.hex()}", f"0x{token.hex()}")
    return None


def seen_from(price: TokenPrice, seen: Sight) -> TokenPrice:
    """As this person reads it: the amount in words where it is of their own chain and token, else that it is not."""
    chain = seen.chain
    ours = chain is not None and (
        (chain.chain_id, chain.genesis.lower(), chain.contracts.get("token", "").lower())
        == (price.chain_id, price.genesis, price.token)
    )
    known = seen.names.tokens.get(price.token) if ours else None
    try:
        if known is not None:
            return replace(price, here=True, said=seen.money(amount_of(price.amount, known[1]), price.token).said)
    except CommandFailed:  # finer than the token: nobody can pay it
        known = None
    network = network_text(price.chain_id, seen.language)
    return replace(price, said=text("swarm.price.elsewhere", seen.language, network=network))
