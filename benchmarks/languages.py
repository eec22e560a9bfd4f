"""`python -m benchmarks languages`: French, English and questions across languages, for every embedding model there is.

The questions over the sample mailbox that have an answer; the share whose evidence is among the first five records, for
full text alone, for each model alone (cosine over the chunks as they are embedded), and for our search with each.  One
model is in memory at a time; its loading, its speed and its process's memory are told with it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from app import services
from benchmarks.answers import QUESTIONS, TOP
from installer import places
from storage.embedder import Embedder
from storage.embedder_store import EmbedderStore, StoredModel
from storage.importer import import_paths
from storage.search import Searcher
from storage.sources import read
from storage.terms import query as expression
from storage.vault import Vault
from storage.vector_index import ExactIndex, Floats

GROUPS = ("en", "fr", "across", "all")
_BATCH = 32
_DEPTH = 60  # chunks looked at
Question = dict[str, Any]
Ranked = Callable[[Question], list[str]]  # record ids, best first


class Bench:
    """The sample mailbox in a vault of its own."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault.create(folder / "vault.db", os.urandom(32))
        with resources.as_file(resources.files("app") / "sample") as sample:
            import_paths(self.vault, [sample / "mail", sample / "notes"], read)
        self.chunks = self.vault.vectors.pending("none", 1_000_000)
        with self.vault.read() as connection:
            rows = connection.execute("SELECT c.id, r.id FROM chunk c JOIN record r ON r.number = c.record").fetchall()
        self.record_of: dict[int, str] = dict(rows)
        self._names: dict[str, str] = {}
        for row in self.vault.library.page(None, None, 0, 10_000)[0]:
            record = self.vault.library.get(row.id).record
            self._names[record.external_id or Path(record.origin).name] = row.id

    def words(self, question: Question) -> list[str]:
        found = self.vault.library.match(expression(question["question"]), _DEPTH)
        return [self.record_of[chunk] for chunk, _rank in found]

    def found(self, question: Question, ranked: Ranked) -> bool:
        first = list(dict.fromkeys(ranked(question)))[:TOP]
        return any(self._names[name] in first for name in question["evidence"])

    def shares(self, questions: Sequence[Question], ranked: Ranked) -> dict[str, tuple[int, int]]:
        """Hits and questions, by group."""
        hits = [(_group(question), self.found(question, ranked)) for question in questions]
        cells = {}
        for group in GROUPS:
            chosen = [hit for name, hit in hits if group in ("all", name)]
            cells[group] = (sum(chosen), len(chosen))
        return cells


class Model:
    """One embedding model in a worker of its own, with the sample in an exact index."""

    def __init__(self, bench: Bench, model: StoredModel) -> None:
        self._bench = bench
        self._worker = services.start("embed")
        self._embedder = Embedder(self._worker, "" if model.built_in else str(model.path))
        begun = time.perf_counter()
        self._embedder.load()
        loaded = time.perf_counter()
        texts = [text for _, text in bench.chunks]
        batches = [texts[first : first + _BATCH] for first in range(0, len(texts), _BATCH)]
        matrix = np.concatenate([self._embedder.encode(batch) for batch in batches])
        ended = time.perf_counter()
        self._index = ExactIndex()
        self._index.add(np.array([chunk for chunk, _ in bench.chunks]), matrix)
        self.figures = {
            "dimensions": model.dimensions,
            "multilingual": model.multilingual,
            "disk_mb": round(model.size / 1e6),
            "start_s": round(loaded - begun, 1),
            "chunks_per_s": round(len(texts) / (ended - loaded), 1),
            "memory_mb": round(psutil.Process(self._worker.pid).memory_info().rss / 1e6),
        }

    def close(self) -> None:
        self._worker.kill()

    def alone(self, question: Question) -> list[str]:
        ids, _scores = self._index.query(self._vector(question), _DEPTH)
        return [self._bench.record_of[int(chunk)] for chunk in ids]

    def ours(self, question: Question) -> list[str]:
        asked = datetime.fromisoformat(question["asked_on"]).replace(hour=12, tzinfo=UTC).timestamp()
        searcher = Searcher(self._bench.vault, self._index)
        hits = searcher.search(question["question"], 30, now=lambda: asked, vector=self._vector(question))
        return [hit.id for hit in hits]

    def _vector(self, question: Question) -> Floats:
        vector: Floats = self._embedder.encode([question["question"]], "query")[0]
        return vector


def _group(question: Question) -> str:
    return "across" if question["across"] else str(question["language"])


def measure(questions: Sequence[Question], models: Sequence[StoredModel]) -> dict[str, Any]:
    """Print the table; the same figures as a map."""
    figures: dict[str, Any] = {"questions": len(questions), "found": {}, "models": {}}

    def row(name: str, cells: dict[str, tuple[int, int]]) -> None:
        figures["found"][name] = {group: round(hit / of, 3) for group, (hit, of) in cells.items() if of}
        print(f"{name:44}" + "".join(f"{f'{hit}/{of}':>9}" for hit, of in cells.values()), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        print(f"{f'evidence in first {TOP}':44}" + "".join(f"{group:>9}" for group in GROUPS))
        row("full text", bench.shares(questions, bench.words))
        for stored in models:
            model = Model(bench, stored)
            try:
                row(stored.name, bench.shares(questions, model.alone))
                row(f"ours with {stored.name}", bench.shares(questions, model.ours))
            finally:
                model.close()
            figures["models"][stored.name] = model.figures
        bench.vault.close()
    print(f"\n{'':32}{'MB':>6}{'start s':>9}{'chunks/s':>10}{'memory MB':>11}")
    for name, told in figures["models"].items():
        numbers = f"{told['disk_mb']:6}{told['start_s']:9.1f}{told['chunks_per_s']:10.1f}{told['memory_mb']:11}"
        print(f"{name:32}{numbers}")
    return figures


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks languages")
    parser.add_argument("--split", choices=("dev", "held", "all"), default="all")
    options = parser.parse_args(argv)
    questions = [one for one in json.loads(QUESTIONS.read_text("utf-8")) if one["kind"] != "none"]
    if options.split != "all":
        questions = [question for question in questions if question["split"] == options.split]
    store = EmbedderStore(places.models(), places.embedder())
    print(json.dumps(measure(questions, store.embedders())))
    return 0
