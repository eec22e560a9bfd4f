"""How a slice of a run ends: finished, suspended at a call, or failed.

Whatever is in them was chosen by the skill: values, printed text and sentences are content of a stranger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skills.held import Held

DIED = "skill-died"
_MAX_SENTENCE = 400


@dataclass(frozen=True)
class Finished:
    """`value` is what the entry returned, as `plain` has it; `printed` what it printed."""

    value: Any
    printed: str = ""


@dataclass(frozen=True)
class Suspended:
    """It waits for the answer to `call`, a granted function.  `number` grows with every
    call of a run, attempts at others among them.

    `dump` is all that is needed to go on, in any process with the same engine.  It is not authenticated: it leaves
    the caller's memory only sealed, see suspended.py.  `held`: the run is still where it ran, and there is no dump yet.
    """

    call: str
    args: list[Any]
    kwargs: dict[str, Any]
    dump: bytes
    number: int
    printed: str = ""
    held: Held | None = None


@dataclass(frozen=True)
class Failed:
    """`code`: skill-error (an exception), skill-syntax, skill-time, skill-memory, skill-depth, skill-calls,
    skill-output, skill-sleep, skill-value (what it returned does not cross), skill-version (a dump of another
    engine), skill-dump (no dump), skill-died.  `line`: of the joined program, counted from 1, where known.
    """

    code: str
    sentence: str
    line: int | None = None
    printed: str = ""


Outcome = Finished | Suspended | Failed
_KINDS: dict[str, type[Finished] | type[Suspended] | type[Failed]] = {
    "finished": Finished,
    "suspended": Suspended,
    "failed": Failed,
}


def to_map(outcome: Outcome) -> dict[str, Any]:
    return {"outcome": type(outcome).__name__.lower(), **vars(outcome)}


def from_map(found: Mapping[str, Any]) -> Outcome:
    """A worker that a skill has taken over may answer anything: types are what they must be, or it is an error.

    Errors: KeyError, TypeError, ValueError.  Values are for the caller to check with `plain`.
    """
    fields = dict(found)
    outcome = _KINDS[fields.pop("outcome")](**fields)
    if not isinstance(outcome.printed, str):
        raise TypeError
    if isinstance(outcome, Suspended):
        _check_call(outcome)
    if isinstance(outcome, Failed):
        if not isinstance(outcome.code, str) or not isinstance(outcome.line, int | None):
            raise TypeError
        return Failed(outcome.code[:40], outcome.sentence[:_MAX_SENTENCE], outcome.line, outcome.printed)
    return outcome


def _check_call(outcome: Suspended) -> None:
    kinds = (outcome.call, str), (outcome.args, list), (outcome.kwargs, dict), (outcome.dump, bytes)
    if (
        outcome.held is not None
        or not all(isinstance(value, kind) for value, kind in kinds)
        or type(outcome.number) is not int
    ):
        raise TypeError
