"""Re-ranking by a cross-encoder, which reads question and passage together: better than vectors, and much slower.

Never required: without one, or when it is not done in time, the order stands as it was.  `operations` run in the
embedding worker, which has torch in memory already; `Reranker` is how the node sees them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from storage.embedder_store import identity
from storage.worker_port import Handler, Reply, Worker

CANDIDATES: Final = 40  # passages that are read at most
BUDGET: Final = 1.5  # seconds
_BATCH = 8  # passages between two looks at the clock
_LENGTH = 2000  # characters of a passage: cross-encoders read 512 tokens at most


def operations(open_model: Callable[[Path], Any]) -> Mapping[str, Handler]:
    """load_reranker(folder) -> {"model"}; an empty folder lets go of it.

    rerank(query, texts, until) -> {"scores": little-endian float32 for every text, or nothing when `until` (seconds
    since the epoch) came first}.  `open_model` gives a CrossEncoder; its errors pass.
    """
    ranker = _Ranker(open_model)
    return {"load_reranker": ranker.load, "rerank": ranker.rank}


class _Ranker:
    def __init__(self, open_model: Callable[[Path], Any]) -> None:
        self._open = open_model
        self._model: Any = None

    def load(self, args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
        self._model = None
        if not args["folder"]:
            return {"model": ""}
        folder = Path(args["folder"])
        name = identity(folder)
        self._model = self._open(folder)
        return {"model": name}

    def rank(self, args: dict[str, Any], reply: Reply) -> Mapping[str, Any]:
        pairs = [(str(args["query"]), str(text)[:_LENGTH]) for text in args["texts"]]
        scores: list[float] = []
        for start in range(0, len(pairs), _BATCH):
            if self._model is None or reply.cancelled or time.time() > float(args["until"]):
                return {"scores": b""}
            batch = pairs[start : start + _BATCH]
            scores += self._model.predict(batch, batch_size=_BATCH, show_progress_bar=False).tolist()
        import numpy as np

        return {"scores": np.array(scores, dtype="<f4").tobytes()}


class Reranker:
    """Any thread, blocking.  Calling it scores passages for a question, the higher the better.

    Looks at the first CANDIDATES and answers within about BUDGET seconds of the worker being free; an empty sequence
    means: leave the order as it is.
    """

    def __init__(self, worker: Worker, clock: Callable[[], float] = time.time) -> None:
        self._worker = worker
        self._clock = clock
        self.model = ""

    def load(self, folder: str) -> None:
        """Errors: the worker's; embedder-damaged, embedder-broken."""
        self.model = str(self._worker.call("load_reranker", folder=folder)["model"])

    def __call__(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        if not self.model or not texts:
            return []
        read = list(texts[:CANDIDATES])
        try:
            answer = self._worker.call("rerank", query=query, texts=read, until=self._clock() + BUDGET)
        except Exception as error:
            if getattr(error, "code", "") != "worker-died":
                raise
            return []  # it is started again; until then the order stands
        import numpy as np  # a tenth of a second, and threads: only where there is such a model

        scores = np.frombuffer(answer["scores"], dtype="<f4")
        if len(scores) != len(read) or not np.isfinite(scores).all():
            return []
        rest = float(scores.min())  # what was not read stays behind, in its order
        return [*scores.tolist(), *(rest - 1 - n for n in range(len(texts) - len(read)))]
