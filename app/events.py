"""What the bridge delivers to the window.  Frozen; no Qt and no trio here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.results import Piece, Progress


@dataclass(frozen=True)
class Done:
    job: int
    value: Any


@dataclass(frozen=True)
class Failed:
    job: int
    error: BaseException


@dataclass(frozen=True)
class Cancelled:
    job: int


@dataclass(frozen=True)
class Report:
    job: int
    value: object


@dataclass(frozen=True)
class Note:
    """What the node says unasked: StateChanged, EmbedderChanged, EngineRestarted, LibraryChanged."""

    value: object


@dataclass(frozen=True)
class CoreStopped:
    """The trio thread has ended.  `error` is None after a clean stop."""

    error: BaseException | None


Event = Done | Failed | Cancelled | Report | Note | CoreStopped


def merged(last: Event, event: Event) -> Event | None:
    """One report that stands for both, or None where both are needed."""
    if not (isinstance(last, Report) and isinstance(event, Report) and last.job == event.job):
        return None
    if isinstance(last.value, Piece) and isinstance(event.value, Piece):
        return Report(event.job, Piece(last.value.text + event.value.text))
    if isinstance(last.value, Progress) and isinstance(event.value, Progress):
        return event
    return None


def leaf(error: BaseException) -> BaseException:
    """The one error in a group of one: nurseries wrap what their tasks raise."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
