"""How far a request may go: steps, tokens and seconds.  The person sees it and can stop it at any time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Limit = Literal["steps", "tokens", "seconds"]


@dataclass(frozen=True)
class Budget:
    """`tokens`: read and written by the model.  A small model takes one step whatever `steps` says."""

    steps: int = 5
    tokens: int = 12_000
    seconds: float = 180.0


class Spending:
    """Of one request."""

    def __init__(self, budget: Budget, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.steps = 0
        self.tokens = 0
        self._clock = clock
        self._begun = clock()

    @property
    def seconds(self) -> float:
        return self._clock() - self._begun

    @property
    def left(self) -> float:
        """Seconds, at least none."""
        return max(0.0, self.budget.seconds - self.seconds)

    def over(self) -> Limit | None:
        """The limit that is reached."""
        if self.steps >= self.budget.steps:
            return "steps"
        if self.tokens >= self.budget.tokens:
            return "tokens"
        return "seconds" if self.left <= 0 else None
