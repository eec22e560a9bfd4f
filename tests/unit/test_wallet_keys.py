"""Wallet keys follow BIP-32 and BIP-44 from a secret of their own."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from p2p.hd import ACCOUNTS, BadAccount, account_key, address_of

SEED = bytes(range(32))
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_the_first_account_of_a_seed_never_changes() -> None:
    assert address_of(account_key(SEED, 0)) == "0xe57247EecB1D4E55b2a321Cc28CaEb5059e9a6c9"


@pytest.mark.parametrize("index", [0, 1, 15])
def test_a_key_is_what_bip_32_says(index: int) -> None:
    path = [44 + 2**31, 60 + 2**31, 2**31, 0, index]
    assert account_key(SEED, index) == by_the_book(path)


def test_every_account_has_a_key_of_its_own() -> None:
    assert len({account_key(SEED, index) for index in range(ACCOUNTS)}) == ACCOUNTS


def test_another_seed_has_other_accounts() -> None:
    assert account_key(SEED, 0) != account_key(bytes(32), 0)


def test_the_identity_seed_is_not_the_seed_of_bip_32() -> None:
    direct = by_the_book([44 + 2**31, 60 + 2**31, 2**31, 0, 0], SEED)
    assert account_key(SEED, 0) != direct


@pytest.mark.parametrize("index", [-1, ACCOUNTS, 2**31, True, "0", None])
def test_there_are_no_other_accounts(index: int) -> None:
    with pytest.raises(BadAccount):
        account_key(SEED, index)


def by_the_book(path: list[int], seed: bytes | None = None) -> bytes:
    """CKDpriv of BIP-32, written out over another library's curve."""
    root = seed or HKDF(algorithm=SHA256(), length=64, salt=None, info=b"nuee/wallet/bip32/v1").derive(SEED)
    whole = hmac.digest(b"Bitcoin seed", root, hashlib.sha512)
    key, code = int.from_bytes(whole[:32], "big"), whole[32:]
    for index in path:
        data = b"\0" + key.to_bytes(32, "big") if index >= 2**31 else public(key)
        whole = hmac.digest(code, data + index.to_bytes(4, "big"), hashlib.sha512)
        key, code = (int.from_bytes(whole[:32], "big") + key) % ORDER, whole[32:]
    return key.to_bytes(32, "big")


def public(key: int) -> bytes:
    point = ec.derive_private_key(key, ec.SECP256K1()).public_key()
    return point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
