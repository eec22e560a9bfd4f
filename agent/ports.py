"""What the agent needs of the rest of the house; `app.node` wires it.  Frozen dataclasses and Protocols only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agent.arguments import Value
from agent.taint import Turn
from agent.tools import Tool


@dataclass(frozen=True)
class Evidence:
    """A sentence, or a few lines, of a record that may answer a question.

    `start`/`end`: characters into the record's body, or -1 in an attachment.  `passage` is the text around it.
    `score` orders one result; `support`, in 0 … 1, says how much of the question was found here at all.
    What the person told the agent is of kind "fact" and has no record.  `authenticated`: of a mail, whether its sender
    could be confirmed; None where nobody checked.
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
    authenticated: bool | None = None
    authentication: str = ""  # of a mail: whether its sender could be confirmed: passed, failed, none


class Memory(Protocol):
    """Trio thread only."""

    async def recall(self, question: str, limit: int) -> Sequence[Evidence]:
        """What may answer `question`, best first.  Full text alone answers while the embedder is not there."""
        ...

    async def empty(self) -> bool:
        """Whether nothing is stored at all."""
        ...


@dataclass(frozen=True)
class Ran:
    """What came of a tool.  `text`: Markdown, with [n] for the sources in their order.

    While it waits, `approval` is the question and `waits` what would happen, in one line.  `error`: a sentence.
    """

    state: Literal["done", "waiting", "failed"]
    text: str = ""
    sources: tuple[Evidence, ...] = ()
    approval: int | None = None
    waits: str = ""
    error: str = ""


class Toolbox(Protocol):
    """The skills that the person installed.  Trio thread only."""

    async def available(self) -> Sequence[Tool]:
        """Those that may run, in a steady order."""
        ...

    async def run(self, tool: Tool, arguments: Mapping[str, Value], question: str, turn: Turn) -> Ran:
        """To its end or its first question to the person.  What it reads is entered in `turn`."""
        ...


class Notebook(Protocol):
    """What the person tells the agent to keep; under policy as any act.  Trio thread only."""

    async def remember(self, words: str, kind: Literal["fact", "instruction"], turn: Turn) -> Ran: ...

    async def forget(self, words: str, turn: Turn) -> tuple[Sequence[str], Ran | None]:
        """Remove what says this: what does, in its own words, and what came of it where that is exactly one."""
        ...


class Phrases(Protocol):
    """The catalogue of strings, so that what the agent itself says is in the user's language."""

    def __call__(self, key: str, language: str, /, **values: Any) -> str: ...
