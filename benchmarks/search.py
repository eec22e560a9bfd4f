"""`python -m benchmarks search [--chunks N] [--keep DIR] [--part NAME …]`: search in a made-up mailbox of 100,000.

Ours: hybrid search with the query already embedded, through the real index worker over a real encrypted vault; from
unlock to the first result; memory of each process.  Beside it, in the same run, over the same vectors: the exact scan
and Chroma as it comes, with what it finds of the ten nearest, and the time to add everything to it again.  Then the
table that sets `storage.index.THRESHOLD`: the scan against Chroma proposing with exact scores to re-rank, by size.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from app import services
from benchmarks.corpus import Corpus, Question
from storage.index import CANDIDATES, ChromaIndex
from storage.index_client import IndexClient
from storage.search import Searcher
from storage.vault import Vault
from storage.vector_index import ExactIndex, Ids, VectorIndex

MODEL = "benchmark"
K = 10
_KEY = bytes(32)  # of a vault that holds nothing but made-up words
_BATCH = 500
SIZES = (50_000, 100_000, 150_000, 200_000, 300_000)  # of the table that sets the threshold
_TABLE_QUESTIONS = 100
FILTER = "from:chloé"  # an eighth of the mailbox
PARTS = ("vault", "indexes", "threshold")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks search")
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="build the mailbox here, and use it again when it is there")
    parser.add_argument("--part", action="append", choices=PARTS, help="this alone; all without")
    options = parser.parse_args(argv)
    if "OPENBLAS_NUM_THREADS" not in os.environ:  # read when numpy loads, so in a process of its own; see app.services
        return subprocess.call([sys.executable, "-m", "benchmarks", "search", *argv], env=os.environ | one_thread())
    corpus = Corpus(options.chunks)
    questions = corpus.questions(options.questions)
    figures: dict[str, Any] = {"chunks": options.chunks, "questions": len(questions), "cores": os.cpu_count()}
    parts = options.part or PARTS
    if "vault" in parts:
        with tempfile.TemporaryDirectory() as made:
            vault = _mailbox(corpus, options.keep or Path(made))
            figures |= _ours(vault, questions)
    if "indexes" in parts:
        figures |= _indexes(corpus, questions)
    _table(figures)
    if "threshold" in parts:
        figures["threshold"] = _threshold()
    print(json.dumps(figures))
    return 0


def one_thread() -> dict[str, str]:
    """The surroundings of the index worker, so that what is measured beside it has the same."""
    return {name: value for name, value in services.SPECS["index"].environment.items() if name.endswith("_THREADS")}


def _mailbox(corpus: Corpus, folder: Path) -> Path:
    """The vault's file, with every chunk and vector of `corpus`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"search-{corpus.chunks}.db"
    if path.is_file():
        return path
    start = time.perf_counter()
    making = path.with_suffix(".part")
    making.unlink(missing_ok=True)
    with Vault.create(making, _KEY) as vault:
        records = []
        for record in corpus.records():
            records.append(record)
            if len(records) == _BATCH:
                vault.library.add(records)
                records.clear()
        vault.library.add(records)
        for first in range(0, corpus.chunks, 1000):
            pending = [number for number, _ in vault.vectors.pending(MODEL, min(1000, corpus.chunks - first))]
            vault.vectors.store(MODEL, pending, corpus.vectors(first, first + len(pending)))
    making.rename(path)
    print(f"built a mailbox of {corpus.chunks} chunks in {time.perf_counter() - start:.0f} s")
    return path


def _ours(path: Path, questions: list[Question]) -> dict[str, Any]:
    worker = services.start("index")  # at launch, before unlock, as the node does
    try:
        worker.call("stats")
        start = time.perf_counter()
        with Vault.open(path, _KEY) as vault:
            Searcher(vault).search(questions[0].text, K, "words")
            words_up = time.perf_counter() - start
            index = IndexClient(worker)
            index.load(vault.vectors.blocks(MODEL))
            loaded = time.perf_counter() - start
            searcher = Searcher(vault, index)
            searcher.search(questions[0].text, K, vector=questions[0].vector)
            first = time.perf_counter() - start
            hybrid = _timed(questions, lambda q: searcher.search(q.text, K, vector=q.vector))
            words = _timed(questions, lambda q: searcher.search(q.text, K, "words"))
            filtered = _timed(questions, lambda q: searcher.search(f"{q.text} {FILTER}", K, vector=q.vector))
            mistyped = _timed(questions, lambda q: searcher.search(_mistyped(q.text), K, vector=q.vector))
            near = _timed(questions, lambda q: index.query(q.vector, CANDIDATES))  # as hybrid search asks
            tier = index.stats()["tier"]
        return {
            "unlock_to_first_words_s": words_up,
            "unlock_to_vectors_loaded_s": loaded,
            "unlock_to_first_search_s": first,
            "hybrid_ms": hybrid,
            "words_ms": words,
            "filtered_ms": filtered,
            "mistyped_ms": mistyped,
            "vectors_through_worker_ms": near,
            "tier": tier,
            "memory_mb": {"node": _megabytes(os.getpid()), "index": _megabytes(worker.pid)},
        }
    finally:
        worker.kill()


def _mistyped(text: str) -> str:
    """With two letters of the last word in each other's place."""
    *rest, word = text.split()
    return " ".join([*rest, word[:2] + word[3:4] + word[2:3] + word[4:]])


def _indexes(corpus: Corpus, questions: list[Question]) -> dict[str, Any]:
    """The scan, and Chroma with its defaults."""
    vectors = [corpus.vectors(first, min(first + 1000, corpus.chunks)) for first in range(0, corpus.chunks, 1000)]
    ids = np.arange(1, corpus.chunks + 1, dtype=np.int64)
    truth = [_truth(vectors, ids, question) for question in questions]
    exact = ExactIndex()
    for number, some in enumerate(vectors):
        exact.add(ids[number * 1000 : number * 1000 + len(some)], some.astype(np.float16))
    figures: dict[str, Any] = {
        "scan_ms": _timed(questions, lambda q: exact.query(q.vector, K)),
        "scan_recall": _recall(exact, questions, truth),
    }
    chroma = ChromaIndex(None)
    start = time.perf_counter()
    for number, some in enumerate(vectors):
        chroma.add(ids[number * 1000 : number * 1000 + len(some)], some)
    return figures | {
        "chroma_default_add_s": time.perf_counter() - start,
        "chroma_default_ms": _timed(questions, lambda q: chroma.query(q.vector, K)),
        "chroma_default_recall": _recall(chroma, questions, truth),
    }


def _threshold() -> list[dict[str, Any]]:
    """The scan against Chroma proposing with exact scores to re-rank, while both grow through SIZES; a row for each."""
    corpus = Corpus(SIZES[-1])
    questions = corpus.questions(_TABLE_QUESTIONS)
    exact, chroma = ExactIndex(), ChromaIndex()
    nearest: list[list[tuple[float, int]]] = [[] for _ in questions]
    asked = np.stack([question.vector for question in questions])
    rows: list[dict[str, Any]] = []
    print("processor time in ms: the scan, and Chroma proposing with exact re-ranking")
    print(f"{'vectors':>8}{'scan p50':>10}{'p95':>7}{'recall':>8}{'Chroma p50':>12}{'p95':>7}{'recall':>8}")
    for first in range(0, SIZES[-1], 1000):
        some, ids = corpus.vectors(first, first + 1000), np.arange(first + 1, first + 1001, dtype=np.int64)
        exact.add(ids, some.astype(np.float16))
        chroma.add(ids, some.astype(np.float16))
        for kept, scores in zip(nearest, asked @ some.T, strict=True):
            best = np.argsort(-scores)[:K]
            kept[:] = sorted([*kept, *zip(scores[best].tolist(), ids[best].tolist(), strict=True)], reverse=True)[:K]
        if first + 1000 in SIZES:
            truth = [{number for _, number in kept} for kept in nearest]
            rows.append({"vectors": first + 1000, **_compared(exact, chroma, questions, truth)})
            scan, ours = rows[-1]["scan"], rows[-1]["chroma"]
            print(f"{first + 1000:8}{scan['cpu_p50']:10.1f}{scan['cpu_p95']:7.1f}{scan['recall']:8.3f}"
                  f"{ours['cpu_p50']:12.1f}{ours['cpu_p95']:7.1f}{ours['recall']:8.3f}")  # fmt: skip
    return rows


def _compared(
    exact: ExactIndex, chroma: ChromaIndex, questions: list[Question], truth: list[set[int]]
) -> dict[str, dict[str, float]]:
    both: tuple[tuple[str, VectorIndex | _Reranked], ...] = (("scan", exact), ("chroma", _Reranked(chroma, exact)))
    return {
        name: _timed(questions, lambda q, index=index: index.query(q.vector, K))  # type: ignore[misc]
        | {"recall": _recall(index, questions, truth)}
        for name, index in both
    }


class _Reranked:
    """What the index does above its threshold."""

    def __init__(self, chroma: ChromaIndex, exact: ExactIndex) -> None:
        self._chroma = chroma
        self._exact = exact

    def query(self, vector: Any, k: int) -> Any:
        return self._exact.rank(vector, self._chroma.query(vector, CANDIDATES)[0].tolist(), k)


def _truth(vectors: list[Any], ids: Ids, question: Question) -> set[int]:
    scores = np.concatenate([some @ question.vector for some in vectors])
    return set(ids[np.argsort(-scores)[:K]].tolist())


def _recall(index: VectorIndex | _Reranked, questions: list[Question], truth: list[set[int]]) -> float:
    found = sum(
        len(set(index.query(question.vector, K)[0].tolist()) & nearest)
        for question, nearest in zip(questions, truth, strict=True)
    )
    return found / (K * len(questions))


def _timed(questions: list[Question], ask: Callable[[Question], object]) -> dict[str, float]:
    """Milliseconds for each question, one after the other; the first few warm up.  `cpu_*`: of this process's
    processor time, which other programs on the machine hardly change."""
    for question in questions[:5]:
        ask(question)
    taken, worked = [], []
    for question in questions:
        start, work = time.perf_counter(), time.process_time()
        ask(question)
        taken.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - work) * 1000)
    return {
        f"{clock}p{share}": float(np.percentile(values, share))
        for clock, values in (("", taken), ("cpu_", worked))
        for share in (50, 95)
    }


def _megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def _table(figures: dict[str, Any]) -> None:
    print(f"{figures['chunks']} chunks, {figures['questions']} questions, {figures['cores']} cores")
    rows = (
        ("hybrid, ours", "hybrid_ms"),
        ("words alone, ours", "words_ms"),
        (f"hybrid, with {FILTER}", "filtered_ms"),
        ("hybrid, a word mistyped", "mistyped_ms"),
        ("vectors, through the worker", "vectors_through_worker_ms"),
        ("exact scan", "scan_ms"),
        ("Chroma, default", "chroma_default_ms"),
    )
    print(f"{'':32}{'p50 ms':>8}{'p95 ms':>8}{'recall@10':>11}{'add s':>8}")
    for name, key in rows:
        if key in figures:
            recall, adding = figures.get(key.replace("_ms", "_recall")), figures.get(key.replace("_ms", "_add_s"))
            line = f"{name:32}{figures[key]['p50']:8.1f}{figures[key]['p95']:8.1f}"
            print(line + (f"{recall:11.3f}" if recall is not None else "") + (f"{adding:8.1f}" if adding else ""))
    if "unlock_to_first_search_s" in figures:
        print(f"unlock to first words {figures['unlock_to_first_words_s']:.2f} s, to first hybrid search "
              f"{figures['unlock_to_first_search_s']:.2f} s; answered by: {figures['tier']}")  # fmt: skip
        print("memory MB: " + ", ".join(f"{name} {size:.0f}" for name, size in figures["memory_mb"].items()))
