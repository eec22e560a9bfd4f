"""Keys and signatures of authors: one purpose each, one encoding, and no secret where it could be seen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from skills.signing import (
    HANDOVER_PREFIX,
    INDEX_PREFIX,
    MAX_KEY_FILE,
    RELEASE_PREFIX,
    Release,
    SigningError,
    SigningKey,
    key_id,
    read_signature,
    sign_release,
    verify,
)
from tests.unit.catalog_fixtures import AUTHOR, STRANGER

RELEASE = Release("digest", "1.0.0", "ab" * 32)
FILE = sign_release(AUTHOR, RELEASE)


def code_of(data: bytes) -> str:
    with pytest.raises(SigningError) as caught:
        read_signature(data)
    return caught.value.code


def test_a_signature_file_says_what_was_signed_and_by_whom() -> None:
    assert read_signature(FILE)[:2] == (RELEASE, AUTHOR.public)


@given(st.data())
def test_no_byte_of_a_signature_file_can_change(data: st.DataObject) -> None:
    changed = bytearray(FILE)
    changed[data.draw(st.integers(0, len(FILE) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SigningError):
        read_signature(bytes(changed))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"slug":"digest"', '"slug":"budget"'),
        ("1.0.0", "1.0.1"),
        ("abab", "abac"),
        (AUTHOR.public, STRANGER.public),
    ],
)
def test_a_signature_is_for_one_name_version_digest_and_key(old: str, new: str) -> None:
    assert code_of(FILE.replace(old.encode(), new.encode(), 1)) == "bad-signature"


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"[]\n", b"{}\n", FILE[:-1], FILE + b"\n", b" " + FILE, b"[" * 900 + b"\n"]
)
def test_what_is_no_signature_file_is_refused(data: bytes) -> None:
    assert code_of(data) == "bad-signature-file"


@pytest.mark.parametrize("prefix", [INDEX_PREFIX, HANDOVER_PREFIX])
def test_a_signature_for_another_purpose_is_none(prefix: bytes) -> None:
    signature = AUTHOR.sign(prefix, RELEASE.message())
    with pytest.raises(SigningError, match="does not belong"):
        verify(AUTHOR.public, RELEASE_PREFIX, RELEASE.message(), signature)


def test_no_prefix_begins_another() -> None:
    prefixes = {RELEASE_PREFIX, INDEX_PREFIX, HANDOVER_PREFIX}
    assert not any(a != b and a.startswith(b) for a in prefixes for b in prefixes)


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_a_key_file_gives_its_key_back(passphrase: bytes | None) -> None:
    assert SigningKey.from_pem(AUTHOR.to_pem(passphrase), passphrase).public == AUTHOR.public


@pytest.mark.parametrize("passphrase", [None, b"", b"wrong"])
def test_a_locked_key_needs_its_passphrase(passphrase: bytes | None) -> None:
    with pytest.raises(SigningError) as caught:
        SigningKey.from_pem(AUTHOR.to_pem(b"right"), passphrase)
    assert caught.value.code == "key-locked"


def test_a_key_of_another_kind_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(SigningError, match="another kind"):
        SigningKey.from_pem(other)


@pytest.mark.parametrize("data", [b"", b"noise", bytes(MAX_KEY_FILE + 1), AUTHOR.to_pem()[:-60]])
def test_what_is_no_key_file_is_refused(data: bytes) -> None:
    with pytest.raises(SigningError) as caught:
        SigningKey.from_pem(data)
    assert caught.value.code == "bad-key-file"


def test_openssl_reads_the_key_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(AUTHOR.to_pem())
    try:
        said = subprocess.run(
            ["openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"], capture_output=True, check=True
        )
    except FileNotFoundError:
        pytest.skip("the openssl program is not installed")
    assert said.stdout[-32:].hex() == AUTHOR.public


def test_a_key_does_not_show_its_secret() -> None:
    secret = AUTHOR._private.private_bytes_raw().hex()
    assert secret not in repr(AUTHOR) + str(AUTHOR)
    assert "object at" not in repr(AUTHOR)


@pytest.mark.parametrize("public", ["", "ab", "AB" * 32, "zz" * 32, "ab" * 33])
def test_what_is_no_public_key_has_no_id(public: str) -> None:
    with pytest.raises(SigningError) as caught:
        key_id(public)
    assert caught.value.code == "bad-public-key"
