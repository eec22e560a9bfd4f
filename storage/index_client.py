"""The index worker as the node sees it.  No chromadb here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from storage.worker_port import Worker

if TYPE_CHECKING:
    from storage.vector_index import Floats, Found, Ids, Matrix

_LOAD = 8  # blocks sent at once


class IndexClient:
    """A VectorIndex in another process.  Any thread, blocking.  Failures of the worker pass through as they are.

    Vectors travel as float16, as the vault keeps them.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._count = 0

    @property
    def alive(self) -> bool:
        return self._worker.alive

    @property
    def count(self) -> int:
        """As of the last change made through this client."""
        return self._count

    def load(self, blocks: Iterable[tuple[bytes, bytes, int]]) -> int:
        """Add blocks as the vault keeps them: (int64 ids, float16 rows, dimensions).  How many vectors there are."""
        ids: list[bytes] = []
        vectors: list[bytes] = []
        width = 0
        for some_ids, some_vectors, dimensions in blocks:
            if ids and (len(ids) == _LOAD or dimensions != width):
                self._send(b"".join(ids), b"".join(vectors), width)
                ids, vectors = [], []
            width = dimensions
            ids.append(some_ids)
            vectors.append(some_vectors)
        if ids:
            self._send(b"".join(ids), b"".join(vectors), width)
        return self._count

    def add(self, ids: Ids, vectors: Matrix) -> None:
        self._send(ids.astype("<i8").tobytes(), vectors.astype("<f2").tobytes(), vectors.shape[1])

    def remove(self, ids: Ids) -> None:
        """The worker may go on holding the vectors in memory: end it after removing what must be forgotten."""
        self._count = int(self._worker.call("remove", ids=ids.astype("<i8").tobytes())["count"])

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        args: dict[str, Any] = {"vector": vector.astype("<f4").tobytes(), "k": k}
        if allowed is not None:
            args["allowed"] = allowed.astype("<i8").tobytes()
        answer = self._worker.call("query", **args)
        import numpy as np  # a tenth of a second, and threads: only where there are vectors

        ids = np.frombuffer(answer["ids"], dtype="<i8").astype(np.int64, copy=False)
        return ids, np.frombuffer(answer["scores"], dtype="<f4").astype(np.float32, copy=False)

    def stats(self) -> dict[str, Any]:
        """{"count", "tier": "scan" | "warming" | "chroma"}"""
        return self._worker.call("stats")

    def kill(self) -> None:
        """End the worker and what it holds in memory."""
        self._worker.kill()

    def _send(self, ids: bytes, vectors: bytes, dimensions: int) -> None:
        self._count = int(self._worker.call("add", ids=ids, vectors=vectors, dimensions=dimensions)["count"])
