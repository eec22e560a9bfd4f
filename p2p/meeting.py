"""Finding a contact again through a meeting point: a third node, a contact of both, that keeps sealed notes.

Each of two contacts leaves a note for the other at the point, and looks for the other's when it cannot be reached.
What the point keeps is a name and a note of constant length.  Both come from a secret that only the two can compute,
from their host keys (below), so that the point and its other contacts cannot tell for whom a note is, what it says, or
make one.  What the point does see: who leaves how many notes, and whose notes somebody asks for.

  shared   X25519 of one's host key with the other's (both Ed25519, taken to Curve25519), through HKDF-SHA256
  name     HMAC-SHA256 of the shared secret over whose note it is and the day (UTC), 16 bytes: another one every day
  note     ChaCha20-Poly1305 under a key for notes of that one, with the name as associated data, over CBOR
           [made (ms), [address, …]], padded with zeros

Layout of the bytes: docs/protocol.md, section 12.  Pure: the caller brings the clock and the keys.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from p2p.canonical import BadEncoding, Value, decode, encode
from p2p.identity import public_key_of
from p2p.invite import acceptable

MEET_PROTOCOL = "/nuee/meet/1.0.0"
VERSION = 1
NAME_BYTES = 16
NOTE_BYTES = 1024
AT_ONCE = 48  # notes or names in one request
KEPT = 2 * 3600  # seconds that a point keeps a note
SKEW = 300  # seconds that two clocks may differ
_DAY = 24 * 3600
_NONCE, _TAG, _LENGTH = 12, 16, 2
_ROOM = NOTE_BYTES - _NONCE - _TAG - _LENGTH
_PRIME = 2**255 - 19


class BadNote(Exception):
    """Not a note of that contact, or one of another time."""


class BadRequest(Exception):
    """`code`: bad-encoding | unknown-version | bad-field."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Keep:
    notes: tuple[tuple[bytes, bytes], ...]  # name, note


@dataclass(frozen=True)
class Find:
    names: tuple[bytes, ...]


@dataclass(frozen=True)
class Forget:
    """All notes of whoever asks."""


Request = Keep | Find | Forget


# What two contacts share


def shared_secret(host_seed: bytes, own: str, other: str) -> bytes:
    """32 bytes that the two peers `own` (with this seed) and `other` compute alike.  Errors: ValueError."""
    private = X25519PrivateKey.from_private_bytes(hashlib.sha512(host_seed).digest()[:32])
    agreed = private.exchange(X25519PublicKey.from_public_bytes(_on_curve25519(public_key_of(other))))
    both = b"".join(sorted((public_key_of(own), public_key_of(other))))
    return HKDF(hashes.SHA256(), 32, salt=b"nuee meeting v1", info=both).derive(agreed)


def name_of(shared: bytes, author: str, day: int) -> bytes:
    """Under which the note of `author` for the other of the two lies on this day."""
    said = b"name\0" + public_key_of(author) + day.to_bytes(8, "big")
    return hmac.digest(shared, said, "sha256")[:NAME_BYTES]


def day_of(now: float) -> int:
    """`now`: seconds since the epoch."""
    return int(now) // _DAY


def days_to_ask(now: float) -> tuple[int, ...]:
    """The days under which a note may lie that is kept now, the latest first."""
    return tuple(sorted({day_of(now + SKEW), day_of(now), day_of(now - KEPT - SKEW)}, reverse=True))


def seal(shared: bytes, author: str, name: bytes, now: float, addresses: Sequence[str]) -> bytes:
    """The note of `author`: where it can be reached.  Addresses that do not fit are left out, the last first."""
    kept = list(acceptable(addresses))
    while len(said := encode([int(now * 1000), list[Value](kept)])) > _ROOM:
        kept.pop()
    plain = len(said).to_bytes(_LENGTH, "big") + said.ljust(_ROOM, b"\0")
    nonce = os.urandom(_NONCE)
    return nonce + ChaCha20Poly1305(_note_key(shared, author)).encrypt(nonce, plain, name)


def unseal(shared: bytes, author: str, name: bytes, now: float, note: bytes) -> tuple[float, tuple[str, ...]]:
    """When `author` made this note, and the addresses in it.  Errors: BadNote."""
    try:
        plain = ChaCha20Poly1305(_note_key(shared, author)).decrypt(note[:_NONCE], note[_NONCE:], name)
        length = int.from_bytes(plain[:_LENGTH], "big")
        match decode(plain[_LENGTH : _LENGTH + length]):
            case [int(made), list(addresses)]:
                pass
            case _:
                raise BadNote("The note says something else.")
    except (InvalidTag, BadEncoding, ValueError) as error:
        raise BadNote("This is not a note of that contact.") from error
    if not -SKEW <= now - made / 1000 <= KEPT + SKEW:
        raise BadNote("The note is of another time.")
    return made / 1000, acceptable(addresses)


def _note_key(shared: bytes, author: str) -> bytes:
    return hmac.digest(shared, b"note\0" + public_key_of(author), "sha256")


def _on_curve25519(ed25519: bytes) -> bytes:
    """The same point in the other form (RFC 7748, 4.1).  Errors: ValueError for the one point without one."""
    y = int.from_bytes(ed25519, "little") & ((1 << 255) - 1)
    return ((1 + y) * pow(1 - y, -1, _PRIME) % _PRIME).to_bytes(32, "little")


# What is said to a point


def request_bytes(request: Request) -> bytes:
    match request:
        case Keep(notes):
            return encode([VERSION, "keep", [[name, note] for name, note in notes]])
        case Find(names):
            return encode([VERSION, "find", list[Value](names)])
        case Forget():
            return encode([VERSION, "forget"])


def read_request(data: bytes) -> Request:
    """Errors: BadRequest."""
    match _decoded(data):
        case [int(version), *_] if version != VERSION:
            raise BadRequest("unknown-version")
        case [_, "keep", list(items)] if 0 < len(items) <= AT_ONCE:
            return Keep(tuple(_named(item) for item in items))
        case [_, "find", list(names)] if 0 < len(names) <= AT_ONCE:
            return Find(tuple(_exactly(name, NAME_BYTES) for name in names))
        case [_, "forget"]:
            return Forget()
    raise BadRequest("bad-field")


def kept_bytes(count: int) -> bytes:
    """The answer to `Keep` and `Forget`: how many of the notes are kept now."""
    return encode([VERSION, count])


def found_bytes(notes: Sequence[bytes | None]) -> bytes:
    """The answer to `Find`: a note or none for each name, in their order."""
    return encode([VERSION, list[Value](notes)])


def read_found(data: bytes, names: int) -> tuple[bytes | None, ...]:
    """Errors: BadRequest."""
    match _decoded(data):
        case [1, list(notes)] if len(notes) == names:
            return tuple(None if note is None else _exactly(note, NOTE_BYTES) for note in notes)
    raise BadRequest("bad-field")


def read_kept(data: bytes) -> int:
    """Errors: BadRequest."""
    match _decoded(data):
        case [1, int(count)] if count >= 0:
            return count
    raise BadRequest("bad-field")


def _named(item: Value) -> tuple[bytes, bytes]:
    match item:
        case [name, note]:
            return _exactly(name, NAME_BYTES), _exactly(note, NOTE_BYTES)
    raise BadRequest("bad-field")


def _exactly(value: Value, length: int) -> bytes:
    if type(value) is not bytes or len(value) != length:
        raise BadRequest("bad-field")
    return value


def _decoded(data: bytes) -> Value:
    try:
        return decode(data)
    except BadEncoding as error:
        raise BadRequest("bad-encoding") from error
