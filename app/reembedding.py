"""Embedding everything again with another model, while searches go on with the old one.

The vault is the queue, as it is for new chunks: those without a vector of the new model, newest first.  So a change
that was cut off, by a lock or the end of the program, goes on where it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import trio

from app import services
from app.open_vault import OpenVault
from app.workers import WorkerFailed, WorkerProcess
from storage.embedder import Embedder
from storage.embedder_store import StoredModel
from storage.index_client import IndexClient

FETCH = 256  # chunks read and stored together
BATCH = 32  # chunks embedded in one request
ATTEMPTS = 3  # with a new process each, without progress in between

Blocking = Callable[..., Awaitable[Any]]
Report = Callable[[int, int], None]  # chunks done, chunks in all
Allowed = Callable[[], Awaitable[None]]  # waits while the battery is low


@dataclass(frozen=True)
class Replacement:
    """Ready to take the old one's place: a worker with the model in memory, and an index with every vector of it."""

    worker: WorkerProcess
    embedder: Embedder
    index: IndexClient

    def kill(self) -> None:
        self.worker.kill()
        self.index.kill()


async def reembed(
    vault: OpenVault, model: StoredModel, blocking: Blocking, report: Report, allowed: Allowed
) -> Replacement:
    """Embed every chunk with `model`, in a process of its own.

    A process that dies is replaced.  Whatever ends this early ends its processes; the vectors stay in the vault.
    Errors: WorkerFailed, VaultError.
    """
    failures = 0
    before = -1
    while True:
        try:
            return await _attempt(vault, model, blocking, report, allowed)
        except WorkerFailed as failure:
            done = await blocking(vault.vault.vectors.count, model.id)
            failures = failures + 1 if done == before else 1
            if failure.code != "worker-died" or failures >= ATTEMPTS:
                raise
            before = done
            await trio.sleep(1)


async def _attempt(
    vault: OpenVault, model: StoredModel, blocking: Blocking, report: Report, allowed: Allowed
) -> Replacement:
    worker = services.start("embed")
    index: IndexClient | None = None
    try:
        embedder = Embedder(worker, str(model.path))
        await blocking(embedder.load)
        task = _Task(vault, embedder, blocking, report)
        while await task.some():
            await allowed()
        index = await blocking(vault.new_index, embedder.model)
        while await task.some(index):  # what came while the index was filled
            pass
        await blocking(_check, vault, embedder.model, index)
        return Replacement(worker, embedder, index)
    except BaseException:
        worker.kill()
        if index is not None:
            index.kill()
        raise


def _check(vault: OpenVault, model: str, index: IndexClient) -> None:
    """Before the old vectors go: the new index holds every one that the vault has."""
    if index.count != vault.vault.vectors.count(model):
        raise WorkerFailed("embedder-broken", "the index does not hold every vector")


class _Task:
    def __init__(self, vault: OpenVault, embedder: Embedder, blocking: Blocking, report: Report) -> None:
        self._vectors = vault.vault.vectors
        self._embedder = embedder
        self._blocking = blocking
        self._report = report
        self._below: int | None = None  # every chunk from here on has been seen to

    async def some(self, index: IndexClient | None = None) -> bool:
        """Embed the next few; False when nothing is left."""
        model = self._embedder.model
        todo = await self._blocking(self._vectors.pending_newest, model, FETCH, self._below)
        if not todo and self._below is not None:  # to the end; what is new stands at the beginning
            self._below = None
            todo = await self._blocking(self._vectors.pending_newest, model, FETCH, None)
        if not todo:
            return False
        self._below = todo[-1][0]
        todo.sort(key=lambda item: len(item[1]))  # texts of one length to a batch: no padding is computed
        parts = []
        for first in range(0, len(todo), BATCH):
            texts = [text for _, text in todo[first : first + BATCH]]
            parts.append(await self._blocking(self._embedder.encode, texts))
        import numpy as np  # a tenth of a second, and threads: only where there are vectors

        ids = np.array([chunk for chunk, _ in todo], dtype=np.int64)
        matrix = np.concatenate(parts)
        kept = await self._blocking(self._vectors.store, model, ids.tolist(), matrix)
        if index is not None:
            rows = np.isin(ids, kept)
            await self._blocking(index.add, ids[rows], matrix[rows])
        left = await self._blocking(self._vectors.pending_count, model)
        done = await self._blocking(self._vectors.count, model)
        self._report(done, done + left)
        return True
