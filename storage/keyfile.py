"""The key file on disk: layout, strict decoding, checksum, atomic write.  No cryptography beyond a hash lives here.

The file is one JSON object in canonical form (keys sorted, no spaces, ASCII, hexadecimal in lower case) and a newline.
Whatever decodes but is not written exactly so is refused: there is one way to write a key file, so no byte of it can
change unnoticed.  docs/formats.md shows it whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage import durable

FORMAT = "nuee-key-file"
VERSION = 1
_MAX_FILE = 64 * 1024  # bytes
_OPENERS = ("passphrase", "phrase")


class KeyFileError(Exception):
    """`code`: missing | exists | damaged | weak-parameters | wrong-secret | newer-version | unreadable | unwritable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Argon2Parameters:
    """Cost of Argon2id (RFC 9106)."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def check(self) -> None:
        """Below the floor a stolen file is guessed cheaply; above the ceiling a planted one stalls the machine."""
        if self.memory_kib < FLOOR.memory_kib or self.iterations < FLOOR.iterations or self.lanes < FLOOR.lanes:
            raise KeyFileError("weak-parameters", "the key file asks for a weaker key derivation than is allowed")
        if (
            self.memory_kib > CEILING.memory_kib
            or self.iterations > CEILING.iterations
            or self.lanes > CEILING.lanes
            or self.memory_kib * self.iterations > CEILING.memory_kib * FLOOR.iterations
        ):
            raise KeyFileError("weak-parameters", "the key file asks for more work than any key file made here")


FLOOR = Argon2Parameters()
CEILING = Argon2Parameters(memory_kib=1024 * 1024, iterations=16, lanes=16)


@dataclass(frozen=True)
class Wrapped:
    """One slot under one opener: AES-256-GCM nonce, and ciphertext with its tag."""

    nonce: bytes = b""
    sealed: bytes = b""


@dataclass(frozen=True)
class Opener:
    """One way in.  `parameters` belong to the passphrase only; the phrase is derived by HKDF-SHA256."""

    name: str
    salt: bytes
    parameters: Argon2Parameters | None
    vault: Wrapped = field(default=Wrapped())
    identity: Wrapped = field(default=Wrapped())


@dataclass(frozen=True)
class KeyFile:
    openers: tuple[Opener, ...]
    seal: bytes

    def opener(self, name: str) -> Opener:
        return next(opener for opener in self.openers if opener.name == name)


def associated_data(opener: Opener, slot: str) -> bytes:
    """What a wrapped slot is bound to: changed or moved, it no longer decrypts."""
    bound = {"format": FORMAT, "version": VERSION, "opener": opener.name, "slot": slot, **_derivation(opener)}
    return canonical(bound)


def sealed_part(openers: tuple[Opener, ...]) -> bytes:
    """The bytes that the seal covers: everything but the seal and the checksum."""
    return canonical(_body(openers))


def canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def write(path: Path, file: KeyFile) -> None:
    """Replace the file at once or not at all; mode 0600.  Errors: KeyFileError `unwritable`."""
    sealed = {**_body(file.openers), "seal": file.seal.hex()}
    whole = canonical({**sealed, "checksum": _checksum(sealed)}) + b"\n"
    try:
        durable.replace(path, whole)
    except OSError as error:
        raise KeyFileError("unwritable", f"the key file cannot be written: {error.strerror or error}") from error


def read(path: Path) -> KeyFile:
    """Decode and check everything that needs no secret.

    Errors: KeyFileError `missing`, `unreadable`, `damaged`, `newer-version`, `weak-parameters`.
    """
    try:
        with path.open("rb") as stream:
            whole = stream.read(_MAX_FILE + 1)
    except FileNotFoundError as error:
        raise KeyFileError("missing", "there is no key file here") from error
    except OSError as error:
        raise KeyFileError("unreadable", f"the key file cannot be read: {error.strerror or error}") from error
    document = _document(whole)
    try:
        file = _decode(document)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _damaged() from error
    for opener in file.openers:
        if opener.parameters is not None:
            opener.parameters.check()
    return file


def _document(whole: bytes) -> dict[str, Any]:
    """The JSON object, once its checksum holds.  The checksum rule is the same in every version of the format, so
    that a damaged version number is not mistaken for a newer release."""
    try:
        document = json.loads(whole)
        if len(whole) > _MAX_FILE or not isinstance(document, dict) or canonical(document) + b"\n" != whole:
            raise _damaged()
    except (ValueError, RecursionError) as error:
        raise _damaged() from error
    checksum = document.pop("checksum", None)
    if not isinstance(checksum, str) or not hmac.compare_digest(checksum, _checksum(document)):
        raise _damaged()
    if document.get("format") != FORMAT or type(document.get("version")) is not int:
        raise _damaged()
    if document["version"] > VERSION:
        raise KeyFileError("newer-version", "this key file was written by a newer release; update to open it")
    if document["version"] < 1:
        raise _damaged()
    return document


def _decode(document: dict[str, Any]) -> KeyFile:
    listed = document["openers"]
    if sorted(listed) != list(_OPENERS):
        raise ValueError("openers")
    file = KeyFile(tuple(_decode_opener(name, listed[name]) for name in _OPENERS), _hex(document["seal"], 32))
    if {**_body(file.openers), "seal": file.seal.hex()} != document:
        raise ValueError("a field that does not belong")
    return file


def _decode_opener(name: str, value: dict[str, Any]) -> Opener:
    parameters = None
    if name == "passphrase":
        costs = [value["kdf"][key] for key in ("memory_kib", "iterations", "lanes")]
        if any(type(cost) is not int for cost in costs):
            raise TypeError("cost")
        parameters = Argon2Parameters(*costs)
    vault, identity = (
        Wrapped(_hex(value["slots"][slot]["nonce"], 12), _hex(value["slots"][slot]["sealed"], 48))
        for slot in ("vault", "identity")
    )
    return Opener(name, _hex(value["salt"], 16), parameters, vault, identity)


def _body(openers: tuple[Opener, ...]) -> dict[str, Any]:
    described = {
        opener.name: {
            **_derivation(opener),
            "slots": {
                slot: {"nonce": wrapped.nonce.hex(), "sealed": wrapped.sealed.hex()}
                for slot, wrapped in (("vault", opener.vault), ("identity", opener.identity))
            },
        }
        for opener in openers
    }
    return {"format": FORMAT, "version": VERSION, "openers": described}


def _derivation(opener: Opener) -> dict[str, Any]:
    if opener.parameters is None:
        return {"kdf": {"name": "hkdf-sha256"}, "salt": opener.salt.hex()}
    costs = opener.parameters
    kdf = {"name": "argon2id", "memory_kib": costs.memory_kib, "iterations": costs.iterations, "lanes": costs.lanes}
    return {"kdf": kdf, "salt": opener.salt.hex()}


def _checksum(document: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def _hex(text: str, length: int) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != length:
        raise ValueError("length")
    return value


def _damaged() -> KeyFileError:
    return KeyFileError("damaged", "the key file is damaged; put back a copy of it from a backup")
