"""The key file: two random secrets, each wrapped once per opener.

The passphrase never encrypts data.  A *slot* holds one secret (`vault`: the database key; `identity`: the seed that
wallet keys are derived from).  An *opener* (`passphrase`, `phrase`) derives a wrapping key and wraps both slots, so
changing a passphrase writes one opener anew, changes neither secret and re-encrypts nothing.

The byte layout stands in docs/formats.md.  Three things guard it:
- a SHA-256 checksum over the whole, which tells damage from a wrong passphrase (it is no secret: anybody can redo it);
- AES-256-GCM, whose associated data bind each wrapped slot to the format version, its opener, the opener's KDF
  parameters and salt, and its own name, so that nothing can be edited or moved;
- an HMAC under a key derived from the vault key over all openers, so that whoever opens by one opener learns that
  the other was tampered with while it can still be mended.

Blocking (Argon2id takes about 0.15 s); any thread.  One process at a time: the profile's lock file sees to that.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from storage.keyfile import (
    FLOOR,
    Argon2Parameters,
    KeyFile,
    KeyFileError,
    Opener,
    Wrapped,
    associated_data,
    read,
    sealed_part,
    write,
)

__all__ = [
    "DEFAULT",
    "Argon2Parameters",
    "KeyFileError",
    "Secrets",
    "change_passphrase",
    "change_phrase",
    "create",
    "is_phrase",
    "open_file",
]

DEFAULT = FLOOR
SECRET_BYTES = 32
PHRASE_WORDS = 24
_SALT_BYTES = 16
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Secrets:
    """What the key file guards.  Never shown, logged or sent; `==` compares in constant time."""

    vault_key: bytes = field(repr=False)
    identity_seed: bytes = field(repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secrets):
            return NotImplemented
        mine, theirs = self.vault_key + self.identity_seed, other.vault_key + other.identity_seed
        return hmac.compare_digest(mine, theirs)

    __hash__ = None  # type: ignore[assignment]


def create(path: Path, passphrase: str, parameters: Argon2Parameters = DEFAULT) -> tuple[Secrets, str]:
    """Make both secrets and the file; return them with the recovery phrase, which is stored nowhere.

    Errors: KeyFileError `exists`, `weak-parameters`, `unwritable`.
    """
    parameters.check()
    if path.exists():
        raise KeyFileError("exists", "a key file is already there; it is never overwritten")
    made = Secrets(secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(SECRET_BYTES))
    by_passphrase = _passphrase_opener(made, passphrase, parameters)
    phrase, by_phrase = _phrase_opener(made)
    _save(path, made, (by_passphrase, by_phrase))
    return made, phrase


def open_file(path: Path, secret: str) -> Secrets:
    """Open with the recovery phrase or the passphrase.

    24 words with a valid checksum are tried as the phrase first (case and spaces do not matter), then as a passphrase.
    Errors: KeyFileError `missing`, `unreadable`, `damaged`, `newer-version`, `weak-parameters`, `wrong-secret`.
    A file edited on purpose, checksum redone, cannot be told from a wrong secret: it is reported as `wrong-secret`
    where the edited opener is the one used, as `damaged` where the other one is.
    """
    return _open(path, secret)[0]


def change_passphrase(path: Path, secret: str, new: str, parameters: Argon2Parameters = DEFAULT) -> None:
    """Wrap both slots under a new passphrase; `secret` is the old passphrase or the phrase.  Errors: as `open_file`,
    and `unwritable`, in which case the old file still stands."""
    parameters.check()
    opened, file = _open(path, secret)
    _save(path, opened, (_passphrase_opener(opened, new, parameters), file.opener("phrase")))


def change_phrase(path: Path, secret: str) -> str:
    """Wrap both slots under a new recovery phrase and return it; the old phrase opens this file no more.

    A copy of the old file still opens with the old phrase: the secrets stay the same.  Errors: as
    `change_passphrase`.
    """
    opened, file = _open(path, secret)
    phrase, by_phrase = _phrase_opener(opened)
    _save(path, opened, (file.opener("passphrase"), by_phrase))
    return phrase


def is_phrase(text: str) -> bool:
    """Whether `text` is a recovery phrase: 24 English BIP-39 words whose checksum holds."""
    return _entropy(text) is not None


def _open(path: Path, secret: str) -> tuple[Secrets, KeyFile]:
    file = read(path)
    opened = None
    entropy = _entropy(secret)
    if entropy is not None:
        opener = file.opener("phrase")
        opened = _unwrap(opener, _phrase_key(entropy, opener.salt))
    if opened is None:
        opener = file.opener("passphrase")
        assert opener.parameters is not None  # `read` refuses a passphrase opener without them
        opened = _unwrap(opener, _passphrase_key(secret, opener.salt, opener.parameters))
    if opened is None:
        raise KeyFileError("wrong-secret", "this passphrase or recovery phrase does not open the key file")
    if not hmac.compare_digest(_seal(opened, file.openers), file.seal):
        raise KeyFileError("damaged", "the key file was altered: one of its ways to open it is not the one made here")
    return opened, file


def _save(path: Path, opened: Secrets, openers: tuple[Opener, ...]) -> None:
    write(path, KeyFile(openers, _seal(opened, openers)))


def _seal(opened: Secrets, openers: tuple[Opener, ...]) -> bytes:
    key = _hkdf(opened.vault_key, b"", b"nuee key file seal")
    return hmac.new(key, sealed_part(openers), hashlib.sha256).digest()


def _passphrase_opener(opened: Secrets, passphrase: str, parameters: Argon2Parameters) -> Opener:
    salt = secrets.token_bytes(_SALT_BYTES)
    return _wrap(opened, Opener("passphrase", salt, parameters), _passphrase_key(passphrase, salt, parameters))


def _phrase_opener(opened: Secrets) -> tuple[str, Opener]:
    phrase = str(Mnemonic("english").generate(strength=256))
    entropy = _entropy(phrase)
    assert entropy is not None  # made just now
    salt = secrets.token_bytes(_SALT_BYTES)
    return phrase, _wrap(opened, Opener("phrase", salt, None), _phrase_key(entropy, salt))


def _wrap(opened: Secrets, opener: Opener, key: bytes) -> Opener:
    cipher = AESGCM(key)
    slots = {}
    for slot, value in (("vault", opened.vault_key), ("identity", opened.identity_seed)):
        nonce = secrets.token_bytes(_NONCE_BYTES)
        slots[slot] = Wrapped(nonce, cipher.encrypt(nonce, value, associated_data(opener, slot)))
    return Opener(opener.name, opener.salt, opener.parameters, slots["vault"], slots["identity"])


def _unwrap(opener: Opener, key: bytes) -> Secrets | None:
    cipher = AESGCM(key)
    try:
        vault_key, seed = (
            cipher.decrypt(wrapped.nonce, wrapped.sealed, associated_data(opener, slot))
            for slot, wrapped in (("vault", opener.vault), ("identity", opener.identity))
        )
    except InvalidTag:
        return None
    return Secrets(vault_key, seed)


def _passphrase_key(passphrase: str, salt: bytes, parameters: Argon2Parameters) -> bytes:
    """NFKC first, so that the same passphrase typed on another keyboard or system is the same bytes."""
    kdf = Argon2id(
        salt=salt,
        length=SECRET_BYTES,
        iterations=parameters.iterations,
        lanes=parameters.lanes,
        memory_cost=parameters.memory_kib,
    )
    return kdf.derive(unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass"))


def _phrase_key(entropy: bytes, salt: bytes) -> bytes:
    return _hkdf(entropy, salt, b"nuee key file phrase")  # 256 random bits need no slow KDF


def _hkdf(material: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=salt or None, info=info).derive(material)


def _entropy(text: str) -> bytes | None:
    words = unicodedata.normalize("NFKD", text).lower().split()
    if len(words) != PHRASE_WORDS:
        return None
    english = Mnemonic("english")
    joined = " ".join(words)
    return bytes(english.to_entropy(joined)) if english.check(joined) else None
