"""The port every index of vectors stands behind, and the exact one: a plain matrix scan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
Matrix = NDArray[np.floating[Any]]
Found = tuple[Ids, Floats]  # ids and inner products, best first

BLOCK = 8192  # rows; the index grows by blocks, so that growing never copies what is there


class IndexRefused(Exception):
    """`code`: index-dimensions."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class VectorIndex(Protocol):
    """Unit vectors by id.  An id that is added again is replaced; removing an unknown id does nothing."""

    def add(self, ids: Ids, vectors: Matrix) -> None: ...

    def remove(self, ids: Ids) -> None: ...

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        """The `k` ids of largest inner product with `vector`, of `allowed` only where that is given; ties by id."""
        ...

    @property
    def count(self) -> int: ...


class ExactIndex:
    """Scans everything: recall 1, in time linear in the rows.  One thread at a time."""

    def __init__(self) -> None:
        self._blocks: list[Floats] = []
        self._ids: Ids = np.zeros(0, dtype=np.int64)
        self._rows: dict[int, int] = {}

    @property
    def count(self) -> int:
        return len(self._rows)

    @property
    def dimensions(self) -> int:
        """0 while empty."""
        return self._blocks[0].shape[1] if self._blocks else 0

    def ids(self) -> Ids:
        return self._ids[: self.count].copy()

    def vectors(self, ids: Ids) -> Floats:
        """The rows of `ids`, all of which must be here."""
        rows = np.fromiter((self._rows[int(i)] for i in ids), dtype=np.int64, count=len(ids))
        return self._gather(rows)

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """Errors: IndexRefused for vectors of another length than those here."""
        if not len(ids):
            return
        check(ids, vectors, self.dimensions)
        fresh = [i for i, number in enumerate(ids.tolist()) if number not in self._rows]
        if len(fresh) < len(ids) or len(set(ids.tolist())) < len(ids):
            self._replace(ids, vectors)
            return
        start = self.count
        self._reserve(start + len(ids), vectors.shape[1])
        self._ids[start : start + len(ids)] = ids
        self._rows.update(zip(ids.tolist(), range(start, start + len(ids)), strict=True))
        done = 0
        while done < len(ids):
            block, row = divmod(start + done, BLOCK)
            size = min(BLOCK - row, len(ids) - done)
            self._blocks[block][row : row + size] = vectors[done : done + size]
            done += size

    def remove(self, ids: Ids) -> None:
        for number in ids.tolist():
            row = self._rows.pop(number, None)
            if row is None:
                continue
            last = len(self._rows)  # the last row takes the empty place
            if row != last:
                self._blocks[row // BLOCK][row % BLOCK] = self._blocks[last // BLOCK][last % BLOCK]
                self._ids[row] = self._ids[last]
                self._rows[int(self._ids[row])] = row
            self._blocks[last // BLOCK][last % BLOCK] = 0
            self._ids[last] = 0

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        if not self.count or k <= 0:
            return top(np.zeros(0, np.int64), np.zeros(0, np.float32), 0)
        check_query(vector, self.dimensions)
        if allowed is not None and len(allowed) < self.count // 4:
            return self.rank(vector, allowed, k)
        scores = np.empty(len(self._blocks) * BLOCK, dtype=np.float32)
        for number, block in enumerate(self._blocks):
            np.matmul(block, vector, out=scores[number * BLOCK : (number + 1) * BLOCK])
        ids, scores = self._ids[: self.count], scores[: self.count]
        if allowed is not None:
            kept = np.isin(ids, allowed)
            ids, scores = ids[kept], scores[kept]
        return top(ids, scores, k)

    def rank(self, vector: Floats, candidates: Iterable[int], k: int) -> Found:
        """The best `k` of `candidates` by exact score; those that are not here are left out."""
        rows = np.array(sorted({r for i in candidates if (r := self._rows.get(int(i))) is not None}), dtype=np.int64)
        return top(self._ids[rows], self._gather(rows) @ vector, k)

    def _gather(self, rows: Ids) -> Floats:
        gathered = np.empty((len(rows), self.dimensions), dtype=np.float32)
        for number in np.unique(rows // BLOCK):
            here = rows // BLOCK == number
            gathered[here] = self._blocks[number][rows[here] % BLOCK]
        return gathered

    def _replace(self, ids: Ids, vectors: Matrix) -> None:
        last = {number: i for i, number in enumerate(ids.tolist())}  # of a repeated id the last one counts
        self.remove(ids)
        kept = np.fromiter(last.values(), dtype=np.int64, count=len(last))
        self.add(ids[kept], vectors[kept])

    def _reserve(self, rows: int, dimensions: int) -> None:
        while len(self._blocks) * BLOCK < rows:
            self._blocks.append(np.zeros((BLOCK, dimensions), dtype=np.float32))
        if len(self._ids) < rows:
            grown = np.zeros(max(rows, 2 * len(self._ids)), dtype=np.int64)
            grown[: len(self._ids)] = self._ids
            self._ids = grown


def top(ids: Ids, scores: Floats, k: int) -> Found:
    """The `k` best of parallel arrays, best first, ties by id."""
    k = min(k, len(ids))
    if k < len(ids):
        # Everything that ties with the k-th stays in, so that the order does not depend on the partition.
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= least)
    else:
        chosen = np.arange(len(ids))
    order = chosen[np.lexsort((ids[chosen], -scores[chosen]))][:k]
    return ids[order], scores[order]


def check(ids: Ids, vectors: Matrix, dimensions: int) -> None:
    if vectors.ndim != 2 or len(vectors) != len(ids) or (dimensions and vectors.shape[1] != dimensions):
        raise IndexRefused("index-dimensions", f"{len(ids)} ids do not fit vectors of shape {vectors.shape}")


def check_query(vector: Floats, dimensions: int) -> None:
    if vector.shape != (dimensions,):
        raise IndexRefused("index-dimensions", f"the index holds {dimensions} dimensions, not {vector.shape}")
