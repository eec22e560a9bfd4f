"""What the program decides and does for the contract net: the port between the negotiator and everything above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from p2p.acl import Message, SignedMessage
from p2p.contents import Acceptance, CallForProposals, Done, Proposal, Refusal, Result
from p2p.contractnet_terms import Bid
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from storage.outbox import Role, Write

Blocking: TypeAlias = Callable[..., Awaitable[Any]]
GIVEN_UP = "given-up"  # its time was over before its receiver's node could be asked, or had room for it
State: TypeAlias = "Initiator | Participant"


@dataclass(frozen=True)
class Call:
    """Somebody's call.  Times: milliseconds since the epoch, UTC."""

    conversation: str
    peer: str
    kind: str
    content: CallForProposals
    reply_by: int


@dataclass(frozen=True)
class Bidding:
    """A proposal that binds until `until`; `repeatable`: work that a restart cut short may begin again."""

    proposal: Proposal
    until: int
    repeatable: bool = False


@dataclass(frozen=True)
class Job:
    """Work that was accepted; the result is last wanted at `result_by`."""

    call: Call
    proposal: Proposal
    acceptance: Acceptance
    result_by: int


@dataclass(frozen=True)
class Change:
    """One step as it is stored: the machine's new state, the messages it sends, the one that caused it.

    `signed`: what the step adds to the conversation's transcript (p2p.receipts): the message that caused it, unless it
    broke the rules, and then those it sends.
    """

    conversation: str
    role: Role
    peer: str
    kind: str
    state: State
    sent: tuple[Message, ...]
    received: Message | None
    outcome: str
    began: bool = False
    signed: tuple[SignedMessage, ...] = ()


class CannotWork(Exception):
    """The work cannot be done; `code` goes to the initiator."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Deciding(Protocol):
    """What the program decides.  Trio thread, except `record`."""

    async def bid(self, call: Call) -> Bidding | Refusal | None:
        """None where the call cannot be understood."""
        ...

    async def award(
        self, conversation: str, kind: str, bids: Sequence[Bid]
    ) -> tuple[tuple[str, ...], Acceptance] | None:
        """Whom to award and the acceptance's content; () declines all; None leaves it to a person (see `award`)."""
        ...

    async def work(self, job: Job) -> Result | Done:
        """Errors: CannotWork; anything else counts as `error`."""
        ...

    def record(self, change: Change) -> Sequence[Write]:
        """What else is stored with a step.  Worker thread; must not touch the database itself."""
        ...

    def changed(self, change: Change) -> None:
        """The step is stored."""
        ...

    def misbehaved(self, peer: str, code: str) -> None: ...

    async def request(self, message: Message) -> Sequence[Write]:
        """A single request, such as a letter, is to be taken.  Errors: AclError where it is refused."""
        ...

    def undelivered(self, payload: bytes, code: str) -> Sequence[Write]:
        """A message was given up.  `code`: the refusal of its receiver's node, or GIVEN_UP where its time was over.

        Worker thread, as `record`.
        """
        ...

    def delivered(self, payload: bytes) -> Sequence[Write]:
        """A message was acknowledged.  Worker thread, as `record`."""
        ...
