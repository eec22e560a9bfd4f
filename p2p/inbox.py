"""Whether a message that arrived is taken, as pure rules: the same bytes, state and clock always give the same answer.

A caller goes two steps, and looks its state up in between:

  signed = read(data, me, remote)          the bytes: encoding, version, parties, signature
  verdict = judge(signed, memory, conversation, now)        the moment: repeated, clocks, deadline, conversation

and stores `verdict.memory` in one transaction with what it does about a delivered message, before it answers.

A message comes from its sender over a connection that proves the sender's peer id; nobody passes on another's messages.
Who is offline gets them later from the sender itself.  So nobody but the sender can repeat a message, and the rules
below protect against lost answers, restarts and broken clocks.

Repeated   The digests of what was taken are kept; one that comes again gets the same acknowledgement, nothing else.
Bounded    They are kept for `WINDOW` and at most `DIGESTS_PER_PEER` for each peer.  Beyond, the oldest go, and what was
           sent no later than they were is refused from then on (`floor`): forgetting lets no message in twice.
Reordered  The order of arrival does not matter here, the conversation's machine decides.  What arrives before the
           message that opens its conversation is refused with a code that means "again later", and is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from p2p.acknowledgement import DETAIL_LIMIT, Ack, Refused
from p2p.acl import OPENERS, AclError, Message, Protocol, SignedMessage

AHEAD_LIMIT = 5 * 60 * 1000  # milliseconds that a sender's clock may be ahead of ours
WINDOW = 7 * 24 * 3600 * 1000  # milliseconds after which a message is too old, and its digest may be forgotten
LONGEST_WAIT = WINDOW  # how far ahead the reply-by of an opening message may lie: memories outlive conversations
DIGESTS_PER_PEER = 8192
_DROPPED_AT_ONCE = DIGESTS_PER_PEER // 4  # so that they are sorted once in that many messages


class WrongReceiver(AclError):
    code = "wrong-receiver"


class WrongSender(AclError):
    code = "wrong-sender"


@dataclass(frozen=True)
class Conversation:
    """What is known of a conversation, ended ones included for `WINDOW` after their last message."""

    protocol: Protocol
    parties: frozenset[str]  # peer ids of the others, those that a cfp went to or the one that opened it


@dataclass(frozen=True)
class Memory:
    """What is kept of one peer's messages.  Stored as rows (peer, digest, sent) and one floor for each peer.

    A new floor removes every row of the peer with `sent` at or below it.
    """

    floor: int = -1  # milliseconds since the epoch
    digests: Mapping[bytes, int] = field(default_factory=lambda: MappingProxyType({}))  # digest: `sent`

    def with_message(self, digest: bytes, sent: int) -> Memory:
        """The memory with one more digest; when that is one too many, without the oldest quarter."""
        digests = {**self.digests, digest: sent}
        if len(digests) <= DIGESTS_PER_PEER:
            return replace(self, digests=digests)
        floor = sorted(digests.values())[_DROPPED_AT_ONCE]
        return Memory(floor, {kept: sent for kept, sent in digests.items() if sent > floor})

    def without_expired(self, now: int) -> Memory:
        """The memory without what is too old at `now` anyway; for a caller that tidies up now and then.

        The floor rises to what was really dropped, not to a time, so that a clock that once stood wrong closes no door.
        """
        dropped = [sent for sent in self.digests.values() if sent < now - WINDOW]
        if not dropped:
            return self
        floor = max(dropped)
        return Memory(floor, {digest: sent for digest, sent in self.digests.items() if sent > floor})


@dataclass(frozen=True)
class Verdict:
    """`answer` for the peer; `delivered` when the message is new and taken; `memory` is stored together with that."""

    answer: Ack | Refused
    memory: Memory
    delivered: SignedMessage | None = None


def read(data: bytes, me: str, remote: str) -> SignedMessage:
    """The message in `data`, which came over a connection of the peer `remote` to the peer `me`.

    Errors: every AclError; WrongReceiver, WrongSender.  `refusal_of` makes the answer out of them.
    """
    signed = SignedMessage.from_bytes(data)
    if signed.message.receiver != me:
        raise WrongReceiver("The message is for another peer.")
    if signed.message.sender != remote:
        raise WrongSender("The message is of another peer than the connection.")
    return signed


def refusal_of(error: AclError, now: int) -> Refused:
    """The answer to bytes that `read` refused."""
    return Refused(error.code, str(error)[:DETAIL_LIMIT], now)


def judge(signed: SignedMessage, memory: Memory, conversation: Conversation | None, now: int) -> Verdict:
    """Whether the message is taken.

    `memory` is that of the sender, `conversation` the one with the message's conversation id, None when there is none;
    `now` in milliseconds since the epoch.
    """
    message = signed.message
    digest = message.digest()
    if digest in memory.digests:
        return Verdict(Ack(digest), memory)
    reason = _time_refused(message, memory.floor, now) or _conversation_refused(message, conversation, now)
    if reason is not None:
        return Verdict(Refused(*reason, now), memory)
    return Verdict(Ack(digest), memory.with_message(digest, message.sent), signed)


_Reason = tuple[str, str]  # code and sentence


def _time_refused(message: Message, floor: int, now: int) -> _Reason | None:
    if message.sent > now + AHEAD_LIMIT:
        return "clock-ahead", "The message was sent in the future by our clock."
    if message.sent < now - WINDOW or message.sent <= floor:
        return "too-old", "The message is older than what is remembered here."
    return None


def _opening_refused(message: Message, now: int) -> _Reason | None:
    """Only of what opens a conversation: later on the two machines agree how it ends, and have to see what is late."""
    if message.performative is not OPENERS[message.protocol]:
        return "unknown-conversation", "No message has opened this conversation here."
    if message.reply_by is None:
        return None
    if message.reply_by < now:
        return "expired", "The time for an answer has passed by our clock."
    if message.reply_by > now + LONGEST_WAIT:
        return "too-far", "The time for an answer is longer than conversations are remembered here."
    return None


def _conversation_refused(message: Message, conversation: Conversation | None, now: int) -> _Reason | None:
    if conversation is None:
        return _opening_refused(message, now)
    if message.sender not in conversation.parties:
        return "wrong-conversation", "The sender has no part in this conversation."
    if message.protocol not in (conversation.protocol, Protocol.CANCEL_META):
        return "wrong-protocol", "The conversation follows another protocol."
    if message.performative is OPENERS[Protocol.CONTRACT_NET]:
        return "conversation-exists", "Another call opened this conversation already."
    return None
