"""The index over vectors: an exact scan, and above a threshold Chroma.  The only importer of chromadb.

Runs in the index worker process: Chroma keeps vectors in clear and holds on to deleted ones, so the only way to forget
is to end the process.  It runs in memory alone; the encrypted home of the vectors is the vault.
"""

from __future__ import annotations

import queue
import threading
import uuid
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from storage.vector_index import ExactIndex, Floats, Found, Ids, Matrix, VectorIndex, check, check_query, top
from storage.worker_port import Handler, Reply

# Vectors; up to here the scan is exact and faster (`python -m benchmarks search`; the table is in docs/figures.md).
THRESHOLD = 300_000
EF_SEARCH = 400
CANDIDATES = 200  # that Chroma proposes at least; exact scores re-rank them
_FEED = 2000  # vectors handed to Chroma at once while it warms up


class ChromaIndex:
    """Chroma in memory, inner products.  Approximate: a query may miss neighbours.  Any thread."""

    def __init__(self, ef_search: int | None = EF_SEARCH) -> None:
        """`ef_search`: how widely a query looks; None leaves Chroma its default."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import chromadb
            from chromadb.config import Settings

            # No .env file: a stranger's file in the working directory must not configure this.
            self._client: Any = chromadb.EphemeralClient(Settings(_env_file=None, anonymized_telemetry=False))
        self._collection: Any = self._client.create_collection(
            uuid.uuid4().hex,  # clients in one process share their collections
            configuration={"hnsw": {"space": "ip"} | ({"ef_search": ef_search} if ef_search else {})},
            embedding_function=None,
        )
        self._batch = int(self._client.get_max_batch_size())
        self._dimensions = 0

    @property
    def count(self) -> int:
        return int(self._collection.count())

    def add(self, ids: Ids, vectors: Matrix) -> None:
        if not len(ids):
            return
        check(ids, vectors, self._dimensions)
        self._dimensions = vectors.shape[1]
        last = {number: row for row, number in enumerate(ids.tolist())}  # Chroma refuses repeated ids
        numbers, rows = list(last), list(last.values())
        for start in range(0, len(rows), self._batch):
            some = slice(start, start + self._batch)
            self._collection.upsert(
                ids=[str(number) for number in numbers[some]],
                embeddings=np.ascontiguousarray(vectors[rows[some]], dtype=np.float32),
            )

    def remove(self, ids: Ids) -> None:
        names = [str(number) for number in dict.fromkeys(ids.tolist())]  # Chroma refuses repeated ids
        for start in range(0, len(names), self._batch):
            self._collection.delete(ids=names[start : start + self._batch])

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        empty = np.zeros(0, np.int64), np.zeros(0, np.float32)
        if not self._dimensions or k <= 0 or not (present := self.count):
            return empty
        check_query(vector, self._dimensions)
        among = None
        if allowed is not None:  # an unknown id among them is an internal error to Chroma
            among = self._collection.get(ids=[str(number) for number in set(allowed.tolist())], include=[])["ids"]
            if not among:
                return empty
        answer = self._collection.query(
            query_embeddings=[vector], n_results=min(k, present), ids=among, include=["distances"]
        )
        ids = np.array([int(name) for name in answer["ids"][0]], dtype=np.int64)
        scores = 1 - np.array(answer["distances"][0], dtype=np.float32)  # its distance is 1 - inner product
        return top(ids, scores, k)


class TieredIndex:
    """Scans exactly below `threshold`; above it the approximate index proposes and exact scores re-rank.

    The approximate index is filled by a background thread; until it has everything, the scan answers.  Methods are
    for one thread.
    """

    def __init__(self, threshold: int = THRESHOLD, approximate: Callable[[], VectorIndex] = ChromaIndex) -> None:
        self._threshold = threshold
        self._make = approximate
        self._exact = ExactIndex()
        self._lock = threading.Lock()  # the exact index, between its user and the feeder
        self._changes: queue.SimpleQueue[Ids] = queue.SimpleQueue()
        self._waiting = 0  # changes not yet in the approximate index
        self._feeder: threading.Thread | None = None
        self._approximate: VectorIndex | None = None

    @property
    def count(self) -> int:
        return self._exact.count

    @property
    def tier(self) -> Literal["scan", "warming", "chroma"]:
        """Who answers now; while it warms up, that is the scan."""
        if self.count < self._threshold or self._feeder is None:
            return "scan"
        with self._lock:
            ready = self._approximate is not None and not self._waiting
        if ready:
            return "chroma"
        return "warming" if self._feeder.is_alive() else "scan"

    def add(self, ids: Ids, vectors: Matrix) -> None:
        with self._lock:
            self._exact.add(ids, vectors)
        self._changed(ids)

    def remove(self, ids: Ids) -> None:
        with self._lock:
            self._exact.remove(ids)
        self._changed(ids)

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        if allowed is not None or self.tier != "chroma" or self._approximate is None or k > CANDIDATES:
            with self._lock:
                return self._exact.query(vector, k, allowed)
        check_query(vector, self._exact.dimensions)
        candidates, _ = self._approximate.query(vector, CANDIDATES)
        with self._lock:
            return self._exact.rank(vector, candidates.tolist(), k)

    def _changed(self, ids: Ids) -> None:
        if self._feeder is not None:
            self._queue(ids)
        elif self.count >= self._threshold:
            for start in range(0, self.count, _FEED):
                self._queue(self._exact.ids()[start : start + _FEED])
            self._feeder = threading.Thread(target=self._feed, name="index-feeder", daemon=True)
            self._feeder.start()

    def _queue(self, ids: Ids) -> None:
        with self._lock:
            self._waiting += 1
        self._changes.put(ids)

    def _feed(self) -> None:
        """Bring the approximate index up to date, change by change.  If it fails, the scan goes on answering."""
        approximate = self._make()
        with self._lock:
            self._approximate = approximate
        while True:
            ids = self._changes.get()
            with self._lock:
                here = np.isin(ids, self._exact.ids())
                vectors = self._exact.vectors(ids[here])
            approximate.add(ids[here], vectors)
            if not here.all():
                approximate.remove(ids[~here])
            with self._lock:
                self._waiting -= 1


def service(threshold: int = THRESHOLD) -> Mapping[str, Handler]:
    """The operations of the index worker.  Ids are little-endian int64.

    add(ids, vectors, dimensions) -> {"count"}; vectors are little-endian float16, row-major.
    remove(ids) -> {"count"}
    query(vector, k[, allowed]) -> {"ids", "scores"}; vector and scores are little-endian float32.
    stats() -> {"count", "tier"}.  Errors: IndexRefused.
    """
    index = TieredIndex(threshold)

    def add(args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        ids = np.frombuffer(args["ids"], dtype="<i8")
        vectors = np.frombuffer(args["vectors"], dtype="<f2").reshape(-1, int(args["dimensions"]))
        index.add(ids, vectors)
        return {"count": index.count}

    def remove(args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        index.remove(np.frombuffer(args["ids"], dtype="<i8"))
        return {"count": index.count}

    def query(args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        allowed = args.get("allowed")
        among = None if allowed is None else np.frombuffer(allowed, dtype="<i8")
        ids, scores = index.query(np.frombuffer(args["vector"], dtype="<f4"), int(args["k"]), among)
        return {"ids": ids.astype("<i8").tobytes(), "scores": scores.astype("<f4").tobytes()}

    def stats(_args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        return {"count": index.count, "tier": index.tier}

    return {"add": add, "remove": remove, "query": query, "stats": stats}
