"""Keeps every chunk embedded: the embedding worker's life, the queue of chunks without a vector, the index.

The queue is the vault itself (chunks that have no vector of the current model), so an interrupted import, a killed
process or a new model all resume the same way.  Searches go between two small batches.  While the model is changed
(see `app.changing`), the old one goes on serving searches and new chunks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import trio

from app import services
from app.changing import Changing, Choice
from app.embedder_results import EmbedderChange
from app.open_vault import OpenVault
from app.reembedding import Replacement
from app.results import CommandFailed, EmbedderChanged, LibraryChanged, Progress
from app.workers import WorkerFailed, WorkerProcess
from installer import places
from storage.embedder import Embedder
from storage.embedder_store import EmbedderStore
from storage.index_client import IndexClient
from storage.rerank import Reranker

FETCH = 512  # chunks read and stored together
BATCH = 32  # chunks embedded in one request: what a search waits for at most
GRACE = 5  # seconds that a search may go on with the processes of a model that was replaced

State = Literal["off", "starting", "ready", "failed"]
Blocking = Callable[..., Awaitable[Any]]


class Embedding:
    """Trio thread only."""

    def __init__(self, blocking: Blocking, listener: Callable[[object], None], nursery: trio.Nursery) -> None:
        self.state: State = "off"
        self._blocking = blocking
        self._listener = listener
        self._nursery = nursery
        self._worker: WorkerProcess | None = None
        self._embedder: Embedder | None = None
        self._settled = trio.Event()  # ready or failed
        self._scope: trio.CancelScope | None = None
        self._stopped = trio.Event()
        self._wake = trio.Event()
        self._idle = trio.Event()
        self._loaded = trio.Event()  # the index has the vault's vectors, or will not have them
        self._chosen = trio.Event()  # the worker has the model that the vault wants
        self._chosen.set()
        self._swap = trio.Lock()  # held while vectors are added, or the model is changed
        self._folder = ""  # of the model the worker loads; empty for the built-in one
        self._reranker: Reranker | None = None
        self._vault: OpenVault | None = None
        self._held = False  # the battery is low
        self._asked = 0  # commands that wait for it all the same
        self.eager = False  # up with each vault; else once somebody waits for it or there is something to embed
        self._free = trio.Event()
        self._free.set()
        self.store = EmbedderStore(places.models(), places.embedder())
        self.changing = Changing(self.store, blocking, listener, self._adopt, self._allowed)

    @property
    def rerank(self) -> Reranker | None:
        """Scores passages for a question (any thread, blocking); None where no re-ranker is installed and loaded."""
        return self._reranker if self._reranker is not None and self._reranker.model else None

    @property
    def multilingual(self) -> bool:
        """Whether the loaded model reaches across languages."""
        return self._embedder is not None and self._embedder.multilingual

    @property
    def change(self) -> EmbedderChange | None:
        """How far the change to another model is; None where none is under way or failed."""
        return self.changing.state

    @property
    def model(self) -> str:
        """The id of the loaded embedding model, or an empty string."""
        return self._embedder.model if self._embedder is not None else ""

    def start(self) -> None:
        """Start the worker, and from now on with each vault: its imports take seconds, so this happens at launch."""
        self.eager = True
        self._start()

    def _needed(self) -> None:
        """Start it where that was put off; one that died comes back by itself, and nobody waits for it."""
        if self._vault is not None and self._worker is None and not self._settled.is_set():
            self._start()

    def _start(self) -> None:
        if self._worker is not None and self._worker.alive:
            return
        if self._settled.is_set():  # else somebody may wait for it
            self._settled = trio.Event()
        self._worker = services.start("embed")
        self._set("starting")
        self._nursery.start_soon(self._load, self._worker)

    async def _load(self, worker: WorkerProcess) -> None:
        state: State = "failed"
        try:
            embedder = Embedder(worker, self._folder)
            await self._blocking(embedder.load)
            self._embedder = embedder
            state = "ready"
        except WorkerFailed:
            pass  # the state says so
        if worker is self._worker:  # else it was replaced while it loaded
            self._settled.set()
            self._set(state)

    def _set(self, state: State) -> None:
        self.state = state
        self._listener(EmbedderChanged(state))

    def attach(self, vault: OpenVault) -> None:
        """Begin to load the index and to embed what has no vector."""
        if self.eager:
            self._start()
        elif self._worker is None:
            self._settled = trio.Event()
        self._vault = vault
        self._wake, self._idle, self._stopped, self._loaded, self._chosen = (trio.Event() for _ in range(5))
        self._scope = trio.CancelScope()
        self._nursery.start_soon(self._work, vault, self._scope, self._stopped)

    async def detach(self) -> None:
        """Stop working on the vault and end the worker, which has seen its text."""
        self._vault = None
        if self._scope is not None:
            self._scope.cancel()
            self.stop()
            await self._stopped.wait()
            self.stop()  # a change of the model may have been finished meanwhile
            self._scope = None
        self._folder = ""

    async def reload(self) -> None:
        """Look again which model and which re-ranker the vault wants."""
        vault = self._vault
        if vault is not None and self._scope is not None:
            self._scope.cancel()
            await self._stopped.wait()
            self.attach(vault)

    @asynccontextmanager
    async def halted(self) -> AsyncIterator[None]:
        """Nothing is embedded or indexed in the block; behind it the index is loaded anew.  The worker stays up."""
        vault, scope = self._vault, self._scope
        if scope is not None:
            scope.cancel()
            await self._stopped.wait()
        try:
            yield
        finally:
            if vault is not None:
                self.attach(vault)

    def stop(self) -> None:
        """End the worker process."""
        worker, self._worker, self._embedder, self._reranker = self._worker, None, None, None
        if worker is not None:
            worker.kill()
        if self.state != "off":
            self._set("off")

    def nudge(self) -> None:
        """There may be new chunks to embed."""
        if self._idle.is_set():
            self._idle = trio.Event()
        self._wake.set()
        self._needed()

    async def _allowed(self) -> None:
        await self._free.wait()

    def hold(self, on: bool) -> None:
        """Leave chunks without a vector, as on a low battery, unless a command waits for them."""
        self._held = on
        self._settle()

    def _settle(self) -> None:
        if not self._held or self._asked:
            self._free.set()
        elif self._free.is_set():
            self._free = trio.Event()

    async def ready(self) -> bool:
        """Wait until the embedder is up, or will not come up."""
        self._needed()
        await self._settled.wait()
        await self._chosen.wait()
        return self.state == "ready"

    async def searchable(self) -> bool:
        """Wait until a search by meaning can be made: the embedder is up and the index loaded.  False if it cannot."""
        vault = self._vault
        if vault is None or not await self.ready():
            return False
        await self._loaded.wait()
        return vault.index_loaded

    async def query(self, text: str) -> Any:
        """The vector of a question, or None where the embedder is not there."""
        while self._embedder is not None and self.state == "ready":
            embedder = self._embedder
            try:
                vector = (await self._blocking(embedder.encode, [text], "query"))[0]
            except WorkerFailed:
                if embedder is self._embedder:
                    await self._restart()
                    return None
                continue
            if embedder is self._embedder:  # else the model was changed meanwhile, and the index with it
                return vector
        return None

    async def encode(self, texts: list[str], question: str = "") -> Any:
        """Vectors of texts, behind that of `question` where one is given; None where the embedder is not there."""
        embedder = self._embedder
        if embedder is None or self.state != "ready" or not texts:
            return None
        try:
            found = await self._blocking(embedder.encode, texts)
            if not question:
                return found
            import numpy as np

            return np.concatenate([await self._blocking(embedder.encode, [question], "query"), found])
        except WorkerFailed:
            return None

    async def drained(self, report: Callable[[Progress], None]) -> None:
        """Wait until every chunk has a vector, reporting how far it is.  Errors: CommandFailed("no-embedder")."""
        vault = self._vault
        if vault is None:
            return
        if not await self.ready():
            raise CommandFailed("no-embedder")
        model = self.model
        total = await self._blocking(vault.vault.vectors.pending_count, model)
        self._asked += 1
        self._settle()
        try:
            while not self._idle.is_set():
                left = await self._blocking(vault.vault.vectors.pending_count, model)
                report(Progress("embedding", max(total - left, 0), total))
                if self.state == "failed":
                    raise CommandFailed("no-embedder")
                with trio.move_on_after(0.5):
                    await self._idle.wait()
        finally:
            self._asked -= 1
            self._settle()

    async def _work(self, vault: OpenVault, scope: trio.CancelScope, stopped: trio.Event) -> None:
        try:
            with scope:
                await self._settled.wait()
                choice = await self.changing.choice(vault)
                await self._load_chosen(choice)
                self._chosen.set()
                if self._embedder is None or self.state != "ready":
                    return  # full text alone answers; the state says why
                model = self._embedder.model
                try:
                    await self._blocking(vault.load_index, model)
                except WorkerFailed:
                    return  # the index process died: full text alone answers
                finally:
                    self._loaded.set()
                await self._load_reranker()
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self.changing.run, vault, model, nursery)
                    await self._follow(vault)
        finally:
            self._chosen.set()
            stopped.set()

    async def _load_chosen(self, choice: Choice) -> None:
        """Have the worker load the model that the vault wants; the built-in one where that cannot be had."""
        folders = [choice.folder, ""] if choice.folder else [""]
        for folder in folders:
            worker = self._worker
            if worker is None or not worker.alive or (folder == self._folder and self.state == "ready"):
                return
            if folder == self._folder:
                continue  # it failed already
            self._folder, self._embedder = folder, None
            self._set("starting")
            embedder: Embedder | None = Embedder(worker, folder)
            try:
                await self._blocking(Embedder.load, embedder)
            except WorkerFailed:
                embedder = None
            if worker is not self._worker:
                return  # the vault was locked meanwhile
            self._embedder = embedder
            self._set("failed" if embedder is None else "ready")
            if embedder is not None:
                return

    async def _load_reranker(self) -> None:
        """Load the re-ranker beside the embedder, where one is installed.  Without it the order stands as it is."""
        vault, worker = self._vault, self._worker
        if vault is None or worker is None:
            return
        self._reranker = None
        model = await self.changing.reranker(vault)
        if model is None:
            return
        reranker = Reranker(worker)
        try:
            await self._blocking(reranker.load, str(model.path))
        except WorkerFailed:
            return
        if worker is self._worker:
            self._reranker = reranker

    async def _adopt(self, vault: OpenVault, new: Replacement, nursery: trio.Nursery) -> None:
        """From now on search with another model.  The old processes end a little later: a search may be using them."""
        async with self._swap:
            await self.changing.settle(vault, new.embedder.model)
            old_worker, old_index = self._worker, vault.index
            self._worker, self._embedder, vault.index = new.worker, new.embedder, new.index
            self._folder = new.embedder.folder
        if self._idle.is_set():
            self._idle = trio.Event()
        self._wake.set()
        nursery.start_soon(_retire, old_worker, old_index)
        nursery.start_soon(self._load_reranker)

    async def _follow(self, vault: OpenVault) -> None:
        while True:
            await self._free.wait()
            self._wake = trio.Event()  # before looking: what arrives while we look sets it
            embedder = self._embedder
            try:
                worked = await self._embed_some(vault)
            except WorkerFailed:
                if embedder is self._embedder:  # else it was replaced, and ended
                    await self._restart()
                continue
            if not worked and not self._wake.is_set():
                self._idle.set()
                await self._wake.wait()

    async def _embed_some(self, vault: OpenVault) -> bool:
        embedder = self._embedder
        if embedder is None:
            raise WorkerFailed("worker-died", "the embedding process is not running")
        vectors = vault.vault.vectors
        todo = await self._blocking(vectors.pending, embedder.model, FETCH)
        if not todo:
            return False
        todo.sort(key=lambda item: len(item[1]))  # texts of one length to a batch: no padding is computed
        parts = []
        for first in range(0, len(todo), BATCH):
            if embedder is not self._embedder:
                return True  # the model was changed meanwhile: look again
            parts.append(await self._blocking(embedder.encode, [text for _, text in todo[first : first + BATCH]]))
        import numpy as np  # a tenth of a second, and threads: only where there are vectors

        ids = np.array([chunk for chunk, _ in todo], dtype=np.int64)
        matrix = np.concatenate(parts)
        async with self._swap:
            if embedder is not self._embedder:
                return True  # the model was changed meanwhile: look again
            kept = await self._blocking(vectors.store, embedder.model, ids.tolist(), matrix)
            rows = np.isin(ids, kept)  # some may be forgotten by now
            await self._blocking(vault.index.add, ids[rows], matrix[rows])
        self._listener(LibraryChanged(await self._blocking(vectors.pending_count, embedder.model)))
        return True

    async def _restart(self) -> None:
        """The worker died: start another, after a moment, so that a crash loop does not burn the machine."""
        self.stop()
        await trio.sleep(1)
        self._start()
        if await self.ready():
            await self._load_reranker()


async def _retire(worker: WorkerProcess | None, index: IndexClient) -> None:
    try:
        await trio.sleep(GRACE)
    finally:
        index.kill()
        if worker is not None:
            worker.kill()
