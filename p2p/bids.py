"""A bid as the bidding hook takes it: the words of the offer and the provider's signature, ABI-encoded.

The hook takes the job, the client, the evaluator, the token and the job's end from the job itself, so only the rest
travels; a bid for another job has another digest (docs/contracts.md).
"""

from __future__ import annotations

from p2p.typed_data import bid_message, checksum, signer_of
from p2p.wallet_requests import Bid

OFFER = "(uint256,bytes32,address,address,uint64,uint64,uint256,uint256)"


def hook_params(bid: Bid, signature: bytes) -> bytes:
    """`optParams` of `setProvider`.  Errors: ValueError, TypeError."""
    from eth_abi.abi import encode

    offer = (
        bid.amount,
        bid.cfp,
        checksum(bid.arbiter),
        checksum(bid.validator),
        bid.dispute_window,
        bid.arbitration_window,
        bid.expires,
        bid.nonce,
    )
    return bytes(encode([OFFER, "bytes"], [offer, signature]))


def made_by(bid: Bid, provider: str, signature: bytes) -> bool:
    """Whether `provider` signed exactly this bid."""
    return signer_of(bid_message(bid, provider), signature) == provider.lower()
