"""The embedding worker as the node sees it.  No torch here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from storage.worker_port import Worker


class Embedder:
    """Any thread, blocking.  Failures of the worker pass through as they are."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._model = ""
        self._dimensions = 0

    def load(self) -> None:
        """Wait until the model is in the worker's memory: many seconds the first time, nothing afterwards."""
        if not self._model:
            answer = self._worker.call("load")
            self._dimensions = int(answer["dimensions"])
            self._model = str(answer["model"])

    @property
    def ready(self) -> bool:
        """Whether `encode` would start at once."""
        return bool(self._model) and self._worker.alive

    @property
    def model(self) -> str:
        """Names the vectors: two models never share a name, and one keeps its name across starts."""
        self.load()
        return self._model

    @property
    def dimensions(self) -> int:
        self.load()
        return self._dimensions

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised row for each text."""
        answer = self._worker.call("encode", texts=list(texts))
        matrix = np.frombuffer(answer["vectors"], dtype="<f4")
        return matrix.reshape(int(answer["count"]), int(answer["dimensions"])).astype(np.float32, copy=False)

    def kill(self) -> None:
        """End the worker and what it holds in memory."""
        self._worker.kill()
