"""Who a node is: the transport key of libp2p, the person's identity, and the signature that binds the one to the other.

Two keys, because they live in different places.  The *host key* is what libp2p proves on every connection, so the node
holds it; a thief of the node's memory gets it, and it can be replaced.  The *identity key* is derived from the seed and
never leaves the key-holder process (keyholder.py); a `SignedBinding` says "this peer id speaks for me since then".

Nothing here imports libp2p: a peer id is computed from the published formats alone.
  keys and peer ids   libp2p specs, peer-ids/peer-ids.md (protobuf, identity multihash, base58btc)
  did:key             W3C CCG did:key method, Ed25519 (multicodec 0xed)

A binding is signed as `BINDING_PREFIX` followed by the CBOR array [identity, peer id, created]: the 32 bytes of the
identity's public key, the peer id as base58btc text, and whole seconds since the epoch.  With definite lengths and
shortest integers an array has one encoding only (RFC 8949, 4.2.1); the prefix keeps the signature to this one purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BINDING_PREFIX = b"nuee peer binding v1\0"
BINDING_LIMIT = 512  # bytes of an encoded SignedBinding; a real one has under 200

# The protobuf messages PrivateKey and PublicKey with Type = Ed25519 (1): the field tags and lengths are constant.
_PRIVATE_HEADER = bytes.fromhex("08011240")  # Data: 32 bytes of seed, then the 32 of the public key
_PUBLIC_HEADER = bytes.fromhex("08011220")
_IDENTITY_MULTIHASH = bytes.fromhex("0024")  # code 0x00, length 36: the key itself, not a hash of it
_DID_PREFIX = "did:key:z"
_ED25519_MULTICODEC = bytes.fromhex("ed01")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NAME_LIMIT = 128  # characters; longer texts are no name of ours, and base58 takes quadratic time
_LATEST = 2**53  # seconds: whatever reads the binding next (JSON, JavaScript) still holds it exactly


class IdentityError(Exception):
    """A key, name or binding was refused.  `code` is stable; the message is a sentence without any key in it."""

    code = "identity"


class BadHostKey(IdentityError):
    code = "bad-host-key"


class BadPeerId(IdentityError):
    code = "bad-peer-id"


class BadIdentity(IdentityError):
    code = "bad-identity"


class BadBinding(IdentityError):
    code = "bad-binding"


@dataclass(frozen=True)
class SignedBinding:
    """`identity` (a did:key) says that `peer_id` speaks for it since `created` (whole seconds since the epoch, UTC).

    The peer did not sign: whoever receives a binding accepts it only from a connection of that very peer id, else
    anyone could claim somebody else's node as theirs.
    """

    identity: str
    peer_id: str
    created: int
    signature: bytes

    def to_bytes(self) -> bytes:
        """CBOR array [identity, peer id, created, signature]; the same binding always gives the same bytes."""
        return cbor2.dumps([self.identity, self.peer_id, self.created, self.signature])

    @classmethod
    def from_bytes(cls, data: bytes) -> SignedBinding:
        """The inverse, strict, and verified.  Errors: BadBinding and what `verify_binding` raises."""
        if len(data) > BINDING_LIMIT:
            raise BadBinding(f"A binding of {len(data)} bytes is over the limit of {BINDING_LIMIT}.")
        try:
            fields = cbor2.loads(data)
        except (cbor2.CBORDecodeError, ValueError, RecursionError) as error:
            raise BadBinding("The binding is not CBOR.") from error
        match fields:
            case [str(identity), str(peer), int(created), bytes(signature)]:
                binding = cls(identity, peer, created, signature)
            case _:
                raise BadBinding("The binding does not have the four fields of a binding.")
        verify_binding(binding)
        if binding.to_bytes() != data:
            raise BadBinding("The binding is not in its one encoding.")
        return binding


def new_host_key() -> bytes:
    """A fresh Ed25519 host key as libp2p's serialised PrivateKey, 68 bytes.  A secret: it belongs in the vault."""
    private = Ed25519PrivateKey.generate()
    return _PRIVATE_HEADER + private.private_bytes_raw() + _raw_public(private)


def host_key_seed(host_key: bytes) -> bytes:
    """The 32 private bytes of a host key.  Errors: BadHostKey when damaged or of another kind."""
    if len(host_key) != 68 or not host_key.startswith(_PRIVATE_HEADER):
        raise BadHostKey("The host key is not a serialised Ed25519 key.")
    seed, public = host_key[4:36], host_key[36:]
    if _raw_public(Ed25519PrivateKey.from_private_bytes(seed)) != public:
        raise BadHostKey("The two halves of the host key do not belong together.")
    return seed


def peer_id(host_key: bytes) -> str:
    """The peer id ("12D3KooW…") of a host key.  Errors: BadHostKey."""
    host_key_seed(host_key)
    return peer_id_of(host_key[36:])


def peer_id_of(public: bytes) -> str:
    """The peer id of a raw Ed25519 public key of 32 bytes.  Errors: BadPeerId."""
    if len(public) != 32:
        raise BadPeerId("An Ed25519 public key has 32 bytes.")
    return _base58_encode(_IDENTITY_MULTIHASH + _PUBLIC_HEADER + public)


def public_key_of(peer: str) -> bytes:
    """The raw Ed25519 public key inside a peer id.  Errors: BadPeerId, also for ids of other key types."""
    data = _base58_decode(peer)
    header = _IDENTITY_MULTIHASH + _PUBLIC_HEADER
    if data is None or len(data) != len(header) + 32 or not data.startswith(header):
        raise BadPeerId("This is not the peer id of an Ed25519 key.")
    return data[len(header) :]


def did_key(public: bytes) -> str:
    """The did:key of a raw Ed25519 public key of 32 bytes.  Errors: BadIdentity."""
    if len(public) != 32:
        raise BadIdentity("An Ed25519 public key has 32 bytes.")
    return _DID_PREFIX + _base58_encode(_ED25519_MULTICODEC + public)


def identity_key_of(identity: str) -> bytes:
    """The raw Ed25519 public key that a did:key names.  Errors: BadIdentity, also for other kinds of key."""
    data = _base58_decode(identity.removeprefix(_DID_PREFIX)) if identity.startswith(_DID_PREFIX) else None
    if data is None or len(data) != 34 or not data.startswith(_ED25519_MULTICODEC):
        raise BadIdentity("This is not the did:key of an Ed25519 key.")
    return data[2:]


def binding_message(identity_public: bytes, peer: str, created: int) -> bytes:
    """The bytes that are signed (layout at the top).  Errors: BadPeerId, BadBinding."""
    public_key_of(peer)
    if type(created) is not int or not 0 <= created < _LATEST:  # neither True nor 1.0: they encode differently
        raise BadBinding("The date of the binding is out of range.")
    return BINDING_PREFIX + cbor2.dumps([identity_public, peer, created])


def verify_binding(binding: SignedBinding) -> None:
    """Return when the identity signed exactly this.  Errors: BadIdentity, BadPeerId, BadBinding.

    It says nothing about freshness: a later binding replaces an earlier one, which is for the caller to remember.
    """
    public = identity_key_of(binding.identity)
    message = binding_message(public, binding.peer_id, binding.created)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(binding.signature, message)
    except InvalidSignature as error:
        raise BadBinding("The signature of the binding is not the identity's.") from error


def _raw_public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _base58_encode(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def _base58_decode(text: str) -> bytes | None:
    """None for what is not base58btc or too long to be one of our names."""
    if type(text) is not str or len(text) > _NAME_LIMIT or any(character not in _BASE58 for character in text):
        return None
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
