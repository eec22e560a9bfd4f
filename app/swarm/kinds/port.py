"""What a kind of task is: how it is asked for, what a provider says to it, and how it is done.

The *spec* goes out in the call, to everybody who is asked; the *input* goes with the award, to the provider alone.
Both are plain maps (p2p.canonical.Value) from strangers on the providing side: data, checked before anything is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from p2p.contents import Disclosure, Proposal, Result
from p2p.deciding import Call, Job
from storage.offers import Offer
from storage.tasks import Task, TaskState

if TYPE_CHECKING:
    from p2p.host_stream import Stream

Report = Callable[[str], None]  # a piece of text of the result, as it comes


class BadTask(Exception):
    """The task cannot be asked for like this, or its spec or input is no such task.  `code` is stable."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Asked:
    """A task as this side asks for it.  `shown`: what a person is told would leave.  `records`: where it comes from.

    `wanted`: how many are awarded, or all that are called where they are fewer; `most`: how many may be called.
    """

    spec: Mapping[str, Any]
    input: Mapping[str, Any] = field(default_factory=dict)
    disclosure: Disclosure = Disclosure.NOTHING
    shown: str = ""
    records: tuple[str, ...] = ()
    wanted: int = 1
    most: int = 1000


class Kind(Protocol):
    """Trio thread only."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str:
        """What its quota counts: the key `swarm.unit.…` of the catalogue."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether work that a restart cut short may begin again."""
        ...

    @property
    def usual(self) -> Offer | None:
        """What is offered before the person has said anything; None: nothing."""
        ...

    async def ask(self, arguments: Mapping[str, Any]) -> Asked:
        """The task, from what a person or a skill gave.  Errors: BadTask, CommandFailed."""
        ...

    def amount(self, spec: Mapping[str, Any]) -> int:
        """How much of the quota it may take, at most.  Errors: BadTask where the spec is none."""
        ...

    async def propose(self, call: Call, offer: Offer) -> Proposal:
        """What this node would do it for.  Errors: BadTask, whose code is the refusal's reason."""
        ...

    async def work(self, job: Job, report: Report) -> tuple[Result, int]:
        """Do it; the result, and how much of the quota it took.  Errors: p2p.deciding.CannotWork."""
        ...


@dataclass(frozen=True)
class Awarded:
    """A peer that was awarded; `end`: done, failed or cancelled, as far as it is known."""

    peer: str
    proposal: Proposal
    end: str = ""


@runtime_checkable
class Initiating(Protocol):
    """A kind whose initiator has a part of its own after the call."""

    def choose(
        self, task: Task, bids: Sequence[tuple[str, Proposal]]
    ) -> tuple[tuple[str, ...], Mapping[str, Any]] | None:
        """Whom to award, () for nobody, and the input they all get; None leaves it to the person's policy."""
        ...

    async def gather(self, task: Task, awarded: Sequence[Awarded]) -> None:
        """This side's part of the work, once the task is awarded; begun again after a restart, cancelled with the
        task.  Errors: p2p.deciding.CannotWork, which calls the task off."""
        ...

    async def ended(self, task: Task, awarded: Sequence[Awarded]) -> None:
        """The task has come to its end; may be called again, after a restart too.  Errors: VaultError."""
        ...

    def verdict(
        self, task: str, spec: Mapping[str, Any], outcome: TaskState, ends: Sequence[str]
    ) -> tuple[TaskState, str]:
        """How it ended for the person, and a word that says why or "", where the providers' word is `outcome`.

        `ends`: done, failed or cancelled for each that was awarded, "" where that is not known.  Worker thread;
        touches no database.
        """
        ...


def initiating(kind: object) -> Initiating | None:
    """The kind, where its initiator has such a part."""
    return kind if isinstance(kind, Initiating) else None


@runtime_checkable
class Resting(Protocol):
    """A kind whose proposals are computed from records of the vault.

    Each call that is answered counts against its quota, whatever comes of it; the work itself counts nothing.
    """

    def rests_on(self, peer: str, conversation: str) -> tuple[str, ...]:
        """The ids of the records that the proposal just made to this peer rests on; asked for once."""
        ...


@runtime_checkable
class Asking(Protocol):
    """A kind some of whose calls have a rule of their own for when the person is asked."""

    def asks(self, call: Call, offer: Offer, *, contact: bool) -> bool | None:
        """None leaves it to the offer.  `contact`: whether it comes from one.  Errors: BadTask, as `propose`'s."""
        ...


@runtime_checkable
class Undoing(Protocol):
    """A kind some of whose calls take back what was done before, and are let in whatever is offered now."""

    def undoes(self, call: Call) -> bool:
        """Whether this call is one.  Errors: BadTask where its spec is none."""
        ...


@runtime_checkable
class Serving(Protocol):
    """A kind whose provider serves streams of a protocol of its own, to contacts."""

    @property
    def protocol(self) -> str: ...

    async def serve(self, peer_id: str, stream: Stream) -> None:
        """See p2p.host_serving.StreamHandler."""
        ...
