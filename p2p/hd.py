"""Wallet keys: BIP-32 over a seed of its own, along BIP-44's path for Ethereum, m/44'/60'/0'/0/INDEX.

The seed of BIP-32 is HKDF-SHA256 (RFC 5869) of the identity seed, without salt, info `WALLET_LABEL`, 64 bytes: wallet
keys and the identity's key come from one secret, and neither tells anything of the other.  The derivation itself is
eth-account's; keys are secp256k1, addresses as in EIP-55.

Key-holder process only.  eth-account takes half a second to import, which an unlock does not wait for: each function
imports it when it is called.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

WALLET_LABEL = b"nuee/wallet/bip32/v1"
ACCOUNTS = 16  # indices 0 to 15: enough for a person, few enough to look through


class BadAccount(Exception):
    """There is no account of this index."""

    code = "wallet-account"


def account_key(seed: bytes | bytearray, index: int) -> bytes:
    """The private key of an account, 32 bytes.  A secret.  Errors: BadAccount."""
    if type(index) is not int or not 0 <= index < ACCOUNTS:
        raise BadAccount(f"Accounts have the numbers 0 to {ACCOUNTS - 1}.")
    from eth_account.hdaccount import key_from_seed

    root = HKDF(algorithm=SHA256(), length=64, salt=None, info=WALLET_LABEL).derive(bytes(seed))
    return bytes(key_from_seed(root, f"m/44'/60'/0'/0/{index}"))


def address_of(key: bytes) -> str:
    """The address of a private key, in EIP-55's spelling."""
    from eth_account import Account

    return str(Account.from_key(key).address)
