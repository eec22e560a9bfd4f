"""Hybrid search: full text and vectors fused by rank, threads expanded, time words and senders weighed.

Each part alone is weak (see `python -m benchmarks locomo`); small models need the right passage among the first few.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Literal, Protocol

from storage import ranking, search_rows
from storage.database import Connection
from storage.language import STOP_WORDS, detect
from storage.lexicon import expand
from storage.records import Hit
from storage.search_rows import Place
from storage.snippets import snippet
from storage.terms import fold, query_terms
from storage.timewords import Interval, intervals
from storage.vector_index import Floats, Found

CANDIDATES = 200  # from each list
_DATED = 50  # candidates that a time word alone brings in
_PLACED = 80  # of the fused candidates, looked up: each costs a page or two to decrypt
_THREADS, _THREAD_CHUNKS = 12, 400  # how much of threads is looked at

_NAME = re.compile(r"[^\W\d_]{3,}")

Mode = Literal["hybrid", "words"]


class Vault(Protocol):
    def read(self) -> AbstractContextManager[Connection]: ...


class Embedder(Protocol):
    @property
    def ready(self) -> bool: ...

    def encode(self, texts: Sequence[str]) -> Floats: ...


class Index(Protocol):
    @property
    def count(self) -> int: ...

    def query(self, vector: Floats, k: int) -> Found: ...


class Searcher:
    """Blocking; any thread.  Errors: VaultError, and those of the index and embedding workers except their death,
    which leaves full text alone."""

    def __init__(self, vault: Vault, index: Index | None = None, embedder: Embedder | None = None) -> None:
        self._vault = vault
        self._index = index
        self._embedder = embedder

    @property
    def mode(self) -> Mode:
        """What a hybrid search would use now: "words" while there is no embedder or nothing is embedded."""
        ready = self._embedder is not None and self._embedder.ready and self._index is not None and self._index.count
        return "hybrid" if ready else "words"

    def search(
        self,
        query: str,
        k: int = 10,
        mode: Mode = "hybrid",
        now: Callable[[], float] = time.time,
        vector: Floats | None = None,
    ) -> list[Hit]:
        """The best `k` chunks, best first.  `vector`: the query, where it is embedded already."""
        near = self._near(query, vector) if mode == "hybrid" else []
        groups = query_terms(query)
        times = intervals(query, now())
        with self._vault.read() as connection:
            found = search_rows.match(connection, groups, CANDIDATES)
            dated = [chunk for span in times for chunk in search_rows.within(connection, span, _DATED)]
            translated = search_rows.match(connection, [group for group in expand(groups) if group], CANDIDATES)
            weight = ranking.FRENCH_VECTORS if detect(query) == "fr" else ranking.VECTORS
            lists = [(found, ranking.WORDS), (near, weight), (dated, ranking.DATES)]
            fused = ranking.fuse([*lists, (translated, ranking.TRANSLATED)])
            kept = ranking.strongest(fused, max(_PLACED, 4 * k))
            scores, places = _expanded(connection, {chunk: fused[chunk] for chunk in kept})
            factors = _Factors(query, times)
            scores = {chunk: score * factors.of(places[chunk]) for chunk, score in scores.items()}
            ranked = ranking.strongest(scores, max(4 * k, 40))
            chosen = ranking.fair(ranked, {chunk: places[chunk].record for chunk in ranked}, k)
            hits = search_rows.hits(connection, chosen)
        wanted = {term for group in groups for term in group}
        return [
            replace(hits[chunk], score=scores[chunk], snippet=snippet(hits[chunk].text, wanted))
            for chunk in chosen
            if chunk in hits
        ]

    def _near(self, query: str, vector: Floats | None) -> list[int]:
        if self._index is None or not self._index.count:
            return []
        try:
            if vector is None:
                if self._embedder is None or not self._embedder.ready:
                    return []
                vector = self._embedder.encode([query])[0]
            ids, _ = self._index.query(vector, CANDIDATES)
        except Exception as error:
            if getattr(error, "code", "") != "worker-died":
                raise
            return []  # it is started again; until then words have to do
        return [int(chunk) for chunk in ids]


def _expanded(connection: Connection, scores: ranking.Scores) -> tuple[ranking.Scores, dict[int, Place]]:
    """The scores with their threads' neighbours, and where everything stands; chunks that are gone fall out."""
    places = search_rows.places(connection, list(scores))
    scores = {chunk: score for chunk, score in scores.items() if chunk in places}
    strong = ranking.strongest(scores, ranking.STRONG)
    numbers = list(dict.fromkeys(places[chunk].thread for chunk in strong))[:_THREADS]
    threads = search_rows.threads(connection, numbers, _THREAD_CHUNKS)
    places |= {place.chunk: place for thread in threads for place in thread}
    return ranking.spread(scores, strong, [[place.chunk for place in thread] for thread in threads]), places


class _Factors:
    """How much more a chunk counts for its date and its sender, for one question."""

    def __init__(self, query: str, times: Sequence[Interval]) -> None:
        self._times = times
        self._names = _names(query)
        self._by_sender: dict[str, float] = {}

    def of(self, place: Place) -> float:
        factor = self._by_sender.get(place.sender)
        if factor is None:
            meant = bool(self._names & _names(place.sender.partition("<")[0]))
            factor = self._by_sender[place.sender] = ranking.BY_SENDER if meant else 1.0
        if place.date is not None and any(span.holds(place.date) for span in self._times):
            factor *= ranking.IN_TIME
        return factor


def _names(text: str) -> frozenset[str]:
    """Words that may be a person's name."""
    return frozenset(fold(word) for word in _NAME.findall(text) if word.lower() not in STOP_WORDS)
