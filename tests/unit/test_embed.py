"""The embedding service with the real model, in a process of its own, as the worker runs it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from installer.places import embedder as model_dir
from storage.embed import service
from storage.embedder import Embedder
from storage.embedder_store import identity
from storage.model_folder import EmbedderError
from tests.paths import ROOT
from tests.unit.index_fixtures import LocalWorker, Recorder

PROGRAM = """
import base64, json, sys
from pathlib import Path
from storage.embed import EmbeddingFailed, service
from tests.unit.index_fixtures import Recorder

assert "torch" not in sys.modules
handlers = service(Path(sys.argv[1]))
texts = ["The plumber repaired the boiler.", *("padding " * n for n in range(1, 40))]
texts += ["The boiler works again.", "Opera tickets"]
reply, stopped = Recorder(), Recorder(cancel_after=1)
answer = dict(handlers["encode"]({"texts": texts}, reply))
answer["vectors"] = base64.b64encode(answer["vectors"]).decode()
single = base64.b64encode(handlers["encode"]({"texts": texts[-1:]}, Recorder())["vectors"]).decode()
try:
    handlers["encode"]({"texts": texts}, stopped)
    code = ""
except EmbeddingFailed as error:
    code = error.code
empty = handlers["encode"]({"texts": []}, Recorder())
print(json.dumps({"load": dict(handlers["load"]({}, reply)), "answer": answer, "events": reply.events, "single": single,
                  "cancelled": code, "stopped": len(stopped.events), "empty": empty["count"]}))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    if not (model_dir() / "model.safetensors").is_file():
        pytest.skip("the default embedding model is not installed")
    command = [sys.executable, "-c", PROGRAM, str(model_dir())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=250)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def matrix(said: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.frombuffer(base64.b64decode(said["answer"]["vectors"]), dtype="<f4").reshape(-1, 384)


def test_the_model_is_named_by_its_weights(said: dict[str, Any]) -> None:
    assert said["load"] == {
        "model": identity(model_dir()),
        "dimensions": 384,
        "max_tokens": 256,
        "multilingual": False,
    }


def test_every_text_has_a_unit_vector(said: dict[str, Any]) -> None:
    assert said["answer"]["count"] == len(matrix(said)) == 42
    np.testing.assert_allclose(np.linalg.norm(matrix(said), axis=1), 1, atol=1e-4)


def test_vectors_come_back_in_the_order_of_the_texts(said: dict[str, Any]) -> None:
    single = np.frombuffer(base64.b64decode(said["single"]), dtype="<f4")
    np.testing.assert_allclose(matrix(said)[-1], single, atol=1e-2)


def test_what_means_the_same_lies_close(said: dict[str, Any]) -> None:
    boiler, again, opera = matrix(said)[[0, -2, -1]]
    assert boiler @ again > boiler @ opera + 0.3


def test_progress_is_reported_up_to_the_whole(said: dict[str, Any]) -> None:
    assert [event["total"] for event in said["events"]] == [42] * len(said["events"])
    assert said["events"][-1]["done"] == 42


def test_a_cancelled_request_ends_after_its_batch(said: dict[str, Any]) -> None:
    assert (said["cancelled"], said["stopped"]) == ("cancelled", 1)


def test_no_texts_give_no_vectors(said: dict[str, Any]) -> None:
    assert said["empty"] == 0


def test_a_missing_model_is_a_clear_failure(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="no embedding model") as caught:
        service(tmp_path)["load"]({}, Recorder())
    assert caught.value.code == "embedder-missing"


def test_the_client_reads_the_vectors_it_is_sent() -> None:
    rows = np.arange(6, dtype="<f4").reshape(2, 3)
    worker = LocalWorker(
        {
            "load": lambda _args, _reply: {"model": "m", "dimensions": 3, "max_tokens": 9},
            "encode": lambda _args, _reply: {"vectors": rows.tobytes(), "count": 2, "dimensions": 3},
        }
    )
    embedder = Embedder(worker)
    assert not embedder.ready
    embedder.load()
    assert (embedder.ready, embedder.model, embedder.dimensions) == (True, "m", 3)
    np.testing.assert_array_equal(embedder.encode(["a", "b"]), rows)
