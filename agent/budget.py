"""Which turns of a conversation the model still sees when they no longer all fit.

The oldest turns after the system turn go first, whole exchanges at a time.  They go in steps: once room is short, a
quarter of it is freed at once, and the next few turns drop exactly the same ones again.  The prompt then keeps its
beginning from turn to turn, which is what lets the engine reuse its cache; dropping just enough each time would make
every follow-up question as slow as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.llm import Turn

_STEPS = 4  # a conversation over its limit is cut by multiples of limit / _STEPS


class TooLong(Exception):
    """The last turn alone, with the system turn, does not fit.  `size` and `limit` in tokens."""

    code = "too-long"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"The question with its passages takes {size} tokens, and the model has room for {limit}.")
        self.size = size
        self.limit = limit


@dataclass(frozen=True)
class Fitted:
    turns: tuple[Turn, ...]
    dropped: int


def fit(turns: Sequence[Turn], limit: int, size_of: Callable[[Sequence[Turn]], int]) -> Fitted:
    """The turns that fit into `limit` tokens, as `size_of` counts a whole prompt.  The system turn at the start and
    the last turn always stay.  Errors: TooLong."""
    total = size_of(turns)
    if total <= limit:
        return Fitted(tuple(turns), 0)
    step = max(1, limit // _STEPS)
    target = total - -(-(total - limit) // step) * step  # what may stay, after freeing whole steps
    head = 1 if turns and turns[0].role == "system" else 0
    size, fallback = total, None
    for start in _cuts(turns, head):
        kept = (*turns[:head], *turns[start:])
        size = size_of(kept)
        if size <= target:
            return Fitted(kept, start - head)
        if size <= limit and fallback is None:
            fallback = Fitted(kept, start - head)
    if fallback is None:
        raise TooLong(size, limit)
    return fallback


def _cuts(turns: Sequence[Turn], head: int) -> list[int]:
    """Where a shortened conversation may begin: at a question, never at an answer whose question is gone."""
    last = len(turns) - 1
    starts = [index for index in range(head + 1, last) if turns[index].role == "user"]
    return [*starts, last] if last > head else []
