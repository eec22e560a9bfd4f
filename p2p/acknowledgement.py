"""What a node answers to a message at once: taken (`Ack`), or not and why (`Refused`).  The work comes afterwards.

On the wire the arrays [1, "ack", digest] and [1, "refused", code, detail, now], in the encoding of canonical.py.  They
are not signed: the connection proves who answers, and they are no evidence for a third party.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from p2p.acl import VERSION, BadField, BadMessage, TooLarge, UnknownVersion
from p2p.canonical import INTEGER_LIMIT, BadEncoding, decode, encode, leading_integer

ACKNOWLEDGEMENT_LIMIT = 2048  # bytes
DETAIL_LIMIT = 256  # characters
CODES: Mapping[str, str] = {  # every code of a refusal, by the layer that says it, in the order of its checks
    "busy": "too much at once from this peer or from all; nothing was looked at",
    "not-allowed": "this node takes nothing from this peer: it is no contact, or blocked",
    "too-large": "more bytes than the limit",
    "unknown-version": "the version in the envelope is not spoken here",
    "bad-encoding": "not the one encoding of an envelope, a body or a value",
    "bad-field": "a parameter is absent, superfluous, unknown or out of range",
    "bad-signature": "the signature is not that of the sender's key",
    "wrong-receiver": "the receiver is another peer than this one",
    "wrong-sender": "the sender is another peer than the one at the end of the connection",
    "clock-ahead": "sent more than 5 minutes in the future by the clock in this answer",
    "too-old": "sent more than 7 days ago, or earlier than what is remembered of this peer",
    "expired": "the reply-by of a message that would open a conversation has passed",
    "too-far": "the reply-by of a message that would open a conversation lies more than 7 days ahead",
    "unknown-conversation": "no message opened this conversation here, and this one cannot",
    "wrong-conversation": "the sender has no part in this conversation",
    "wrong-protocol": "the conversation follows another protocol",
    "conversation-exists": "a cfp with the id of a conversation that is already there",
}
# The same bytes may succeed later, and are sent again after a while; after every other code they never will.
RETRIED = frozenset({"busy", "unknown-conversation"})

_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True)
class Ack:
    """The message with this digest is stored, now or before, and will be acted upon.  Saying so twice is harmless."""

    digest: bytes

    def __post_init__(self) -> None:
        if type(self.digest) is not bytes or len(self.digest) != 32:
            raise BadField("A digest has 32 bytes.")


@dataclass(frozen=True)
class Refused:
    """The message was not taken and changed nothing.

    code     stable, see docs/protocol.md; an unknown one means a refusal for good
    detail   an English sentence for a log; data, never acted upon
    now      the refusing node's clock, milliseconds since the epoch, by which the other finds its own clock wrong
    """

    code: str
    detail: str
    now: int

    def __post_init__(self) -> None:
        if type(self.code) is not str or not _CODE.fullmatch(self.code):
            raise BadField("The code of a refusal is not a word of a-z 0-9 -")
        if type(self.detail) is not str or len(self.detail) > DETAIL_LIMIT:
            raise BadField(f"The detail of a refusal has at most {DETAIL_LIMIT} characters.")
        if type(self.now) is not int or not 0 <= self.now < INTEGER_LIMIT:
            raise BadField("The time of a refusal is not milliseconds since the epoch.")

    @property
    def retried(self) -> bool:
        """Whether the sender sends the same bytes again later."""
        return self.code in RETRIED


def answer_to_bytes(answer: Ack | Refused) -> bytes:
    """The one encoding of an answer.  Errors: BadMessage for a detail with half a character."""
    try:
        if isinstance(answer, Ack):
            return encode([VERSION, "ack", answer.digest])
        return encode([VERSION, "refused", answer.code, answer.detail, answer.now])
    except BadEncoding as error:
        raise BadMessage(str(error)) from error


def answer_from_bytes(data: bytes) -> Ack | Refused:
    """The inverse, strict.  Errors: TooLarge, UnknownVersion, BadMessage, BadField."""
    if len(data) > ACKNOWLEDGEMENT_LIMIT:
        raise TooLarge("The answer is longer than an acknowledgement.")
    version = leading_integer(data)
    if version is not None and version != VERSION:
        raise UnknownVersion(f"Version {version} of acknowledgements is unknown here.")
    try:
        fields = decode(data)
    except BadEncoding as error:
        raise BadMessage(str(error)) from error
    match fields:
        case [_, "ack", bytes(digest)] if version == VERSION:
            return Ack(digest)
        case [_, "refused", str(code), str(detail), int(now)] if version == VERSION:
            return Refused(code, detail, now)
        case _:
            raise BadMessage("This is neither an acknowledgement nor a refusal.")
