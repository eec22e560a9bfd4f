"""What a kind of task is: how it is asked for, what a provider says to it, and how it is done.

The *spec* goes out in the call, to everybody who is asked; the *input* goes with the award, to the provider alone.
Both are plain maps (p2p.canonical.Value) from strangers on the providing side: data, checked before anything is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from p2p.contents import Disclosure, Proposal, Result
from p2p.deciding import Call, Job
from storage.offers import Offer

Report = Callable[[str], None]  # a piece of text of the result, as it comes


class BadTask(Exception):
    """The task cannot be asked for like this, or its spec or input is no such task.  `code` is stable."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Asked:
    """A task as this side asks for it.  `shown`: what a person is told would leave.  `records`: where it comes from."""

    spec: Mapping[str, Any]
    input: Mapping[str, Any] = field(default_factory=dict)
    disclosure: Disclosure = Disclosure.NOTHING
    shown: str = ""
    records: tuple[str, ...] = ()
    wanted: int = 1


class Kind(Protocol):
    """Trio thread only."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str:
        """What its quota counts: the key `swarm.unit.…` of the catalogue."""
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
