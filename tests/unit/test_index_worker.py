"""The index in its own process: what it held is gone with it, and the node never had it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from app import services
from app.workers import WorkerFailed, WorkerProcess
from storage.index_client import IndexClient
from tests.paths import ROOT
from tests.unit.index_fixtures import unit_vectors


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    started = services.start("index")
    yield started
    started.kill()


def test_the_worker_answers_what_it_was_given(worker: WorkerProcess) -> None:
    client = IndexClient(worker)
    vectors = unit_vectors(300, 384)
    client.add(np.arange(300), vectors)
    assert client.query(vectors[7], 1)[0].tolist() == [7]


def test_killing_the_worker_leaves_no_process_and_no_answer(worker: WorkerProcess) -> None:
    client = IndexClient(worker)
    client.add(np.arange(3), unit_vectors(3, 8))
    pid = worker.pid
    client.kill()
    assert (psutil.pid_exists(pid), client.alive) == (False, False)
    with pytest.raises(WorkerFailed) as caught:
        client.query(unit_vectors(1, 8)[0], 1)
    assert caught.value.code == "worker-died"


def test_a_refusal_reaches_the_node_with_its_code(worker: WorkerProcess) -> None:
    client = IndexClient(worker)
    client.add(np.array([1]), unit_vectors(1, 8))
    with pytest.raises(WorkerFailed) as caught:
        client.query(unit_vectors(1, 9)[0], 1)
    assert caught.value.code == "index-dimensions"


@pytest.mark.parametrize("module", ["storage.index", "storage.index_client", "storage.embed", "storage.search"])
def test_importing_costs_neither_chroma_nor_torch(module: str) -> None:
    program = (
        f"import sys, {module}; print(sorted({{'chromadb', 'torch', 'sentence_transformers'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
