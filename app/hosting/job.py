"""A run that is under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import trio

from agent.taint import Turn
from app.hosting.installed import Installed
from skills.limits import Limits

LIMITS = Limits(seconds=10.0, calls=500)
LONGEST = 900.0  # seconds of one run, the model's and the network's time included; the person's is not


Ending = Literal["run-stopped", "run-interrupted", "skill-removed", "skill-disabled", "skill-replaced"]


@dataclass
class Job:
    """One run, from its beginning or its last question to its end or its next one.  Trio thread only.

    `forgets`: of the node, when the turn began.  `ending`: why it is being ended from outside.
    """

    run: int
    skill: Installed
    turn: Turn
    language: str
    forgets: int
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)
    ending: Ending | Literal[""] = ""

    def end(self, why: Ending) -> None:
        self.ending = self.ending or why
        self.scope.cancel()

    @property
    def records(self) -> set[str]:
        """Ids of what it rests on."""
        return {one.record for one in self.turn.taint.sources if one.record}


@dataclass(frozen=True)
class Reply:
    """How a suspended program goes on: with a value, or with an exception of type `kind`."""

    value: Any = None
    kind: str = ""
    sentence: str = ""
