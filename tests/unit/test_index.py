"""Every index of vectors keeps one contract; the approximate one may miss neighbours, never invent them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.index import ChromaIndex, TieredIndex, service
from storage.index_client import IndexClient
from storage.vector_index import BLOCK, ExactIndex, Floats, Found, Ids, IndexRefused, Matrix, VectorIndex
from tests.unit.index_fixtures import LocalWorker, unit_vectors

DIMENSIONS = 8


class Naive:
    """The contract, written as plainly as possible."""

    def __init__(self) -> None:
        self.rows: dict[int, Floats] = {}

    def add(self, ids: Ids, vectors: Matrix) -> None:
        self.rows |= {int(i): vector.astype(np.float32) for i, vector in zip(ids, vectors, strict=True)}

    def remove(self, ids: Ids) -> None:
        for number in ids:
            self.rows.pop(int(number), None)

    def query(self, vector: Floats, k: int, allowed: Iterable[int] | None = None) -> list[tuple[float, int]]:
        among = self.rows if allowed is None else {i: v for i, v in self.rows.items() if i in set(allowed)}
        return sorted((-float(row @ vector), i) for i, row in among.items())[:k]


ADAPTERS: dict[str, Callable[[], VectorIndex]] = {
    "exact": ExactIndex,
    "chroma": ChromaIndex,
    "tiered, scanning": TieredIndex,
    "tiered, over the exact one": lambda: TieredIndex(4, ExactIndex),
    "client": lambda: IndexClient(LocalWorker(service())),
}


def agrees(found: Found, expected: list[tuple[float, int]], reference: Naive, vector: Floats) -> bool:
    """Same scores in the same order, and each score is that of its id (equal scores may swap by rounding)."""
    ids, scores = found
    if not len(set(ids.tolist())) == len(ids) == len(expected):
        return False
    in_order = np.allclose(scores, [-score for score, _ in expected], atol=2e-3)
    return in_order and np.allclose(scores, [reference.rows[int(i)] @ vector for i in ids], atol=2e-3)


steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "remove", "query", "query among"]),
        st.lists(st.integers(0, 30), min_size=1, max_size=12),
        st.integers(0, 2**16),
    ),
    min_size=3,
    max_size=14,
)


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_every_adapter_agrees_with_the_naive_index(adapter: str, steps: list[tuple[str, list[int], int]]) -> None:
    index, reference = ADAPTERS[adapter](), Naive()
    for action, numbers, seed in steps:
        ids = np.array(numbers, dtype=np.int64)
        if action == "add":
            vectors = unit_vectors(len(ids), DIMENSIONS, seed)
            index.add(ids, vectors)
            reference.add(ids, vectors)
        elif action == "remove":
            index.remove(ids)
            reference.remove(ids)
        else:
            vector = unit_vectors(1, DIMENSIONS, seed)[0]
            among = ids if action == "query among" else None
            expected = reference.query(vector, 5, None if among is None else among.tolist())
            assert agrees(index.query(vector, 5, among), expected, reference, vector)
        assert index.count == len(reference.rows)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_vectors_of_another_length_are_refused(adapter: str) -> None:
    index = ADAPTERS[adapter]()
    index.add(np.array([1]), unit_vectors(1, DIMENSIONS))
    with pytest.raises(Exception, match="do not fit") as caught:
        index.add(np.array([2]), unit_vectors(1, DIMENSIONS + 1))
    assert getattr(caught.value, "code", None) == "index-dimensions"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_empty_index_finds_nothing(adapter: str) -> None:
    ids, scores = ADAPTERS[adapter]().query(unit_vectors(1, DIMENSIONS)[0], 5)
    assert len(ids) == len(scores) == 0


def test_a_question_of_another_length_is_refused() -> None:
    index = ExactIndex()
    index.add(np.array([1]), unit_vectors(1, DIMENSIONS))
    with pytest.raises(IndexRefused, match="8 dimensions"):
        index.query(unit_vectors(1, DIMENSIONS + 1)[0], 1)


def test_the_scan_is_right_across_blocks() -> None:
    index, reference = ExactIndex(), Naive()
    ids = np.arange(2 * BLOCK + 100, dtype=np.int64) * 3
    vectors = unit_vectors(len(ids), DIMENSIONS)
    for start in range(0, len(ids), 1000):
        index.add(ids[start : start + 1000], vectors[start : start + 1000])
    reference.add(ids, vectors)
    index.remove(ids[5:300])
    reference.remove(ids[5:300])
    vector = unit_vectors(1, DIMENSIONS, 7)[0]
    assert agrees(index.query(vector, 20), reference.query(vector, 20), reference, vector)


def test_half_precision_keeps_the_ten_nearest() -> None:
    vectors = unit_vectors(5000, 384)
    whole, half = ExactIndex(), ExactIndex()
    ids = np.arange(5000, dtype=np.int64)
    whole.add(ids, vectors)
    half.add(ids, vectors.astype(np.float16))
    kept = sum(
        len(set(whole.query(v, 10)[0].tolist()) & set(half.query(v, 10)[0].tolist()))
        for v in unit_vectors(50, 384, seed=9)
    )
    assert kept / 500 >= 0.99


def test_the_client_loads_what_the_vault_keeps() -> None:
    client = IndexClient(LocalWorker(service()))
    vectors = unit_vectors(20, DIMENSIONS)
    blocks = [
        (np.arange(n, n + 2, dtype="<i8").tobytes(), vectors[n : n + 2].astype("<f2").tobytes(), DIMENSIONS)
        for n in range(0, 20, 2)
    ]
    assert client.load(blocks) == 20
    assert client.query(vectors[13], 1)[0].tolist() == [13]


class SlowIndex(ExactIndex):
    """Stands in for Chroma, and takes vectors only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.asked = 0

    def add(self, ids: Ids, vectors: Matrix) -> None:
        assert self.go.wait(10)
        super().add(ids, vectors)

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found:
        self.asked += 1
        return super().query(vector, k, allowed)


def until_ready(index: TieredIndex) -> None:
    for _ in range(1000):
        if index.tier == "chroma":
            return
        time.sleep(0.01)
    raise AssertionError("never ready")


def test_while_the_approximate_index_warms_up_the_scan_answers() -> None:
    slow = SlowIndex()
    index = TieredIndex(10, lambda: slow)
    vectors = unit_vectors(20, DIMENSIONS)
    index.add(np.arange(20), vectors)
    assert index.query(vectors[3], 1)[0].tolist() == [3]
    assert (index.tier, slow.asked) == ("warming", 0)
    slow.go.set()


def test_above_the_threshold_the_approximate_index_proposes() -> None:
    slow = SlowIndex()
    slow.go.set()
    index = TieredIndex(10, lambda: slow)
    vectors = unit_vectors(20, DIMENSIONS)
    index.add(np.arange(20), vectors)
    until_ready(index)
    assert index.query(vectors[3], 1)[0].tolist() == [3]
    assert slow.asked == 1


def test_what_is_removed_is_never_proposed_again() -> None:
    slow = SlowIndex()
    slow.go.set()
    index = TieredIndex(10, lambda: slow)
    vectors = unit_vectors(20, DIMENSIONS)
    index.add(np.arange(20), vectors)
    until_ready(index)
    slow.go.clear()
    index.remove(np.array([3]))
    assert 3 not in index.query(vectors[3], 20)[0].tolist()
    slow.go.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failing_approximate_index_leaves_the_scan() -> None:
    class Failing(ExactIndex):
        def add(self, ids: Ids, vectors: Matrix) -> None:
            raise RuntimeError("out of order")

    index = TieredIndex(10, Failing)
    vectors = unit_vectors(20, DIMENSIONS)
    index.add(np.arange(20), vectors)
    for _ in range(200):
        if index.tier == "scan":
            break
        time.sleep(0.01)
    assert index.tier == "scan"
    assert index.query(vectors[3], 1)[0].tolist() == [3]


def test_chroma_reranked_finds_nearly_all_neighbours() -> None:
    vectors = unit_vectors(3000, 64)
    ids = np.arange(3000, dtype=np.int64)
    index, exact = TieredIndex(1000), ExactIndex()
    index.add(ids, vectors)
    exact.add(ids, vectors)
    until_ready(index)
    questions = unit_vectors(40, 64, seed=5)
    found = sum(len(set(index.query(v, 10)[0].tolist()) & set(exact.query(v, 10)[0].tolist())) for v in questions)
    assert found / 400 >= 0.99
