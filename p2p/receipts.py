"""A receipt: what two nodes said to each other about one task, in their own signed words, so that anybody can check it.

A receipt is the canonical CBOR (p2p.canonical) of [1, core, issuer, signature]:

  core       the encoding of a map: `messages`, the signed messages of the conversation between its two parties as they
             went over the wire, in order; `links`, the last link of their hash chain (below); `settlement`, what a
             chain has to do with it: chain id, genesis, contracts, job and transactions, or an empty map
  issuer     the peer id of the party that made the receipt; signature: Ed25519 by its host key over `PREFIX` ‖ core

  link 0 = SHA-256 of the conversation-id;  link n = SHA-256(link n-1 ‖ SHA-256 of message n as it was sent)

Messages that crossed arrived in different orders at the two ends, so their order is a rule (`ordered`): after what it
answers, and of what may come next the one that its sender dated first; nobody says the same act twice in answer to the
same.  So both parties, as long as both have every
message, make the same core, and its SHA-256 names the task's end for both.  Where one of them lacks the last message,
their names differ, and both receipts are true.  Nothing but the file is needed to verify one: every message bears its
sender's signature, and a peer id is a public key.  What it does not prove: that the parties said nothing else, and when
they said it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from p2p.acl import AclError, Message, Performative, SignedMessage
from p2p.canonical import BadEncoding, Value, decode, encode
from p2p.contents import Done, Proposal, Result, content_of
from p2p.identity import BadHostKey, BadPeerId, host_key_seed, peer_id_of, public_key_of

PREFIX = b"nuee receipt v1\0"
VERSION = 1
MESSAGES_LIMIT = 32  # of one conversation between two parties; the longest legal one has fewer
RECEIPT_LIMIT = 2 * 1024 * 1024 + 65536  # bytes


class BadReceipt(Exception):
    """`code` is stable: receipt-encoding, receipt-message, receipt-order, receipt-links, receipt-signature."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Receipt:
    """A receipt that was verified.  `outcome`: done, failed, cancelled, refused, or "" where it was left open."""

    data: bytes
    core: bytes
    issuer: str
    initiator: str
    participant: str
    conversation: str
    messages: tuple[SignedMessage, ...]
    settlement: dict[str, Value]
    outcome: str

    @property
    def name(self) -> str:
        """SHA-256 of the core, hexadecimal: the same for both parties."""
        return hashlib.sha256(self.core).hexdigest()

    @property
    def agreed(self) -> Proposal | None:
        """The proposal that was accepted, with its price."""
        taken = {one.message.in_reply_to for one in self.messages if _is(one, Performative.ACCEPT_PROPOSAL)}
        for signed in self.messages:
            if _is(signed, Performative.PROPOSE) and signed.message.reply_with in taken:
                return _proposal(signed.message)
        return None

    @property
    def result_digest(self) -> bytes | None:
        """SHA-256 of the provider's signed result, None where there is none: what goes on chain as the deliverable."""
        for signed in reversed(self.messages):
            if signed.message.performative is Performative.INFORM and _is_result(signed.message):
                return signed.message.digest()
        return None


def made(messages: Sequence[SignedMessage], settlement: dict[str, Value], host_key: bytes) -> Receipt:
    """The receipt of the party that has this host key; `messages` as `ordered`.  Errors: BadReceipt, BadHostKey."""
    whole = [signed.to_bytes() for signed in messages]
    core = encode({"messages": list(whole), "links": _links(messages), "settlement": settlement})
    issuer = peer_id_of(host_key[36:])
    signature = Ed25519PrivateKey.from_private_bytes(host_key_seed(host_key)).sign(PREFIX + core)
    return verified(encode([VERSION, core, issuer, signature]))


def ordered(messages: Sequence[SignedMessage]) -> list[SignedMessage]:
    """These messages in the order of a receipt, each once; without those that answer what is not among them."""
    left = list({signed.message.digest(): signed for signed in messages}.values())
    left.sort(key=lambda signed: (signed.message.performative is not Performative.CFP, *_dated(signed)))
    placed, said = list[SignedMessage](), set[tuple[str, str]]()
    while (fitting := next((one for one in left if _answers(one.message, said)), None)) is not None:
        left.remove(fitting)
        placed.append(fitting)
        if fitting.message.reply_with is not None:
            said.add((fitting.message.sender, fitting.message.reply_with))
    return placed


def _dated(signed: SignedMessage) -> tuple[int, bytes]:
    return signed.message.sent, signed.message.digest()


def _answers(message: Message, said: Container[tuple[str, str]]) -> bool:
    return message.in_reply_to is None or (message.receiver, message.in_reply_to) in said


def verified(data: bytes) -> Receipt:
    """What a file proves.  Errors: BadReceipt."""
    core, issuer, signature = _envelope(data)
    messages, links, settlement = _core(core)
    _check_order(messages)
    if links != _links(messages):
        raise BadReceipt("receipt-links", "The messages are not those that the receipt was made of.")
    call = messages[0].message
    if issuer not in (call.sender, call.receiver):
        raise BadReceipt("receipt-signature", "Neither of the two parties made this receipt.")
    try:
        Ed25519PublicKey.from_public_bytes(public_key_of(issuer)).verify(signature, PREFIX + core)
    except InvalidSignature as error:
        raise BadReceipt("receipt-signature", "The signature is not that of the party who made it.") from error
    return Receipt(
        data,
        core,
        issuer,
        call.sender,
        call.receiver,
        call.conversation_id.hex(),
        messages,
        settlement,
        _outcome([signed.message for signed in messages]),
    )


def _envelope(data: bytes) -> tuple[bytes, str, bytes]:
    if len(data) > RECEIPT_LIMIT:
        raise BadReceipt("receipt-encoding", "This is too long for a receipt.")
    try:
        found = decode(data)
    except BadEncoding as error:
        raise BadReceipt("receipt-encoding", "This is no receipt.") from error
    match found:
        case [version, bytes(core), str(issuer), bytes(signature)] if version == VERSION and type(version) is int:
            return core, issuer, signature
    raise BadReceipt("receipt-encoding", "This is no receipt, or one of another version.")


def _core(core: bytes) -> tuple[tuple[SignedMessage, ...], bytes, dict[str, Value]]:
    try:
        found = decode(core)
    except BadEncoding as error:
        raise BadReceipt("receipt-encoding", "This is no receipt.") from error
    match found:
        case {"messages": list(whole), "links": bytes(links), "settlement": dict(settlement), **more} if not more:
            pass
        case _:
            raise BadReceipt("receipt-encoding", "This is no receipt.")
    if not 0 < len(whole) <= MESSAGES_LIMIT:
        raise BadReceipt("receipt-encoding", "A receipt holds the messages of one task.")
    try:
        messages = tuple(SignedMessage.from_bytes(one) for one in whole if isinstance(one, bytes))
    except (AclError, BadPeerId) as error:
        raise BadReceipt("receipt-message", "A message in it was not signed by its sender.") from error
    if len(messages) != len(whole):
        raise BadReceipt("receipt-encoding", "This is no receipt.")
    return messages, links, settlement


def _check_order(messages: Sequence[SignedMessage]) -> None:
    """A call first, then answers of one to the other, each once, each to something that was said before it."""
    call = messages[0].message
    if call.performative is not Performative.CFP:
        raise BadReceipt("receipt-order", "A task begins with a call for proposals.")
    parties = {call.sender, call.receiver}
    for signed in messages:
        message = signed.message
        if (
            {message.sender, message.receiver} != parties
            or message.conversation_id != call.conversation_id
            or (message.performative is Performative.CFP) != (signed is messages[0])
        ):
            raise BadReceipt("receipt-order", "The messages are not one conversation of two.")
    said = {(one.message.sender, one.message.performative, one.message.in_reply_to) for one in messages}
    if ordered(messages) != list(messages) or len(said) < len(messages):
        raise BadReceipt(
            "receipt-order", "The messages do not stand in their order, or one of them answers nothing, or again."
        )


def _links(messages: Sequence[SignedMessage]) -> bytes:
    link = hashlib.sha256(messages[0].message.conversation_id).digest()
    for signed in messages:
        link = hashlib.sha256(link + hashlib.sha256(signed.to_bytes()).digest()).digest()
    return link


def _outcome(messages: Sequence[Message]) -> str:
    """As the last word of whoever had it says."""
    accepted = {message.reply_with for message in messages if message.performative is Performative.ACCEPT_PROPOSAL}
    cancelled = {message.reply_with for message in messages if message.performative is Performative.CANCEL}
    for message in reversed(messages):
        match message.performative:
            case Performative.INFORM if message.in_reply_to in accepted:
                return "done"
            case Performative.INFORM if message.in_reply_to in cancelled:
                return "cancelled"
            case Performative.FAILURE if message.in_reply_to in accepted:
                return "failed"
            case Performative.REFUSE | Performative.REJECT_PROPOSAL:
                return "refused"
            case _:
                pass
    return ""


def _is(signed: SignedMessage, performative: Performative) -> bool:
    return signed.message.performative is performative


def _proposal(message: Message) -> Proposal | None:
    """What a propose says; None where it cannot be read."""
    try:
        content = content_of(message)
    except AclError:
        return None
    return content if isinstance(content, Proposal) else None


def _is_result(message: Message) -> bool:
    try:
        return isinstance(content_of(message), Result | Done)
    except AclError:
        return False


__all__ = ["BadHostKey", "BadReceipt", "Receipt", "made", "ordered", "verified"]
