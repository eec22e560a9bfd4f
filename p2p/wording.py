"""Between the machines' plain values (contractnet_terms.py) and signed messages (acl.py).  Pure.

A body of the machines is the encoded content of the message.  `inform-done` and `inform-result` are one performative,
told apart by their content; whatever answers a cancel belongs to the cancel meta-protocol.
"""

from __future__ import annotations

from p2p.acl import AclError, BadField, Message, Performative, Protocol
from p2p.canonical import BadEncoding, Value, decode, encode
from p2p.contents import (
    Cancellation,
    Content,
    Done,
    Failed,
    NotUnderstood,
    Refusal,
    Rejection,
    Result,
    content_of,
)
from p2p.contractnet_terms import Act, Received, Send, Unreadable

_PERFORMATIVES = {
    Act.INFORM_DONE: Performative.INFORM,
    Act.INFORM_RESULT: Performative.INFORM,
}


def packed(content: Content) -> bytes:
    """A content as the machines carry it.  Errors: BadField."""
    try:
        return encode(dict(content.to_map()))
    except BadEncoding as error:
        raise BadField(f"The content cannot be sent: {error}") from error


def unpacked(body: bytes) -> dict[str, Value]:
    """The inverse.  Errors: BadEncoding."""
    value = decode(body)
    return value if isinstance(value, dict) else {}


def message_of(send: Send, me: str, conversation: bytes, ontology: str, sent: int, unread: bytes = b"") -> Message:
    """What a machine wants sent.  `unread`: the digest of the message that was not understood, where that is it.

    Errors: AclError for what cannot be said, such as a result that is too long.
    """
    cancels = send.act is Act.CANCEL or send.in_reply_to == Act.CANCEL
    return Message(
        performative=_PERFORMATIVES.get(send.act) or Performative(str(send.act)),
        sender=me,
        receiver=send.to,
        conversation_id=conversation,
        protocol=Protocol.CANCEL_META if cancels else Protocol.CONTRACT_NET,
        ontology=ontology,
        sent=sent,
        reply_with=send.reply_with or None,
        in_reply_to=send.in_reply_to or None,
        reply_by=send.reply_by,
        content=_content(send, unread),
    )


def input_of(message: Message, now: int) -> Received | Unreadable:
    """What a message says to a machine, or that it cannot be read."""
    try:
        content = content_of(message)
        act = _act(message, content)
    except AclError:
        return Unreadable(now, message.sender, message.reply_with or "", "content")
    return Received(
        now,
        message.sender,
        act,
        message.in_reply_to or "",
        message.reply_by,
        encode(dict(message.content)),
        getattr(content, "reason", ""),
    )


def _content(send: Send, unread: bytes) -> dict[str, Value]:
    match send.act:
        case Act.REFUSE:
            return Refusal(send.code).to_map()
        case Act.REJECT:
            return Rejection(send.code).to_map()
        case Act.FAILURE:
            return Failed(send.code).to_map()
        case Act.CANCEL:
            return Cancellation(send.code or "person").to_map()
        case Act.NOT_UNDERSTOOD:
            return NotUnderstood(send.code, unread or None).to_map()
        case Act.INFORM_DONE:
            return Done().to_map()
        case _:
            return unpacked(send.body) if send.body else {}


def _act(message: Message, content: Content) -> Act:
    match content:
        case Done():
            return Act.INFORM_DONE
        case Result():
            return Act.INFORM_RESULT
        case _:
            return Act(str(message.performative))
