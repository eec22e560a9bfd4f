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

Keys and secrets live in bytearrays that are overwritten after use; `Secrets` until its `wipe`.  What Python and the
libraries copied on the way (the passphrase is a `str`, a cipher keeps its key schedule) is gone when the process ends.
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
    "wipe",
]

DEFAULT = FLOOR
SECRET_BYTES = 32
PHRASE_WORDS = 24
_SALT_BYTES = 16
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Secrets:
    """What the key file guards.  Never shown or logged; `==` compares in constant time.  `wipe` it after use."""

    vault_key: bytearray = field(repr=False)
    identity_seed: bytearray = field(repr=False)

    def wipe(self) -> None:
        """Overwrite both in place."""
        wipe(self.vault_key)
        wipe(self.identity_seed)

    def __reduce__(self) -> str:
        raise TypeError("secrets are never pickled")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secrets):
            return NotImplemented
        same_key = hmac.compare_digest(self.vault_key, other.vault_key)
        return hmac.compare_digest(self.identity_seed, other.identity_seed) and same_key

    __hash__ = None  # type: ignore[assignment]


def wipe(secret: bytearray) -> None:
    """Overwrite it in place: its memory, not a copy."""
    secret[:] = bytes(len(secret))


def create(path: Path, passphrase: str, parameters: Argon2Parameters = DEFAULT) -> tuple[Secrets, str]:
    """Make both secrets and the file; return them with the recovery phrase, which is stored nowhere.

    Errors: KeyFileError `exists`, `weak-parameters`, `unwritable`.
    """
    parameters.check()
    if path.exists():
        raise KeyFileError("exists", "a key file is already there; it is never overwritten")
    made = Secrets(_random(SECRET_BYTES), _random(SECRET_BYTES))
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
    try:
        _save(path, opened, (_passphrase_opener(opened, new, parameters), file.opener("phrase")))
    finally:
        opened.wipe()


def change_phrase(path: Path, secret: str) -> str:
    """Wrap both slots under a new recovery phrase and return it; the old phrase opens this file no more.

    A copy of the old file still opens with the old phrase: the secrets stay the same.  Errors: as
    `change_passphrase`.
    """
    opened, file = _open(path, secret)
    try:
        phrase, by_phrase = _phrase_opener(opened)
        _save(path, opened, (file.opener("passphrase"), by_phrase))
    finally:
        opened.wipe()
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
        wipe(entropy)
    if opened is None:
        opener = file.opener("passphrase")
        assert opener.parameters is not None  # `read` refuses a passphrase opener without them
        opened = _unwrap(opener, _passphrase_key(secret, opener.salt, opener.parameters))
    if opened is None:
        raise KeyFileError("wrong-secret", "this passphrase or recovery phrase does not open the key file")
    if not hmac.compare_digest(_seal(opened, file.openers), file.seal):
        opened.wipe()
        raise KeyFileError("damaged", "the key file was altered: one of its ways to open it is not the one made here")
    return opened, file


def _save(path: Path, opened: Secrets, openers: tuple[Opener, ...]) -> None:
    write(path, KeyFile(openers, _seal(opened, openers)))


def _seal(opened: Secrets, openers: tuple[Opener, ...]) -> bytes:
    key = _hkdf(opened.vault_key, b"", b"nuee key file seal")
    try:
        return hmac.new(key, sealed_part(openers), hashlib.sha256).digest()
    finally:
        wipe(key)


def _passphrase_opener(opened: Secrets, passphrase: str, parameters: Argon2Parameters) -> Opener:
    salt = secrets.token_bytes(_SALT_BYTES)
    return _wrap(opened, Opener("passphrase", salt, parameters), _passphrase_key(passphrase, salt, parameters))


def _phrase_opener(opened: Secrets) -> tuple[str, Opener]:
    phrase = str(Mnemonic("english").generate(strength=256))
    entropy = _entropy(phrase)
    assert entropy is not None  # made just now
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _phrase_key(entropy, salt)
    wipe(entropy)
    return phrase, _wrap(opened, Opener("phrase", salt, None), key)


def _wrap(opened: Secrets, opener: Opener, key: bytearray) -> Opener:
    cipher = AESGCM(key)
    wipe(key)
    slots = {}
    for slot, value in (("vault", opened.vault_key), ("identity", opened.identity_seed)):
        nonce = secrets.token_bytes(_NONCE_BYTES)
        slots[slot] = Wrapped(nonce, cipher.encrypt(nonce, value, associated_data(opener, slot)))
    return Opener(opener.name, opener.salt, opener.parameters, slots["vault"], slots["identity"])


def _unwrap(opener: Opener, key: bytearray) -> Secrets | None:
    cipher = AESGCM(key)
    wipe(key)
    opened = Secrets(bytearray(SECRET_BYTES), bytearray(SECRET_BYTES))
    try:
        for slot, wrapped, value in (
            ("vault", opener.vault, opened.vault_key),
            ("identity", opener.identity, opened.identity_seed),
        ):
            cipher.decrypt_into(wrapped.nonce, wrapped.sealed, associated_data(opener, slot), value)
    except InvalidTag:
        opened.wipe()
        return None
    return opened


def _passphrase_key(passphrase: str, salt: bytes, parameters: Argon2Parameters) -> bytearray:
    """NFKC first, so that the same passphrase typed on another keyboard or system is the same bytes."""
    kdf = Argon2id(
        salt=salt,
        length=SECRET_BYTES,
        iterations=parameters.iterations,
        lanes=parameters.lanes,
        memory_cost=parameters.memory_kib,
    )
    typed = bytearray(unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass"))
    key = bytearray(SECRET_BYTES)
    kdf.derive_into(typed, key)  # type: ignore[arg-type]  # any buffer will do, as for HKDF
    wipe(typed)
    return key


def _phrase_key(entropy: bytearray, salt: bytes) -> bytearray:
    return _hkdf(entropy, salt, b"nuee key file phrase")  # 256 random bits need no slow KDF


def _hkdf(material: bytearray, salt: bytes, info: bytes) -> bytearray:
    key = bytearray(SECRET_BYTES)
    HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=salt or None, info=info).derive_into(material, key)
    return key


def _random(count: int) -> bytearray:
    return bytearray(secrets.token_bytes(count))


def _entropy(text: str) -> bytearray | None:
    words = unicodedata.normalize("NFKD", text).lower().split()
    if len(words) != PHRASE_WORDS:
        return None
    english = Mnemonic("english")
    joined = " ".join(words)
    return bytearray(english.to_entropy(joined)) if english.check(joined) else None
