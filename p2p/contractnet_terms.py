"""What goes into the two machines of the contract net and what comes out of them: plain values, standard library only.

Times are whole milliseconds since the epoch, UTC.  A deadline is the last moment that is still in time, as `reply-by`
of a message is.  Bodies are bytes that the machines hand on and compare, and never look into: the content of a message
in its one encoding.  `code` is a short stable word ("late", "interrupted"), never a sentence.

A message that asks for an answer has its own act as its `reply-with`: it is sent once to each peer of a conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Act(StrEnum):
    """The communicative acts of SC00029H and its cancel meta-protocol; the informs differ by their content."""

    CFP = "cfp"
    PROPOSE = "propose"
    REFUSE = "refuse"
    ACCEPT = "accept-proposal"
    REJECT = "reject-proposal"
    INFORM_DONE = "inform-done"
    INFORM_RESULT = "inform-result"
    FAILURE = "failure"
    CANCEL = "cancel"
    NOT_UNDERSTOOD = "not-understood"


class Outcome(StrEnum):
    """How a task ended, for the person who announced it."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"  # nobody offered to do it
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # a deadline passed, and nothing is known


class BadTerms(ValueError):
    """A conversation cannot be begun like this."""

    code = "bad-terms"


class BrokenState(ValueError):
    """A stored state has an unknown version or is none."""

    code = "broken-state"


@dataclass(frozen=True)
class Terms:
    """What a call, a proposal or an acceptance says, and until when it holds."""

    body: bytes
    until: int

    def in_time(self, now: int) -> bool:
        return now <= self.until

    def to_map(self) -> dict[str, object]:
        return {"body": self.body, "until": self.until}

    @classmethod
    def from_map(cls, stored: object) -> Terms:
        """Errors: BrokenState."""
        fields = exactly(stored, {"body": bytes, "until": int})
        return cls(**fields)


@dataclass(frozen=True)
class Bid:
    """A proposal on the table: whose, what it says, until when it binds."""

    peer: str
    terms: Terms


# --- inputs: each says when it came


@dataclass(frozen=True)
class Received:
    """A message of this conversation whose sender the shell has verified and whose content it could read."""

    now: int
    peer: str
    act: Act
    in_reply_to: str = ""
    reply_by: int | None = None
    body: bytes = b""
    code: str = ""


@dataclass(frozen=True)
class Unreadable:
    """A message of this conversation by `peer` that the shell cannot read or has no use for."""

    now: int
    peer: str
    reply_with: str = ""
    code: str = "not-understood"


@dataclass(frozen=True)
class Tick:
    now: int


@dataclass(frozen=True)
class Restarted:
    """The shell begins anew with a stored state: timers, questions and running work are gone."""

    now: int


@dataclass(frozen=True)
class Announce:
    now: int


@dataclass(frozen=True)
class Award:
    """A person or a policy takes these bids; `body` goes to each of them."""

    now: int
    peers: tuple[str, ...]
    body: bytes = b""


@dataclass(frozen=True)
class CallOff:
    """The person no longer wants the task; participants have until `answer_by` to say what became of it."""

    now: int
    answer_by: int


@dataclass(frozen=True)
class Decline:
    """Of the initiator: none of the bids.  Of the participant: no bid."""

    now: int
    code: str = "declined"


@dataclass(frozen=True)
class Offer:
    """A person, a policy or a quota decided to bid.  `repeatable`: work that a restart cut short may begin again."""

    now: int
    terms: Terms
    repeatable: bool = False


@dataclass(frozen=True)
class WorkBegun:
    """The work begins now: it does so only if this step changed the state, and only after that is stored."""

    now: int


@dataclass(frozen=True)
class Performed:
    """The work is done; an empty body says so without a result."""

    now: int
    body: bytes = b""


@dataclass(frozen=True)
class WorkFailed:
    now: int
    code: str


Local = Tick | Restarted | Announce | Award | CallOff | Decline | Offer | WorkBegun | Performed | WorkFailed
Input = Received | Unreadable | Local


# --- effects: `id` is stable, so that running one again does nothing new


@dataclass(frozen=True)
class Send:
    id: str
    to: str
    act: Act
    in_reply_to: str = ""
    reply_with: str = ""
    reply_by: int | None = None
    body: bytes = b""
    code: str = ""


@dataclass(frozen=True)
class AskAward:
    """A person or a policy is to choose among these: Award, Decline or CallOff."""

    id: str
    bids: tuple[Bid, ...]


@dataclass(frozen=True)
class AskBid:
    """A person, a policy or a quota is to say whether to bid on this call: Offer, Decline or Unreadable."""

    id: str
    initiator: str
    call: Terms


@dataclass(frozen=True)
class StartWork:
    """Feed WorkBegun, and begin if that changed the state; `accepted.until` is when a result is last wanted."""

    id: str
    call: Terms
    offered: Terms
    accepted: Terms


@dataclass(frozen=True)
class StopWork:
    id: str


@dataclass(frozen=True)
class SetTimer:
    """A Tick at `at` or later.  Any number of ticks does no harm."""

    id: str
    at: int


@dataclass(frozen=True)
class Finished:
    """The conversation is over for the person; comes again if news that were late change the outcome."""

    id: str
    outcome: Outcome
    may_have_been_done: bool = False


@dataclass(frozen=True)
class Misbehaved:
    """`peer` sent what the protocol does not allow now: nothing changed, nothing is answered, and it is counted."""

    id: str
    peer: str
    code: str


@dataclass(frozen=True)
class NotNow:
    """A decision came that nothing can be done with now; whoever decided hears of it."""

    id: str
    code: str


Effect = Send | AskAward | AskBid | StartWork | StopWork | SetTimer | Finished | Misbehaved | NotNow


def exactly(stored: object, fields: Mapping[str, type | tuple[type, ...]]) -> dict[str, Any]:
    """The map `stored`, which has these keys with these types and no others.  Errors: BrokenState."""
    if not isinstance(stored, Mapping) or set(stored) != set(fields):
        raise BrokenState("The stored negotiation has other fields than this version writes.")
    for name, kinds in fields.items():
        value = stored[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is int):
            raise BrokenState(f"The field {name} of a stored negotiation has the wrong type.")
    return dict(stored)
