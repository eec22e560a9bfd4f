"""The real worker process with the real default model, for tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from agent.llama_client import LlamaClient, Patience
from agent.llm import Finished, Generation, Turn
from agent.models import DEFAULT_DIGEST, ModelError, ModelFile, ModelStore
from app.workers import WorkerProcess, WorkerSpec
from installer import places

_LAUNCHER = """
from agent.llama_worker import service
from app.worker_host import private_pipes, serve
serve(service(), *private_pipes())
"""


def default_model() -> ModelFile:
    """The default model's file; skips the test where it is not installed."""
    try:
        return ModelStore(places.models()).find(DEFAULT_DIGEST)
    except ModelError:
        pytest.skip(f"the default model is not in {places.models()}: `python3 -m installer run` fetches it")


def start_worker(launcher: str = _LAUNCHER) -> WorkerProcess:
    with patch("app.workers.command", lambda _name: [sys.executable, "-c", launcher]):
        return WorkerProcess(WorkerSpec("llm", {}))


class Bench:
    """A client over real workers; `workers` are those it started, the last one running."""

    def __init__(self, model: ModelFile, patience: Patience | None = None, launcher: str = _LAUNCHER) -> None:
        self.store = ModelStore(model.path.parent)
        self.model = model
        self.workers: list[WorkerProcess] = []
        self.restarts = 0
        self._launcher = launcher
        self.client = LlamaClient(
            self._start, lambda: model, lambda file: self.store.verify(file.digest), self._restarted, patience
        )

    def _start(self) -> WorkerProcess:
        self.workers.append(start_worker(self._launcher))
        return self.workers[-1]

    def _restarted(self) -> None:
        self.restarts += 1


@contextmanager
def bench(model: ModelFile, patience: Patience | None = None, launcher: str = _LAUNCHER) -> Iterator[Bench]:
    made = Bench(model, patience, launcher)
    try:
        yield made
    finally:
        for worker in made.workers:
            worker.kill()


async def answer(client: LlamaClient, request: Generation) -> tuple[str, Finished]:
    """The whole text of an answer and how it ended."""
    pieces: list[str] = []
    async for item in client.generate(request):
        if isinstance(item, Finished):
            return "".join(pieces), item
        pieces.append(item.text)
    raise AssertionError("no Finished")


def asking(question: str, *earlier: Turn, **options: object) -> Generation:
    return Generation((*earlier, Turn("user", question)), **options)  # type: ignore[arg-type]
