"""What a provider has promised and how much of the machine its work takes: counted before anything is waited for.

A proposal binds, so what was bid for counts as used until it lapses or is begun: calls that come together cannot each
be promised the last of a quota.  Work that was promised is done in turn, as much at a time as the person offers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio


@dataclass(frozen=True)
class _Promise:
    kind: str
    amount: int
    until: int


class Promises:
    """Trio thread only; one promise for each conversation.  `now`, `until`: milliseconds since the epoch."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._given: dict[tuple[str, str], _Promise] = {}

    def of(self, peer: str, kind: str, besides: str) -> int:
        """How much a peer was promised in other conversations; what has lapsed is forgotten."""
        now = self._now()
        self._given = {name: one for name, one in self._given.items() if one.until >= now}
        return sum(
            one.amount
            for (who, conversation), one in self._given.items()
            if who == peer and one.kind == kind and conversation != besides
        )

    def give(self, peer: str, kind: str, conversation: str, amount: int, until: int) -> None:
        self._given[peer, conversation] = _Promise(kind, amount, until)

    def end(self, peer: str, conversation: str) -> None:
        """It is counted as used, or came to nothing."""
        self._given.pop((peer, conversation), None)

    def __len__(self) -> int:
        return len(self._given)


class Places:
    """Trio thread only."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._freed = trio.Event()

    def taken(self, kind: str) -> int:
        return self._taken[kind]

    @asynccontextmanager
    async def one(self, kind: str, most: Callable[[], Awaitable[int]]) -> AsyncIterator[None]:
        """Wait until fewer than `most()` tasks of this kind are worked on, and be one of them."""
        while True:
            limit = await most()
            if self._taken[kind] < limit:
                break
            await self._freed.wait()
        self._taken[kind] += 1
        try:
            yield
        finally:
            self._taken[kind] -= 1
            self._freed.set()
            self._freed = trio.Event()
