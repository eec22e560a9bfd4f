"""The embedding worker as the node sees it.  No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from storage.worker_port import Worker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder:
    """Any thread, blocking.  Failures of the worker pass through as they are."""

    def __init__(self, worker: Worker, folder: str = "") -> None:
        """`folder`: where the model lies; the built-in one where it is empty."""
        self._worker = worker
        self.folder = folder
        self._model = ""
        self._dimensions = 0
        self._multilingual = False

    def load(self) -> None:
        """Wait until the model is in the worker's memory: many seconds the first time, nothing afterwards."""
        if not self._model:
            answer = self._worker.call("load", folder=self.folder)
            self._multilingual = bool(answer.get("multilingual"))
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

    @property
    def multilingual(self) -> bool:
        """Whether a French text and its English translation lie close: found by trial when the model was added."""
        self.load()
        return self._multilingual

    def encode(self, texts: Sequence[str], role: Literal["passage", "query"] = "passage") -> NDArray[np.float32]:
        """One L2-normalised row for each text; some models want to know which side of a search it is on."""
        import numpy as np  # a tenth of a second, and threads: only where there are vectors

        answer = self._worker.call("encode", texts=list(texts), role=role)
        matrix = np.frombuffer(answer["vectors"], dtype="<f4")
        return matrix.reshape(int(answer["count"]), int(answer["dimensions"])).astype(np.float32, copy=False)

    def kill(self) -> None:
        """End the worker and what it holds in memory."""
        self._worker.kill()
