"""What the agent needs of the rest of the house; `app.node` wires it.  Frozen dataclasses and Protocols only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Evidence:
    """A sentence, or a few lines, of a record that may answer a question.

    `start`/`end`: characters into the record's body, or -1 in an attachment.  `passage` is the text around it.
    `score` orders one result; `support`, in 0 … 1, says how much of the question was found here at all.
    """

    record: str
    kind: str
    title: str
    sender: str
    date: float | None  # seconds since the epoch, UTC
    text: str
    start: int
    end: int
    passage: str
    score: float
    support: float
    holds: bool  # a thing of the kind that is asked for: an amount, a time, a name
    authentication: str = ""  # of a mail: whether its sender could be confirmed: passed, failed, none


class Memory(Protocol):
    """Trio thread only."""

    async def recall(self, question: str, limit: int) -> Sequence[Evidence]:
        """What may answer `question`, best first.  Full text alone answers while the embedder is not there."""
        ...

    async def empty(self) -> bool:
        """Whether nothing is stored at all."""
        ...


class Phrases(Protocol):
    """The catalogue of strings, so that what the agent itself says is in the user's language."""

    def __call__(self, key: str, language: str, /, **values: Any) -> str: ...
