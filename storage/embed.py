"""The embedding service: texts in, unit vectors out.  The only importer of sentence_transformers (and with it torch).

Runs in the embedding worker process, because that import takes many seconds and hundreds of megabytes; importing this
module costs nothing.  Nothing is ever downloaded.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage import model_folder, model_trial, packed_e5, rerank
from storage.embedder_store import identity
from storage.worker_port import Handler, Reply

# Texts; sorted by length, so little of a batch is padding.  Small ones stay in the processor's cache: 8 cost a quarter
# less time for each text than the library's 32 (measured on one core, 96 texts of 100 tokens: 3.3 s and 4.3 s).
BATCH = 8
_FASTER = 1.3  # times faster that half precision has to be to be worth it
_AGREES = 0.999  # cosine that its vectors have to keep with those of full precision
_SAME = 1e-6  # less between sentences in every dimension is no difference
_E5 = re.compile(r"(?<![a-z0-9])m?e5(?![a-z0-9])")
ROLES = ("query", "passage")


class EmbeddingFailed(Exception):
    """`code`: embedder-broken | cancelled."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def service(built_in: Path) -> Mapping[str, Handler]:
    """The operations of the embedding worker.

    load([folder]) -> {"model", "dimensions", "max_tokens", "multilingual"}; the built-in model where no folder is
    named.  May be called again: loads once, and another one when another folder is named.
    encode(texts[, role]) -> {"vectors": little-endian float32, row-major, L2-normalised; "count", "dimensions"}; `role`
    is "passage" or "query", for models that want to know; emits {"done": n, "total": n} after each batch.
    probe(folder, name) -> what the store notes of a new model, found by trying it; unpacks a packed one first.
    load_reranker, rerank: see storage.rerank.  Errors: EmbeddingFailed, EmbedderError.
    """
    encoder = _Encoder(built_in)
    ranking = rerank.operations(_open_cross_encoder)
    return {"load": encoder.load, "encode": encoder.encode, "probe": _probe, **ranking}


class _Encoder:
    """Main thread of the worker only."""

    def __init__(self, folder: Path) -> None:
        self._dir = folder
        self._model: Any = None
        self._name = ""
        self._prompts: Mapping[str, str] = {}
        self._multilingual = False
        self._half = False

    def load(self, args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        folder = Path(args.get("folder") or self._dir)
        if self._model is None or folder != self._dir:
            self._model = None  # before the next one: two may not fit
            self._dir = folder
            self._name = identity(folder)
            self._open(model_folder.mapping(folder / model_folder.FACTS))
        return {
            "model": self._name,
            "dimensions": self._dimensions(),
            "max_tokens": self.max_tokens,
            "multilingual": self._multilingual,
        }

    def _open(self, facts: Mapping[str, Any]) -> None:
        self._model = _open(self._dir)
        self._half = self._half_is_faster()
        self._prompts = {role: str(facts.get(role, "")) for role in ROLES}
        self._multilingual = bool(facts.get("multilingual"))

    @property
    def max_tokens(self) -> int:
        """0 where there is no bound."""
        length = self._model.max_seq_length
        return int(length) if length is not None and length < 1 << 30 else 0

    def encode(self, args: dict[str, Any], reply: Reply) -> Mapping[str, Any]:
        self.load({}, reply)
        prompt = self._prompts[str(args.get("role", "passage"))]
        texts = [prompt + str(text) for text in args["texts"]]
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        vectors = np.zeros((len(texts), self._dimensions()), dtype="<f4")
        for start in range(0, len(order), BATCH):
            if reply.cancelled:
                raise EmbeddingFailed("cancelled", "the embedding was cancelled")
            rows = order[start : start + BATCH]
            vectors[rows] = self._vectors([texts[row] for row in rows], half=self._half)
            reply.emit({"done": start + len(rows), "total": len(order)})
        return {"vectors": vectors.tobytes(), "count": len(texts), "dimensions": vectors.shape[1]}

    def facts(self, name: str) -> dict[str, Any]:
        """What a new model in the folder is worth, found by trying it."""
        self._open({})
        self._prompts = _prompts(getattr(self._model, "prompts", None) or {}, name)
        french, english = (
            self._vectors([self._prompts["query"] + text for text in texts], half=False)
            for texts in (model_trial.FRENCH, model_trial.ENGLISH)
        )
        if not np.isfinite(english).all() or np.ptp(english, axis=0).max() < _SAME:
            raise EmbeddingFailed("embedder-broken", "the model gives every text the same vector")
        across = model_trial.reaches_across(french, english)
        return {
            "kind": "embedder",
            "dimensions": self._dimensions(),
            "max_tokens": self.max_tokens,
            "multilingual": across,
            "languages": ["en", "fr"] if across else [],
            **self._prompts,
        }

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


def _probe(args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
    folder = Path(args["folder"])
    packed = folder / model_folder.PACKED
    if packed.exists():
        packed_e5.unpack(packed, folder)
        packed.unlink()
    if model_folder.check(folder) == "embedder":
        return _Encoder(folder).facts(str(args["name"]))
    model = _open_cross_encoder(folder)
    scores = model.predict([(model_trial.ENGLISH[0], text) for text in model_trial.ENGLISH], show_progress_bar=False)
    if scores.shape != (len(model_trial.ENGLISH),) or not np.isfinite(scores).all():
        raise EmbeddingFailed("embedder-broken", "the model does not give one score for a passage")
    return {"kind": "reranker"}


def _prompts(named: Mapping[str, Any], name: str) -> dict[str, str]:
    """What the model wants before a question and before a passage.  The first E5 models want it and do not say so."""
    query, passage = named.get("query"), named.get("passage") or named.get("document")
    if not query and not passage and _E5.search(name.lower()):
        query, passage = "query: ", "passage: "
    return {"query": str(query or ""), "passage": str(passage or "")}


def _open(model_dir: Path) -> Any:
    with _quiet() as device:
        from sentence_transformers import SentenceTransformer

        return _loaded(SentenceTransformer, model_dir, device)


def _open_cross_encoder(model_dir: Path) -> Any:
    with _quiet() as device:
        from sentence_transformers import CrossEncoder

        return _loaded(CrossEncoder, model_dir, device)


def _loaded(kind: Any, model_dir: Path, device: str) -> Any:
    try:
        return kind(str(model_dir), device=device, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # the library passes on whatever a strange configuration makes it stumble over
        raise EmbeddingFailed("embedder-broken", f"the model in {model_dir.name} cannot be loaded") from error


@contextlib.contextmanager
def _quiet() -> Iterator[str]:
    """Import torch, offline and in silence: what these libraries print or fetch is of no use in a worker.  Gives the
    device to compute on."""
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
    with warnings.catch_warnings(), _no_collection():
        warnings.simplefilter("ignore")
        import torch

        torch.set_num_threads(_cores())
        yield "cuda" if torch.cuda.is_available() else "cpu"


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector of garbage, which a fifth of the time of these imports goes to and which finds nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _cores() -> int:
    """Cores this process may use; os.cpu_count() counts those of the whole machine."""
    with contextlib.suppress(AttributeError, OSError):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
