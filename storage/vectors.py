"""Vectors: fp16, in blocks of up to 1,000, as secret as the text they were made from.

The block is the unit of storage because a matrix is what the index wants: 100,000 vectors of 384 dimensions are 100
rows to read.  A new batch is appended by rewriting the last block while it has room (7 ms for a full one), and a
forgotten chunk by rewriting its block without it, so that `secure_delete` wipes the old copy.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from storage.chunks import embedding_text
from storage.database import Connection, Database, VaultError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BLOCK = 1000  # vectors
_BEYOND = (1 << 63) - 1  # no chunk has this id


class Vectors:
    """Blocking; any thread.  Errors: VaultError.  `model` names the embedder; each has vectors of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._embedded_up_to: dict[str, int] = {}  # every chunk up to here has its vector: where to look on from

    def pending(self, model: str, limit: int) -> list[tuple[int, str]]:
        """Chunks without a vector of `model`, oldest first: (chunk id, text to embed)."""
        with self._lock:
            after = self._embedded_up_to.get(model, 0)
        with self._database.read() as connection:
            rows = connection.execute(
                """SELECT id, context, text FROM chunk c WHERE id > ? AND NOT EXISTS
                    (SELECT 1 FROM embedded WHERE chunk = c.id AND model = ?) ORDER BY id LIMIT ?""",
                (after, model, limit),
            ).fetchall()
            reached = rows[0][0] - 1 if rows else _last_chunk(connection)
        with self._lock:
            self._embedded_up_to[model] = reached
        return [(number, embedding_text(context, text)) for number, context, text in rows]

    def pending_newest(self, model: str, limit: int, below: int | None = None) -> list[tuple[int, str]]:
        """As `pending`, newest first, of the chunks with an id lower than `below`."""
        with self._database.read() as connection:
            rows = connection.execute(
                """SELECT id, context, text FROM chunk c WHERE id < ? AND NOT EXISTS
                    (SELECT 1 FROM embedded WHERE chunk = c.id AND model = ?) ORDER BY id DESC LIMIT ?""",
                (_BEYOND if below is None else below, model, limit),
            ).fetchall()
        return [(number, embedding_text(context, text)) for number, context, text in rows]

    def pending_count(self, model: str) -> int:
        with self._database.read() as connection:
            (chunks,) = connection.execute("SELECT count(*) FROM chunk").fetchone()
            return int(chunks) - _count(connection, model)

    def count(self, model: str) -> int:
        with self._database.read() as connection:
            return _count(connection, model)

    def models(self) -> list[str]:
        """The embedders that have vectors here."""
        with self._database.read() as connection:
            return [row[0] for row in connection.execute("SELECT DISTINCT model FROM vector_block ORDER BY model")]

    def store(self, model: str, chunks: Sequence[int], matrix: npt.NDArray[np.float32]) -> list[int]:
        """Keep one L2-normalised row for each chunk, as fp16; returns the chunks whose vectors were kept.

        Chunks that were forgotten meanwhile, or have their vector already, are passed over, so a batch may be sent
        twice.  Errors: VaultError `wrong-dimensions`; ValueError for a matrix that is not finite or not in shape.
        """
        import numpy as np  # a tenth of a second, and threads: only where there are vectors

        if matrix.ndim != 2 or len(chunks) != len(matrix) or not np.isfinite(matrix).all():
            raise ValueError("vectors must be finite, one row for each chunk")
        with self._database.write() as connection:
            wanted = _wanted(connection, model, chunks)
            if not wanted:
                return []
            _check_dimensions(connection, model, matrix.shape[1])
            numbers = np.array([chunks[row] for row in wanted], dtype="<i8")
            rows = matrix[wanted].astype("<f2")
            self._append(connection, model, numbers, rows)
        return [chunks[row] for row in wanted]

    def blocks(self, model: str) -> Iterator[tuple[bytes, bytes, int]]:
        """Every vector: (little-endian int64 chunk ids, little-endian float16 rows, dimensions), block by block.

        Holds nothing between blocks; a chunk never moves to another block, so what is stored or forgotten meanwhile
        is seen or not, but nothing comes twice.
        """
        with self._database.read() as connection:
            found = connection.execute("SELECT id FROM vector_block WHERE model = ? ORDER BY id", (model,)).fetchall()
        for (block,) in found:
            with self._database.read() as connection:
                row = connection.execute(
                    "SELECT chunks, vectors, dimensions FROM vector_block WHERE id = ?", (block,)
                ).fetchone()
            if row is not None:
                yield row[0], row[1], row[2]

    def forget(self, model: str) -> None:
        """Drop every vector of `model`: another embedder took its place."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM embedded WHERE model = ?", (model,))
            connection.execute("DELETE FROM vector_block WHERE model = ?", (model,))
        with self._lock:
            self._embedded_up_to.pop(model, None)
        self._database.checkpoint()

    def remove(self, connection: Connection, chunks: Sequence[int]) -> None:
        """Within a write: take the vectors of `chunks` out of their blocks, whatever the model."""
        gone: dict[int, list[int]] = {}
        for chunk in chunks:
            for (block,) in connection.execute("SELECT block FROM embedded WHERE chunk = ?", (chunk,)):
                gone.setdefault(block, []).append(chunk)
        for block, numbers in gone.items():
            _rewrite_without(connection, block, numbers)
        connection.executemany("DELETE FROM embedded WHERE chunk = ?", [(chunk,) for chunk in chunks])

    def _append(
        self, connection: Connection, model: str, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.float16]
    ) -> None:
        done = 0
        while done < len(numbers):
            last = connection.execute(
                "SELECT id, count, chunks, vectors FROM vector_block WHERE model = ? AND count < ? ORDER BY id LIMIT 1",
                (model, BLOCK),
            ).fetchone()
            block, count, ids, vectors = last or (None, 0, b"", b"")
            taken = slice(done, done + BLOCK - count)
            ids += numbers[taken].tobytes()
            vectors += rows[taken].tobytes()
            count = len(ids) // 8
            block = connection.execute(
                "INSERT OR REPLACE INTO vector_block (id, model, dimensions, count, chunks, vectors) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (block, model, rows.shape[1], count, ids, vectors),
            ).lastrowid
            connection.executemany(
                "INSERT INTO embedded (chunk, model, block) VALUES (?, ?, ?)",
                [(int(number), model, block) for number in numbers[taken]],
            )
            done = taken.stop


def _wanted(connection: Connection, model: str, chunks: Sequence[int]) -> list[int]:
    """Positions in `chunks` of those that exist, have no vector yet, and were not named before in the same batch."""
    seen: set[int] = set()
    wanted = []
    for position, chunk in enumerate(chunks):
        row = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM embedded WHERE chunk = c.id AND model = ?) FROM chunk c WHERE id = ?",
            (model, chunk),
        ).fetchone()
        if row == (0,) and chunk not in seen:
            wanted.append(position)
            seen.add(chunk)
    return wanted


def _check_dimensions(connection: Connection, model: str, dimensions: int) -> None:
    row = connection.execute("SELECT dimensions FROM vector_block WHERE model = ? LIMIT 1", (model,)).fetchone()
    if row is not None and row[0] != dimensions:
        raise VaultError(
            "wrong-dimensions", f"the vault holds vectors of {row[0]} dimensions of this model, not {dimensions}"
        )


def _rewrite_without(connection: Connection, block: int, chunks: Sequence[int]) -> None:
    ids, vectors, dimensions = connection.execute(
        "SELECT chunks, vectors, dimensions FROM vector_block WHERE id = ?", (block,)
    ).fetchone()
    import numpy as np

    numbers = np.frombuffer(ids, dtype="<i8")
    kept = ~np.isin(numbers, np.array(chunks, dtype="<i8"))
    if not kept.any():
        connection.execute("DELETE FROM vector_block WHERE id = ?", (block,))
        return
    rows = np.frombuffer(vectors, dtype="<f2").reshape(-1, dimensions)
    connection.execute(
        "UPDATE vector_block SET count = ?, chunks = ?, vectors = ? WHERE id = ?",
        (int(kept.sum()), numbers[kept].tobytes(), rows[kept].tobytes(), block),
    )


def _count(connection: Connection, model: str) -> int:
    (total,) = connection.execute("SELECT total(count) FROM vector_block WHERE model = ?", (model,)).fetchone()
    return int(total)


def _last_chunk(connection: Connection) -> int:
    (last,) = connection.execute("SELECT max(id) FROM chunk").fetchone()
    return int(last or 0)
