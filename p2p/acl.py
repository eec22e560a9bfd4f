"""Signed messages between agents: the parameters of FIPA ACL (SC00061G) in deterministic CBOR, one encoding each.

A message on the wire is the array [1, body, signature]: the version, the encoded body as a byte string, and 64 bytes of
Ed25519 (RFC 8032) by the sender's host key, the key inside its peer id, over `MESSAGE_PREFIX` followed by the body.
The body is a map with FIPA's names of the parameters; an absent parameter has no key.  A message's *digest* is the
SHA-256 of the signed bytes: the same body signed twice is the same message.  docs/protocol.md says it for others.

Pure: no clock, no randomness, nothing is sent.  What a message says is not looked at here, neither its content
(contents.py) nor whether it is welcome (inbox.py).  Of SC00061G's parameters `reply-to`, `language` and `encoding` are
absent: answers go to the sender, and the ontology says all the others would.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from p2p.canonical import INTEGER_LIMIT, BadEncoding, Value, decode, encode, leading_integer
from p2p.identity import BadPeerId, host_key_seed, peer_id_of, public_key_of

ACL_PROTOCOL = "/nuee/acl/1.0.0"
VERSION = 1
MESSAGE_PREFIX = b"nuee acl v1\0"
MESSAGE_LIMIT = 64 * 1024  # bytes of an encoded message, signature included; anything larger is streamed elsewhere
BODY_LIMIT = MESSAGE_LIMIT - 71  # 7 bytes of heads and version, 64 of signature
CONVERSATION_BYTES = 16
SIGNATURE_BYTES = 64

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ONTOLOGY = re.compile(r"nuee/([a-z][a-z0-9-]{0,31})/([1-9][0-9]{0,3})")


class AclError(Exception):
    """A message was refused.  `code` is stable and goes to the peer; the sentence never quotes what the peer wrote."""

    code = "acl"


class TooLarge(AclError):
    code = "too-large"


class UnknownVersion(AclError):
    code = "unknown-version"


class BadMessage(AclError):
    """Not the one encoding of a message."""

    code = "bad-encoding"


class BadField(AclError):
    """A parameter is absent, superfluous, unknown or out of its range."""

    code = "bad-field"


class BadSignature(AclError):
    code = "bad-signature"


class Performative(StrEnum):
    """The communicative acts in use, by their names in SC00037J."""

    CFP = "cfp"
    PROPOSE = "propose"
    REFUSE = "refuse"
    ACCEPT_PROPOSAL = "accept-proposal"
    REJECT_PROPOSAL = "reject-proposal"
    INFORM = "inform"
    FAILURE = "failure"
    CANCEL = "cancel"
    NOT_UNDERSTOOD = "not-understood"
    REQUEST = "request"
    AGREE = "agree"


class Protocol(StrEnum):
    """The interaction protocols in use: SC00029H, its cancel meta-protocol, and SC00026H."""

    CONTRACT_NET = "fipa-contract-net"
    CANCEL_META = "fipa-cancel-meta"
    REQUEST = "fipa-request"


_P = Performative
PERFORMATIVES: Mapping[Protocol, frozenset[Performative]] = {
    Protocol.CONTRACT_NET: frozenset(
        {
            _P.CFP,
            _P.PROPOSE,
            _P.REFUSE,
            _P.ACCEPT_PROPOSAL,
            _P.REJECT_PROPOSAL,
            _P.INFORM,
            _P.FAILURE,
            _P.NOT_UNDERSTOOD,
        }
    ),
    Protocol.CANCEL_META: frozenset({_P.CANCEL, _P.INFORM, _P.FAILURE, _P.NOT_UNDERSTOOD}),
    Protocol.REQUEST: frozenset({_P.REQUEST, _P.REFUSE, _P.AGREE, _P.INFORM, _P.FAILURE, _P.NOT_UNDERSTOOD}),
}
OPENERS: Mapping[Protocol, Performative | None] = {
    Protocol.CONTRACT_NET: _P.CFP,
    Protocol.CANCEL_META: None,
    Protocol.REQUEST: _P.REQUEST,
}
# Which parameters of the conversation each act carries: always (+), never (-), or as the sender likes (?).
CONTROL: Mapping[Performative, str] = {  # reply-with, in-reply-to, reply-by
    _P.CFP: "+-+",
    _P.PROPOSE: "+++",
    _P.REFUSE: "-+-",
    _P.ACCEPT_PROPOSAL: "++?",
    _P.REJECT_PROPOSAL: "-+-",
    _P.INFORM: "-+-",
    _P.FAILURE: "-+-",
    _P.CANCEL: "+-?",
    _P.NOT_UNDERSTOOD: "-?-",
    _P.REQUEST: "+??",
    _P.AGREE: "-+-",
}
_KEYS = {  # parameter on the wire: attribute here
    "performative": "performative",
    "sender": "sender",
    "receiver": "receiver",
    "conversation-id": "conversation_id",
    "reply-with": "reply_with",
    "in-reply-to": "in_reply_to",
    "reply-by": "reply_by",
    "protocol": "protocol",
    "ontology": "ontology",
    "content": "content",
    "sent": "sent",
}
_OPTIONAL = {"reply-with", "in-reply-to", "reply-by"}


@dataclass(frozen=True)
class Message:
    """One communicative act.  A value of this class is valid: whatever would not be raises BadField when it is made.

    sender, receiver    peer ids of Ed25519 keys ("12D3KooW…"), two different ones
    conversation_id     16 random bytes that nobody can guess; people see lower-case hex
    reply_with          what an answer repeats in `in_reply_to`; 1 to 64 of A-Z a-z 0-9 . _ -
    reply_by, sent      milliseconds since the epoch, UTC; `reply_by` is the last at which an answer is wanted
    ontology            "nuee/KIND/VERSION": what the content is about, see `ontology`
    content             a map of `canonical.Value`, which the message shares with whoever made it: nobody changes it

    A sender never gives two messages the same body: it counts `sent` up by one where the clock stands still.
    """

    performative: Performative
    sender: str
    receiver: str
    conversation_id: bytes
    protocol: Protocol
    ontology: str
    sent: int
    reply_with: str | None = None
    in_reply_to: str | None = None
    reply_by: int | None = None
    content: Mapping[str, Value] = field(default_factory=dict, hash=False)
    was_read_from: InitVar[bytes | None] = None  # the one encoding of all this, where it is known
    _body: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self, was_read_from: bytes | None) -> None:
        """Errors: BadField, TooLarge."""
        _check_names(self)
        _check_parties(self)
        _check_control(self)
        object.__setattr__(self, "_body", _body_of(self) if was_read_from is None else was_read_from)
        if len(self._body) > BODY_LIMIT:
            raise TooLarge(f"A message has at most {MESSAGE_LIMIT} bytes.")

    def body(self) -> bytes:
        """The one encoding of the parameters, without version and signature."""
        return self._body

    def digest(self) -> bytes:
        """SHA-256 of the bytes that are signed: the name of this message in acknowledgements and not-understood."""
        return hashlib.sha256(MESSAGE_PREFIX + self.body()).digest()


@dataclass(frozen=True)
class SignedMessage:
    """A message with its sender's signature.  `sign` and `from_bytes` are the ways to get one."""

    message: Message
    signature: bytes

    @classmethod
    def sign(cls, message: Message, host_key: bytes) -> SignedMessage:
        """`host_key` is the sender's, as `identity.new_host_key` gives it.  Errors: BadHostKey, BadSignature."""
        return Signer(host_key).sign(message)

    def to_bytes(self) -> bytes:
        """What goes over the wire."""
        return encode([VERSION, self.message.body(), self.signature])

    @classmethod
    def from_bytes(cls, data: bytes) -> SignedMessage:
        """Strict, and the signature is verified.  Errors: every AclError."""
        if len(data) > MESSAGE_LIMIT:
            raise TooLarge(f"A message has at most {MESSAGE_LIMIT} bytes.")
        version = leading_integer(data)
        if version is not None and version != VERSION:
            raise UnknownVersion(f"Version {version} of messages is unknown here; this is version {VERSION}.")
        match _decoded(data):
            case [_, bytes(body), bytes(signature)] if version == VERSION and len(signature) == SIGNATURE_BYTES:
                message = _message(body)
            case _:
                raise BadMessage("This is not a version, a body and a signature.")
        try:
            _key_of(message.sender).verify(signature, MESSAGE_PREFIX + body)
        except InvalidSignature as error:
            raise BadSignature("The signature is not the sender's.") from error
        return cls(message, signature)


class Signer:
    """Signs the messages of one sender.  Holds a secret."""

    def __init__(self, host_key: bytes) -> None:
        """Errors: BadHostKey."""
        self._key = Ed25519PrivateKey.from_private_bytes(host_key_seed(host_key))
        self._sender = peer_id_of(host_key[36:])

    def sign(self, message: Message) -> SignedMessage:
        """Errors: BadSignature for a message of somebody else."""
        if self._sender != message.sender:
            raise BadSignature("The key is not the sender's.")
        return SignedMessage(message, self._key.sign(MESSAGE_PREFIX + message.body()))


@lru_cache(maxsize=1024)
def _key_of(peer: str) -> Ed25519PublicKey:
    """The key inside a peer id: to take it out anew costs as much as to verify with it.  Errors: BadPeerId."""
    return Ed25519PublicKey.from_public_bytes(public_key_of(peer))


def ontology(kind: str, version: int = 1) -> str:
    """The ontology of a kind of task, for example "nuee/inference/1".  Errors: BadField."""
    name = f"nuee/{kind}/{version}"
    kind_of(name)
    return name


def kind_of(name: str) -> tuple[str, int]:
    """The kind and version that an ontology names.  Errors: BadField."""
    found = _ONTOLOGY.fullmatch(name)
    if found is None:
        raise BadField("The ontology is not of the form nuee/KIND/VERSION.")
    return found[1], int(found[2])


def _message(body: bytes) -> Message:
    fields = _decoded(body)
    if not isinstance(fields, dict):
        raise BadMessage("The body is not a map.")
    if not fields.keys() <= _KEYS.keys() or not _KEYS.keys() - _OPTIONAL <= fields.keys():
        raise BadField("A parameter is absent or unknown.")
    # Every field is checked by the class itself, whatever its type is here.
    message = Message(**{_KEYS[key]: value for key, value in fields.items()}, was_read_from=body)  # type: ignore[arg-type]
    if None in fields.values():  # the one way left to write the same message differently: the decoder is strict
        raise BadMessage("The body is not in its one encoding.")
    return message


def _body_of(message: Message) -> bytes:
    fields: dict[str, Value] = {}
    for key, attribute in _KEYS.items():
        value = getattr(message, attribute)
        if value is not None:
            fields[key] = str(value) if isinstance(value, StrEnum) else value
    fields["content"] = dict(message.content)
    try:
        return encode(fields)
    except BadEncoding as error:
        raise BadField(f"The content cannot be sent: {error}") from error


def _decoded(data: bytes) -> Value:
    try:
        return decode(data)
    except BadEncoding as error:
        raise BadMessage(str(error)) from error


def _check_names(message: Message) -> None:
    try:
        # A message from the wire has plain texts here; the class holds the names of the enumerations.
        object.__setattr__(message, "performative", Performative(message.performative))
        object.__setattr__(message, "protocol", Protocol(message.protocol))
    except ValueError as error:
        raise BadField("The performative or the protocol is unknown.") from error
    if message.performative not in PERFORMATIVES[message.protocol]:
        raise BadField("The protocol knows no such performative.")
    if type(message.ontology) is not str:
        raise BadField("The ontology is not text.")
    kind_of(message.ontology)
    if not isinstance(message.content, Mapping):
        raise BadField("The content is not a map.")


def _check_parties(message: Message) -> None:
    try:
        for peer in (message.sender, message.receiver):
            _key_of(peer)
    except (BadPeerId, TypeError) as error:
        raise BadField("The sender or the receiver is not the peer id of an Ed25519 key.") from error
    if message.sender == message.receiver:
        raise BadField("The sender and the receiver are the same.")
    if type(message.conversation_id) is not bytes or len(message.conversation_id) != CONVERSATION_BYTES:
        raise BadField(f"A conversation id has {CONVERSATION_BYTES} bytes.")


def _check_control(message: Message) -> None:
    values = (message.reply_with, message.in_reply_to, message.reply_by)
    for name, value, rule in zip(
        ("reply-with", "in-reply-to", "reply-by"), values, CONTROL[message.performative], strict=True
    ):
        if rule != "?" and (value is None) is (rule == "+"):
            raise BadField(f"A {message.performative} has {'no' if rule == '-' else 'always a'} {name}.")
    for reference in values[:2]:
        if reference is not None and (type(reference) is not str or not _ID.fullmatch(reference)):
            raise BadField("A reply-with or in-reply-to is not 1 to 64 of A-Z a-z 0-9 . _ -")
    for time in (message.sent, message.reply_by):
        if time is not None and (type(time) is not int or not 0 <= time < INTEGER_LIMIT):
            raise BadField("A time is not milliseconds since the epoch.")
