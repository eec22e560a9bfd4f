"""The typed data (EIP-712) that a wallet signs, and who signed it.

Bid          domain: the bidding hook; its fields are the hook's, see docs/contracts.md
AgentWallet  domain: the identity registry of ERC-8004, as its published contracts have it
PeerBinding  domain: this program and no chain, since a peer id belongs to none
"""

from __future__ import annotations

from typing import Any

from p2p.wallet_requests import AgentWallet, Bid

BID = {
    "Bid": [
        {"name": "jobId", "type": "uint256"},
        {"name": "client", "type": "address"},
        {"name": "provider", "type": "address"},
        {"name": "evaluator", "type": "address"},
        {"name": "token", "type": "address"},
        {"name": "amount", "type": "uint256"},
        {"name": "jobExpiredAt", "type": "uint256"},
        {"name": "cfpHash", "type": "bytes32"},
        {"name": "arbiter", "type": "address"},
        {"name": "validator", "type": "address"},
        {"name": "disputeWindow", "type": "uint64"},
        {"name": "arbitrationWindow", "type": "uint64"},
        {"name": "expiry", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
    ]
}
AGENT_WALLET = {
    "AgentWalletSet": [
        {"name": "agentId", "type": "uint256"},
        {"name": "newWallet", "type": "address"},
        {"name": "owner", "type": "address"},
        {"name": "deadline", "type": "uint256"},
    ]
}
PEER_BINDING = {
    "PeerBinding": [
        {"name": "identity", "type": "string"},
        {"name": "peerId", "type": "string"},
        {"name": "created", "type": "uint256"},
    ]
}


def bid_message(bid: Bid, provider: str) -> dict[str, Any]:
    """The whole of EIP-712's input for a bid."""
    message = {
        "jobId": bid.job,
        "client": checksum(bid.client),
        "provider": checksum(provider),
        "evaluator": checksum(bid.evaluator),
        "token": checksum(bid.token),
        "amount": bid.amount,
        "jobExpiredAt": bid.job_expires,
        "cfpHash": bid.cfp,
        "arbiter": checksum(bid.arbiter),
        "validator": checksum(bid.validator),
        "disputeWindow": bid.dispute_window,
        "arbitrationWindow": bid.arbitration_window,
        "expiry": bid.expires,
        "nonce": bid.nonce,
    }
    return _whole(BID, _domain("Nuee Bidding Hook", bid.chain, bid.hook), message)


def agent_wallet_message(request: AgentWallet, wallet: str) -> dict[str, Any]:
    domain = _domain("ERC8004IdentityRegistry", request.chain, request.registry)
    message = {
        "agentId": request.agent,
        "newWallet": checksum(wallet),
        "owner": checksum(request.owner),
        "deadline": request.deadline,
    }
    return _whole(AGENT_WALLET, domain, message)


def peer_binding_message(identity: str, peer_id: str, created: int) -> dict[str, Any]:
    message = {"identity": identity, "peerId": peer_id, "created": created}
    return _whole(PEER_BINDING, {"name": "Nuee", "version": "1"}, message)


def digest_of(whole: dict[str, Any]) -> bytes:
    """The 32 bytes that are signed.  Errors: ValueError."""
    from eth_account.messages import encode_typed_data
    from eth_utils.crypto import keccak

    signable = encode_typed_data(full_message=whole)
    return bytes(keccak(b"\x19" + signable.version + signable.header + signable.body))


def signer_of(whole: dict[str, Any], signature: bytes) -> str | None:
    """The address that signed this, lower case; None for what is no signature or a malleable one (EIP-2)."""
    from eth_account import Account
    from eth_account.messages import encode_typed_data
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != 65 or signature[64] not in (27, 28) or int.from_bytes(signature[32:64], "big") > _HALF:
        return None
    try:
        return str(Account.recover_message(encode_typed_data(full_message=whole), signature=signature)).lower()
    except (BadSignature, ValidationError, ValueError):
        return None


def checksum(text: str) -> str:
    """An address in EIP-55's spelling.  Errors: ValueError."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(text))


_HALF = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0  # half the order of secp256k1


def _domain(name: str, chain: int, contract: str) -> dict[str, Any]:
    return {"name": name, "version": "1", "chainId": chain, "verifyingContract": checksum(contract)}


def _whole(types: dict[str, Any], domain: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    kinds = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
    domain_type = [{"name": name, "type": kinds[name]} for name in domain]
    return {
        "types": {"EIP712Domain": domain_type, **types},
        "primaryType": next(iter(types)),
        "domain": domain,
        "message": message,
    }
