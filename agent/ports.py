"""What the agent needs of the rest of the house; `app.node` wires it.  Frozen dataclasses and Protocols only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Passage:
    """A piece of a record that may answer a question.  `start`/`end`: characters into the record's body."""

    record: str
    kind: str
    title: str
    sender: str
    date: float | None  # seconds since the epoch, UTC
    text: str
    start: int
    end: int
    score: float


class Memory(Protocol):
    """Trio thread only."""

    async def retrieve(self, question: str, limit: int) -> Sequence[Passage]:
        """Best first.  Waits for the embedder; falls back to full text when it cannot start."""
        ...


class Phrases(Protocol):
    """The catalogue of strings, so that what the agent itself says is in the user's language."""

    def __call__(self, key: str, language: str, /, **values: Any) -> str: ...
