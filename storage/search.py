"""Hybrid search: full text and vectors fused by score, threads expanded, time words and senders weighed, filters kept.

Each part alone is weak (see `python -m benchmarks locomo`); small models need the right passage among the first few.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from storage import ranking, search_rows
from storage.authentication import Servers
from storage.database import Connection
from storage.filters import Query, parse
from storage.language import STOP_WORDS, detect
from storage.lexicon import expand
from storage.records import Hit
from storage.search_rows import Allowed, Place
from storage.snippets import snippet
from storage.spelling import Meant, Vocabulary, written
from storage.terms import fold, query_words
from storage.timewords import Interval, intervals

if TYPE_CHECKING:
    from storage.vector_index import Floats, Found, Ids

CANDIDATES = 200  # from each list
_DATED = 50  # candidates that a time word alone brings in
_PLACED = 80  # of the fused candidates, looked up: each costs a page or two to decrypt
_THREADS, _THREAD_CHUNKS = 12, 400  # how much of threads is looked at
_CORRECTED = 4  # words of one query that are looked up among those of like spelling
RERANKED = 24  # passages that a re-ranker reads

_NAME = re.compile(r"[^\W\d_]{3,}")

Mode = Literal["hybrid", "words"]
Groups = list[tuple[str, ...]]
# How well each passage answers the question, on any scale; nothing where it was not done in time.
Rerank = Callable[[str, Sequence[str]], Sequence[float]]


class Vault(Protocol):
    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def servers(self) -> Servers: ...

    def read(self) -> AbstractContextManager[Connection]: ...


class Embedder(Protocol):
    @property
    def ready(self) -> bool: ...

    def encode(self, texts: Sequence[str]) -> Floats: ...


class Index(Protocol):
    @property
    def count(self) -> int: ...

    def query(self, vector: Floats, k: int, allowed: Ids | None = None) -> Found: ...


@dataclass(frozen=True)
class Result:
    """`corrected`: (as typed, as found) for each word that stood nowhere and was read as another."""

    hits: list[Hit]
    corrected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Asked:
    """One query while it is answered.  `text`: without its filters."""

    text: str
    groups: Groups
    times: Sequence[Interval]
    allowed: Allowed
    near: Sequence[tuple[int, float]]
    trust: float  # weight of the vectors


class Searcher:
    """Blocking; any thread.  Errors: VaultError, BadFilter, and those of the index and embedding workers except their
    death, which leaves full text alone."""

    def __init__(
        self, vault: Vault, index: Index | None = None, embedder: Embedder | None = None, *, multilingual: bool = False
    ) -> None:
        """`multilingual`: the vectors are of a model that reads French as well as English."""
        self._vault = vault
        self._multilingual = multilingual
        self._index = index
        self._embedder = embedder

    @property
    def mode(self) -> Mode:
        """What a hybrid search would use now: "words" while there is no embedder or nothing is embedded."""
        ready = self._embedder is not None and self._embedder.ready and self._index is not None and self._index.count
        return "hybrid" if ready else "words"

    def search(
        self,
        query: str | Query,
        k: int = 10,
        mode: Mode = "hybrid",
        now: Callable[[], float] = time.time,
        vector: Floats | None = None,
        rerank: Rerank | None = None,
    ) -> list[Hit]:
        """The hits of `find`."""
        return self.find(query, k, mode, now, vector, rerank).hits

    def find(
        self,
        query: str | Query,
        k: int = 10,
        mode: Mode = "hybrid",
        now: Callable[[], float] = time.time,
        vector: Floats | None = None,
        rerank: Rerank | None = None,
    ) -> Result:
        """The best `k` chunks, best first; of filters without words the newest first.

        `query`: a text is read as `storage.filters.parse` does.  `vector`: the query's text without its filters, where
        it is embedded already.  `rerank` reads the first few passages and has half a say in their order.
        """
        asked = parse(query) if isinstance(query, str) else query
        words = query_words(asked.text)
        allowed: Allowed = None
        if asked.filters:
            with self._vault.read() as connection:
                if not words:
                    found = search_rows.newest(connection, asked.filters, k)
                    newest = _ordered(search_rows.hits(connection, found), found)
                    return Result(self._vault.servers.judged(connection, newest))
                allowed = search_rows.allowed(connection, asked.filters)
            if not allowed:
                return Result([])
        near = self._near(asked.text, vector, allowed) if mode == "hybrid" else []
        french = detect(asked.text) == "fr" and not self._multilingual
        trust = ranking.FRENCH_VECTORS if french else ranking.VECTORS
        one = _Asked(asked.text, list(words), intervals(asked.text, now()), allowed, near, trust)
        with self._vault.read() as connection:
            fused, slips = _fused(connection, one, words, self._vault.vocabulary)
            kept = ranking.strongest(fused, max(_PLACED, 4 * k))
            scores, places = _expanded(connection, {chunk: fused[chunk] for chunk in kept}, allowed)
        scores = _weighed(one, scores, places)
        if rerank is not None:
            scores = self._reranked(one.text, scores, rerank)
        ranked = ranking.strongest(scores, max(4 * k, 40))
        chosen = ranking.fair(ranked, {chunk: places[chunk].record for chunk in ranked}, k)
        with self._vault.read() as connection:
            hits = _ordered(search_rows.hits(connection, chosen), chosen)
            hits = self._vault.servers.judged(connection, hits)
        corrected = tuple((slip.typed, written(slip, [hit.text for hit in hits])) for slip in slips)
        wanted = {term for group in one.groups for term in group} | {term for slip in slips for term in slip.terms}
        return Result(
            [replace(hit, score=scores[hit.chunk], snippet=snippet(hit.text, wanted)) for hit in hits], corrected
        )

    def _near(self, text: str, vector: Floats | None, allowed: Allowed) -> list[tuple[int, float]]:
        if self._index is None or not self._index.count:
            return []
        try:
            if vector is None:
                if self._embedder is None or not self._embedder.ready:
                    return []
                vector = self._embedder.encode([text])[0]
            if allowed is None:
                ids, scores = self._index.query(vector, CANDIDATES)
            else:
                import numpy as np

                among = np.fromiter(allowed, dtype=np.int64, count=len(allowed))
                ids, scores = self._index.query(vector, CANDIDATES, among)
        except Exception as error:
            if getattr(error, "code", "") != "worker-died":
                raise
            return []  # it is started again; until then words have to do
        return list(zip(ids.tolist(), scores.tolist(), strict=True))

    def _reranked(self, text: str, scores: ranking.Scores, rerank: Rerank) -> ranking.Scores:
        """The first few in an order in which the re-ranker has half a say; they stay before the rest."""
        first = ranking.strongest(scores, RERANKED)
        with self._vault.read() as connection:
            hits = search_rows.hits(connection, first)
        first = [chunk for chunk in first if chunk in hits]
        judged = rerank(text, [f"{hits[chunk].context}\n{hits[chunk].text}" for chunk in first])
        if len(judged) != len(first):
            return scores  # it was not done in time
        ours = ranking.relative([(chunk, scores[chunk]) for chunk in first])
        theirs = ranking.relative(list(zip(first, map(float, judged), strict=True)))
        top = max(scores.values(), default=0.0)
        return scores | {chunk: top + share for chunk, share in ranking.fuse([(ours, 0.5), (theirs, 0.5)]).items()}


def _fused(
    connection: Connection, asked: _Asked, words: dict[tuple[str, ...], str], vocabulary: Vocabulary
) -> tuple[ranking.Scores, list[Meant]]:
    """Every list as one; and the words that were read as others."""
    groups, allowed = asked.groups, asked.allowed
    counts = search_rows.frequencies(connection, groups)
    translations = expand(groups)
    unknown = [
        group
        for group, count, other in zip(groups, counts, translations, strict=True)
        if not count and not other and words[group] in asked.text.lower()  # not one that a hyphen was taken out of
    ]
    looked_up = (vocabulary.meant(connection, words[group], group) for group in unknown[:_CORRECTED])
    slips = [slip for slip in looked_up if slip is not None]
    found = search_rows.match(connection, groups, CANDIDATES, counts, allowed)
    translated = search_rows.match(connection, [group for group in translations if group], CANDIDATES, None, allowed)
    meant = search_rows.match(connection, [slip.terms for slip in slips], CANDIDATES, None, allowed)
    dated = [chunk for span in asked.times for chunk in search_rows.within(connection, span, _DATED, allowed)]
    fused = ranking.fuse(
        [
            (ranking.relative(found, 0.0), ranking.WORDS),
            (ranking.relative(asked.near), asked.trust),
            (ranking.in_order(dated), ranking.DATES),
            (ranking.relative(translated, 0.0), ranking.TRANSLATED),
            (ranking.relative(meant, 0.0), ranking.CORRECTED),
        ]
    )
    return fused, slips


def _expanded(
    connection: Connection, scores: ranking.Scores, allowed: Allowed
) -> tuple[ranking.Scores, dict[int, Place]]:
    """The scores with their threads' neighbours, and where everything stands; chunks that are gone fall out."""
    places = search_rows.places(connection, list(scores))
    scores = {chunk: score for chunk, score in scores.items() if chunk in places}
    strong = ranking.strongest(scores, ranking.STRONG)
    numbers = list(dict.fromkeys(places[chunk].thread for chunk in strong))[:_THREADS]
    threads = search_rows.threads(connection, numbers, _THREAD_CHUNKS)
    places |= {place.chunk: place for thread in threads for place in thread}
    shared = ranking.spread(scores, strong, threads)
    return {chunk: score for chunk, score in shared.items() if allowed is None or chunk in allowed}, places


def _weighed(asked: _Asked, scores: ranking.Scores, places: dict[int, Place]) -> ranking.Scores:
    """The scores with what a chunk counts more for its date and its sender."""
    names = _names(asked.text)
    senders = {places[chunk].sender for chunk in scores}
    meant = {sender for sender in senders if names & _names(sender.partition("<")[0])}
    by_them = sum(places[chunk].sender in meant for chunk in scores)
    by_sender = ranking.by_sender(by_them / len(scores)) if scores else 1.0
    weighed = {}
    for chunk, score in scores.items():
        place = places[chunk]
        score *= by_sender if place.sender in meant else 1.0
        in_time = place.date is not None and any(span.holds(place.date) for span in asked.times)
        weighed[chunk] = score * (ranking.IN_TIME if in_time else 1.0)
    return weighed


def _ordered(hits: dict[int, Hit], chunks: Sequence[int]) -> list[Hit]:
    return [hits[chunk] for chunk in chunks if chunk in hits]


def _names(text: str) -> frozenset[str]:
    """Words that may be a person's name."""
    return frozenset(fold(word) for word in _NAME.findall(text) if word.lower() not in STOP_WORDS)
