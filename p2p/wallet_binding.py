"""The proof that an account, a person's identity and a node's peer id belong together: each key signs for the other.

  the identity (Ed25519)   `PREFIX` ‖ CBOR [public key, address (20 bytes), peer id, created]
  the account (secp256k1)  EIP-712 over identity, peer id and created, see p2p.typed_data

Both halves are needed: with one alone, anybody could claim somebody else's account, or their node, as their own.  It
travels in the registration file (ERC-8004), so it is short JSON: five texts and a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from p2p import typed_data
from p2p.identity import BadBinding, identity_key_of, public_key_of

PREFIX = b"nuee wallet binding v1\0"
_ADDRESS = re.compile(r"0x[0-9a-f]{40}\Z")
_LATEST = 2**53


@dataclass(frozen=True)
class SignedWalletBinding:
    """`identity`: did:key; `address`: lower case; `created`: whole seconds since the epoch, UTC."""

    identity: str
    peer_id: str
    address: str
    created: int
    by_identity: bytes
    by_wallet: bytes

    def to_map(self) -> dict[str, Any]:
        return {
            "identity": self.identity,
            "peerId": self.peer_id,
            "address": self.address,
            "created": self.created,
            "identitySignature": "0x" + self.by_identity.hex(),
            "walletSignature": "0x" + self.by_wallet.hex(),
        }

    @classmethod
    def from_map(cls, found: Mapping[str, Any]) -> SignedWalletBinding:
        """The inverse, verified.  Errors: BadBinding and what `verify` raises."""
        match found:
            case {
                "identity": str(identity),
                "peerId": str(peer),
                "address": str(address),
                "created": int(created),
                "identitySignature": str(one),
                "walletSignature": str(two),
            }:
                binding = cls(identity, peer, address, created, _bytes(one), _bytes(two))
            case _:
                raise BadBinding("The binding does not have the fields of a binding.")
        verify(binding)
        return binding


def identity_message(public: bytes, address: str, peer_id: str, created: int) -> bytes:
    """What the identity signs.  Errors: BadBinding, BadPeerId."""
    public_key_of(peer_id)
    if type(created) is not int or not 0 <= created < _LATEST or not _ADDRESS.match(address):
        raise BadBinding("The binding names no address, or its date is out of range.")
    return PREFIX + cbor2.dumps([public, bytes.fromhex(address[2:]), peer_id, created])


def verify(binding: SignedWalletBinding) -> None:
    """Return when both keys signed exactly this.  Errors: BadBinding, BadIdentity, BadPeerId."""
    public = identity_key_of(binding.identity)
    message = identity_message(public, binding.address, binding.peer_id, binding.created)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(binding.by_identity, message)
    except InvalidSignature as error:
        raise BadBinding("The signature of the binding is not the identity's.") from error
    whole = typed_data.peer_binding_message(binding.identity, binding.peer_id, binding.created)
    if typed_data.signer_of(whole, binding.by_wallet) != binding.address:
        raise BadBinding("The signature of the binding is not the account's.")


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise BadBinding("A signature is not in hexadecimal.") from error
