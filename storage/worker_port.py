"""How storage meets worker processes: from inside (`Reply`, `Handler`) and from outside (`Worker`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Reply(Protocol):
    """What a handler may do besides returning its result."""

    @property
    def cancelled(self) -> bool: ...

    def emit(self, event: Mapping[str, Any]) -> None: ...


Handler = Callable[[dict[str, Any], Reply], Mapping[str, Any]]


class Worker(Protocol):
    """A worker process; its failures are exceptions with a `code`.  Any thread."""

    @property
    def alive(self) -> bool: ...

    def call(self, op: str, /, **args: Any) -> dict[str, Any]: ...

    def kill(self) -> None:
        """End the process, and what it holds in memory."""
        ...
