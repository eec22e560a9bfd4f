"""What a host function gets and gives.  It is called after policy has said yes; nothing here decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from agent.taint import Provenance, Taint

if TYPE_CHECKING:
    from app.node import Node
    from storage.vault import Vault

Kind = Literal["ValueError", "LookupError", "PermissionError", "OSError"]


class FunctionFailed(Exception):
    """The call could not be done; a skill sees an exception of type `kind` with this sentence.  `code` is stable."""

    def __init__(self, kind: Kind, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.code = code


@dataclass(frozen=True)
class Context:
    """Who calls.  `now`: local, with its time zone.  `approved`: a person has read exactly this call and said yes.

    `taint`: what the turn has read so far; `run`: the id of the skill's run, None for the program's own features.
    """

    skill: str
    language: str
    now: datetime
    taint: Taint
    run: int | None = None
    approved: bool = False


@dataclass(frozen=True)
class Undo:
    """How to take an act back: `function` of app.functions.undo with these arguments, which are JSON."""

    function: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """`value` is JSON.  `sources`: what was read for it; `taint`: what a value that was kept rests on besides.

    `did` fills the sentence `agent.did.FUNCTION` in the list of what the agent did; empty: nothing to show there.
    `records`: ids of those the act is about.
    """

    value: Any
    sources: tuple[Provenance, ...] = ()
    taint: Taint = field(default_factory=Taint)
    did: Mapping[str, str] = field(default_factory=dict)
    records: tuple[str, ...] = ()
    undo: Undo | None = None


# Trio thread.  `arguments` are as the skill gave them, by name; unknown or missing ones are the function's to refuse.
HostFunction = Callable[["Node", Context, Mapping[str, Any]], Awaitable[Answer]]

# In a worker thread: the arguments as they will take effect, before policy looks and the person is asked.
Completion = Callable[["Vault", Mapping[str, Any]], Mapping[str, Any]]
