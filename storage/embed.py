"""The embedding service: texts in, unit vectors out.  The only importer of sentence_transformers (and with it torch).

Runs in the embedding worker process, because that import takes many seconds and hundreds of megabytes; importing this
module costs nothing.  Nothing is ever downloaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.worker_port import Handler, Reply

# Texts; sorted by length, so little of a batch is padding.  Small ones stay in the processor's cache: 8 cost a quarter
# less time for each text than the library's 32 (measured on one core, 96 texts of 100 tokens: 3.3 s and 4.3 s).
BATCH = 8
_FASTER = 1.3  # times faster that half precision has to be to be worth it
_AGREES = 0.999  # cosine that its vectors have to keep with those of full precision


class EmbeddingFailed(Exception):
    """`code`: embedder-missing | embedder-broken | cancelled."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def service(model_dir: Path) -> Mapping[str, Handler]:
    """The operations of the embedding worker.

    load() -> {"model", "dimensions", "max_tokens"}; may be called again, loads once.
    encode(texts) -> {"vectors": little-endian float32, row-major, L2-normalised; "count", "dimensions"}; emits
    {"done": n, "total": n} after each batch.  Errors: EmbeddingFailed.
    """
    encoder = _Encoder(model_dir)
    return {"load": encoder.load, "encode": encoder.encode}


def fingerprint(model_dir: Path) -> str:
    """A name for the vectors of a model: its folder's name and the first 12 digits of the SHA-256 of its weights."""
    hasher = hashlib.sha256()
    weights = sorted([*model_dir.glob("*.safetensors"), *model_dir.glob("pytorch_model*.bin")])
    if not weights:
        raise EmbeddingFailed("embedder-missing", f"there is no embedding model in {model_dir}")
    for path in weights:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                hasher.update(block)
    return f"{model_dir.name}-{hasher.hexdigest()[:12]}"


class _Encoder:
    """Main thread of the worker only."""

    def __init__(self, model_dir: Path) -> None:
        self._dir = model_dir
        self._model: Any = None
        self._name = ""
        self._half = False

    def load(self, _args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        if self._model is None:
            self._name = fingerprint(self._dir)
            self._model = _open(self._dir)
            self._half = self._half_is_faster()
        return {"model": self._name, "dimensions": self._dimensions(), "max_tokens": self._model.max_seq_length}

    def encode(self, args: dict[str, Any], reply: Reply) -> Mapping[str, Any]:
        self.load({}, reply)
        texts = [str(text) for text in args["texts"]]
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        vectors = np.zeros((len(texts), self._dimensions()), dtype="<f4")
        for start in range(0, len(order), BATCH):
            if reply.cancelled:
                raise EmbeddingFailed("cancelled", "the embedding was cancelled")
            rows = order[start : start + BATCH]
            vectors[rows] = self._vectors([texts[row] for row in rows], half=self._half)
            reply.emit({"done": start + len(rows), "total": len(order)})
        return {"vectors": vectors.tobytes(), "count": len(texts), "dimensions": vectors.shape[1]}

    def _vectors(self, texts: list[str], *, half: bool) -> NDArray[np.float32]:
        import torch

        with torch.autocast(self._model.device.type, dtype=torch.bfloat16, enabled=half):
            rows = self._model.encode(texts, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True)
        rows = np.asarray(rows, dtype=np.float32)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=np.float32)

    def _half_is_faster(self) -> bool:
        """Whether this machine computes bfloat16 faster, and well: newer processors three times, older ones slower."""
        texts = [" ".join(["The quick brown fox jumps over the lazy dog."] * (4 + number)) for number in range(BATCH)]
        best = {False: float("inf"), True: float("inf")}
        found = {}
        for half in (False, True, False, True):
            start = time.perf_counter()
            found[half] = self._vectors(texts, half=half)
            best[half] = min(best[half], time.perf_counter() - start)
        agrees = float(np.min(np.sum(found[True] * found[False], axis=1))) >= _AGREES
        return agrees and best[True] * _FASTER < best[False]

    def _dimensions(self) -> int:
        return int(self._model.get_embedding_dimension())


def _open(model_dir: Path) -> Any:
    """Import and load, offline and in silence: what these libraries print or fetch is of no use in a worker."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        TOKENIZERS_PARALLELISM="false",  # torch's threads already use every core
        TQDM_DISABLE="1",
    )
    logging.getLogger("transformers").setLevel(logging.ERROR)
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(_cores())
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            return SentenceTransformer(str(model_dir), device=device, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = f"the embedding model in {model_dir} cannot be loaded"
            raise EmbeddingFailed("embedder-broken", reason) from error


def _cores() -> int:
    """Cores this process may use; os.cpu_count() counts those of the whole machine."""
    with contextlib.suppress(AttributeError, OSError):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
