"""Vectors, and a worker that answers in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from storage.vector_index import Floats
from storage.worker_port import Handler


def unit_vectors(count: int, dimensions: int, seed: int = 0) -> Floats:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


class Recorder:
    """The `Reply` of a handler; `cancel_after` events it counts as cancelled."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self._cancel_after = cancel_after

    @property
    def cancelled(self) -> bool:
        return self._cancel_after is not None and len(self.events) >= self._cancel_after

    def emit(self, event: Mapping[str, Any]) -> None:
        self.events.append(dict(event))


class LocalWorker:
    """Calls a service's handlers directly: what a worker process does, without the process."""

    def __init__(self, service: Mapping[str, Handler]) -> None:
        self._service = service
        self.alive = True

    def call(self, op: str, /, **args: Any) -> dict[str, Any]:
        return dict(self._service[op](args, Recorder()))

    def kill(self) -> None:
        self.alive = False
