"""Ed25519 keys of authors and catalogs, and what they sign (RFC 8032).

Every signature is over a prefix that names its purpose, then canonical JSON: a signature made for one purpose is none
for another, whatever the JSON says.  A key file is PKCS #8 in PEM (RFC 8410), as `openssl genpkey -algorithm ed25519`
writes it, encrypted or not.  A key's id is the first 16 bytes of SHA-256 of its 32 public bytes, in hexadecimal.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from skills.canonical import NotCanonical, decode, encode
from skills.names import is_slug
from skills.versions import is_version

RELEASE_PREFIX = b"nuee skill release v1\0"
INDEX_PREFIX = b"nuee catalog index v1\0"
HANDOVER_PREFIX = b"nuee catalog handover v1\0"
MAX_KEY_FILE, MAX_SIGNATURE_FILE = 4096, 1024  # bytes
SUFFIX = ".sig"
_FORMAT = "nuee-skill-signature-1"
_PUBLIC, _SIGNATURE, _DIGEST = (re.compile(f"[0-9a-f]{{{size}}}") for size in (64, 128, 64))


class SigningError(Exception):
    """`code`: bad-key-file | key-locked | bad-public-key | bad-signature-file | bad-signature.  Holds no secret."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class SigningKey:
    """A secret key.  It is never shown; `public` (64 hexadecimal digits) and `id` may be."""

    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> SigningKey:
        """Errors: SigningError key-locked when a passphrase is missing or wrong, bad-key-file."""
        if len(data) > MAX_KEY_FILE:
            raise SigningError("bad-key-file", "The file is too long for a key file.")
        locked = b"ENCRYPTED" in data
        if locked and not passphrase:
            raise SigningError("key-locked", "The key file is locked with a passphrase.")
        try:
            private = load_pem_private_key(data, passphrase if locked else None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            if locked:
                raise SigningError("key-locked", "The passphrase does not open the key file.") from None
            raise SigningError("bad-key-file", "The file is no key file.") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise SigningError("bad-key-file", "The key is of another kind than Ed25519.")
        return cls(private)

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """The key file.  A secret: unless it is locked, whoever reads it can sign."""
        lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)

    @property
    def public(self) -> str:
        return self._private.public_key().public_bytes_raw().hex()

    @property
    def id(self) -> str:
        return key_id(self.public)

    def sign(self, prefix: bytes, message: bytes) -> str:
        """128 hexadecimal digits.  `prefix` is one of the three above."""
        return self._private.sign(prefix + message).hex()


@dataclass(frozen=True)
class Release:
    """What an author signs: this slug in this version is these files (`digest` of skills/folder.py)."""

    slug: str
    version: str
    digest: str

    def message(self) -> bytes:
        return encode({"digest": self.digest, "slug": self.slug, "version": self.version})


def key_id(public: str) -> str:
    """32 hexadecimal digits.  Errors: SigningError bad-public-key."""
    return hashlib.sha256(_public_bytes(public)).digest()[:16].hex()


def verify(public: str, prefix: bytes, message: bytes, signature: str) -> None:
    """Errors: SigningError bad-public-key, bad-signature."""
    raw = _public_bytes(public)
    if not _SIGNATURE.fullmatch(signature):
        raise SigningError("bad-signature", "The signature is not 128 hexadecimal digits.")
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(bytes.fromhex(signature), prefix + message)
    except (InvalidSignature, ValueError):
        raise SigningError("bad-signature", "The signature does not belong to this content and key.") from None


def sign_release(key: SigningKey, release: Release) -> bytes:
    """The detached signature file, one line of canonical JSON."""
    signed = {"digest": release.digest, "slug": release.slug, "version": release.version}
    signature = key.sign(RELEASE_PREFIX, release.message())
    return encode({"format": _FORMAT, "key": key.public, "signature": signature, **signed}) + b"\n"


def read_signature(data: bytes) -> tuple[Release, str, str]:
    """(release, public key, signature) of a signature file that verifies.  Errors: SigningError."""
    bad = SigningError("bad-signature-file", "The file is no signature of a skill.")
    if len(data) > MAX_SIGNATURE_FILE or not data.endswith(b"\n"):
        raise bad
    try:
        fields = decode(data[:-1])
    except NotCanonical:
        raise bad from None
    names = {"digest", "format", "key", "signature", "slug", "version"}
    if not isinstance(fields, dict) or set(fields) != names or fields["format"] != _FORMAT:
        raise bad
    if not all(isinstance(value, str) for value in fields.values()):
        raise bad
    release = Release(fields["slug"], fields["version"], fields["digest"])
    if not (is_slug(release.slug) and is_version(release.version) and is_digest(release.digest)):
        raise bad
    verify(fields["key"], RELEASE_PREFIX, release.message(), fields["signature"])
    return release, fields["key"], fields["signature"]


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def _public_bytes(public: str) -> bytes:
    if not _PUBLIC.fullmatch(public):
        raise SigningError("bad-public-key", "A public key is 64 hexadecimal digits in lower case.")
    return bytes.fromhex(public)
