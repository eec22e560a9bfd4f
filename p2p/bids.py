"""A bid as the bidding hook takes it: the words of the offer and the provider's signature, ABI-encoded.

The hook takes the job, the client, the evaluator, the token and the job's end from the job itself, so only the rest
travels; a bid for another job has another digest (docs/contracts.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from p2p.chain import ChainError
from p2p.typed_data import bid_message, checksum, digest_of, signer_of
from p2p.wallet_requests import Bid

MOST_SIGNATURE = 1024  # bytes, of the hook
MOST_GAS = 1_000_000  # for a wallet to say whether it signed: more than a passkey's curve takes in the EVM
ACCEPTED = bytes.fromhex("1626ba7e").ljust(32, b"\0")  # EIP-1271
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


class Asked(Protocol):
    """See p2p.chain.Chain."""

    def read(
        self, contract: str, signature: str, returns: Sequence[str], *args: Any, gas: int | None = None
    ) -> tuple[Any, ...]: ...


def accepted_by(chain: Asked, bid: Bid, provider: str, signature: bytes) -> bool:
    """Whether the contract at `provider` says that this signature of exactly this bid is its own (EIP-1271).

    As the hook asks it; a chain that does not answer, or answers anything else, says no.  Blocking.
    """
    digest = digest_of(bid_message(bid, provider))
    try:
        (answer,) = chain.read(
            provider, "isValidSignature(bytes32,bytes)", ["bytes32"], digest, signature, gas=MOST_GAS
        )
    except ChainError:
        return False
    return bytes(answer) == ACCEPTED
