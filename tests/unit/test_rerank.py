"""Re-ranking in time, and the order that stands where it is not.  The cross-encoder here counts shared words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storage.rerank import CANDIDATES, Reranker, operations
from tests.unit.index_fixtures import LocalWorker
from tests.unit.test_model_folder import put


class Shared:
    """Scores like a CrossEncoder: more for more words in common."""

    def __init__(self, clock: list[float], seconds: float = 0.0) -> None:
        self.read: list[str] = []
        self._clock = clock
        self._seconds = seconds

    def predict(self, pairs: Sequence[tuple[str, str]], **_named: Any) -> Any:
        self._clock[0] += self._seconds
        self.read += [text for _, text in pairs]
        return np.array([len(set(query.split()) & set(text.split())) for query, text in pairs], dtype=np.float32)


class DyingWorker(LocalWorker):
    def call(self, op: str, /, **args: Any) -> dict[str, Any]:
        if op == "rerank":
            error = RuntimeError("gone")
            error.code = "worker-died"  # type: ignore[attr-defined]
            raise error
        return super().call(op, **args)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("storage.rerank.time.time", lambda: now[0])
    return now


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(put(tmp_path))


def loaded(folder: str, model: Shared, clock: list[float], worker: type[LocalWorker] = LocalWorker) -> Reranker:
    reranker = Reranker(worker(operations(lambda _folder: model)), lambda: clock[0])
    reranker.load(folder)
    return reranker


def test_passages_are_scored_in_their_order(folder: str, clock: list[float]) -> None:
    rerank = loaded(folder, Shared(clock), clock)
    assert list(rerank("the jam", ["a boiler", "the jam", "the boiler"])) == [0, 2, 1]


def test_without_a_model_the_order_stands(clock: list[float]) -> None:
    rerank = Reranker(LocalWorker(operations(lambda _folder: Shared(clock))), lambda: clock[0])
    assert list(rerank("the jam", ["a", "b"])) == []


def test_what_is_not_done_in_time_leaves_the_order(folder: str, clock: list[float]) -> None:
    model = Shared(clock, seconds=1.0)
    assert list(loaded(folder, model, clock)("jam", ["jam"] * 30)) == []
    assert len(model.read) == 16  # it stopped as soon as it saw the clock


def test_a_slow_model_is_in_time_for_a_few(folder: str, clock: list[float]) -> None:
    assert list(loaded(folder, Shared(clock, seconds=1.0), clock)("jam", ["jam"] * 16)) == [1] * 16


def test_no_more_than_the_first_candidates_are_read_and_the_others_stay_behind(folder: str, clock: list[float]) -> None:
    model = Shared(clock)
    scores = loaded(folder, model, clock)("jam", ["no"] * CANDIDATES + ["jam"] * 3)
    assert len(model.read) == CANDIDATES
    assert list(scores[CANDIDATES:]) == sorted(scores[CANDIDATES:], reverse=True)
    assert max(scores[CANDIDATES:]) < min(scores[:CANDIDATES])


def test_a_dead_worker_leaves_the_order(folder: str, clock: list[float]) -> None:
    assert list(loaded(folder, Shared(clock), clock, DyingWorker)("jam", ["jam"])) == []


def test_scores_that_are_no_numbers_leave_the_order(folder: str, clock: list[float]) -> None:
    class Broken(Shared):
        def predict(self, pairs: Sequence[tuple[str, str]], **_named: Any) -> Any:
            return np.full(len(pairs), np.nan)

    assert list(loaded(folder, Broken(clock), clock)("jam", ["jam"])) == []


def test_long_passages_are_cut(folder: str, clock: list[float]) -> None:
    model = Shared(clock)
    loaded(folder, model, clock)("jam", ["x" * 100_000])
    assert len(model.read[0]) == 2000
