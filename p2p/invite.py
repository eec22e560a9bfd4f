"""Invites: a link, or the same text as a QR code, that lets one person become a contact.

    nuee:<base64url without padding>    of CBOR [1, public key, secret, expires, name, [address, …]] and 4 bytes of its
                                        SHA-256, so that a link that was cut off or mistyped is told from a refused one

public key  the 32 bytes of the inviting node's Ed25519 host key, from which its peer id follows (p2p.identity)
secret      16 random bytes; whoever shows them first becomes a contact, before `expires` (seconds since the epoch)
name        what the inviting person is called; a suggestion, since it is not proved
address     multiaddrs without /p2p/…, at most 8

An invite is a secret: whoever reads it first can use it, once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import cbor2

from p2p import identity

SCHEME = "nuee:"
VERSION = 1
SECRET_BYTES = 16
MAX_LINK = 2000  # characters; a QR code holds 2,953 bytes
MAX_ADDRESSES = 8
MAX_ADDRESS = 200  # characters
MAX_NAME = 80
_CHECK = 4  # bytes of the SHA-256


class BadInvite(Exception):
    """`code`: invite-broken | invite-version.  The message is a sentence for the user."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Invite:
    """`expires`: whole seconds since the epoch, UTC."""

    peer_id: str
    secret: bytes = field(repr=False)
    expires: int
    name: str
    addresses: tuple[str, ...]


def link(invite: Invite) -> str:
    """The link.  The same invite always gives the same text."""
    body = cbor2.dumps(
        [
            VERSION,
            identity.public_key_of(invite.peer_id),
            invite.secret,
            invite.expires,
            invite.name,
            list(invite.addresses),
        ]
    )
    return SCHEME + base64.urlsafe_b64encode(body + _check(body)).rstrip(b"=").decode()


def read(text: str) -> Invite:
    """The inverse, strict; white space in it, as mail programs leave it, does not matter.  Errors: BadInvite."""
    packed = "".join(text.split())
    if not packed.startswith(SCHEME) or len(packed) > MAX_LINK:
        raise _broken()
    try:
        data = base64.b64decode(_padded(packed[len(SCHEME) :]), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _broken() from error
    body, check = data[:-_CHECK], data[-_CHECK:]
    if check != _check(body):
        raise _broken()
    try:
        fields = cbor2.loads(body)
    except (cbor2.CBORDecodeError, ValueError, RecursionError) as error:
        raise _broken() from error
    match fields:
        case [int(version), *_] if version != VERSION:
            raise BadInvite("invite-version", "This invite was made by a newer release; update to use it.")
        case [_, bytes(public), bytes(secret), int(expires), str(name), list(addresses)]:
            return _checked(public, secret, expires, name, addresses)
    raise _broken()


def acceptable(addresses: Sequence[object]) -> tuple[str, ...]:
    """Those that may be multiaddrs, the first few.  What they say is tried, never believed."""
    found = [
        one
        for one in addresses
        if isinstance(one, str)
        and one.startswith("/")
        and len(one) <= MAX_ADDRESS
        and one.isascii()
        and one.isprintable()
    ]
    return tuple(dict.fromkeys(found))[:MAX_ADDRESSES]


def _checked(public: bytes, secret: bytes, expires: int, name: str, addresses: list[object]) -> Invite:
    if len(public) != 32 or len(secret) != SECRET_BYTES or not 0 <= expires < 2**53 or len(name) > MAX_NAME:
        raise _broken()
    return Invite(identity.peer_id_of(public), secret, expires, name, acceptable(addresses))


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK]


def _broken() -> BadInvite:
    return BadInvite("invite-broken", "This is not a whole invite; copy the link again, from nuee: to its end.")
