"""How ranked lists become one: reciprocal rank fusion, a share for neighbours in the thread, fairness.

Pure functions over chunk ids; scores are comparable within one search only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Scores = dict[int, float]

# The paper has 60 (Cormack, Clarke and Büttcher 2009), where a first place counts for little more than a tenth one.
CONSTANT = 20
# Tuned on the development conversations of LoCoMo (`python -m benchmarks locomo`), and held against the development
# half of the sample questions, which are mail and half French.
WORDS, VECTORS, DATES = 1.0, 0.9, 0.5  # weights of the lists
FRENCH_VECTORS = 0.6  # of a French question: the default embedder was taught English
TRANSLATED = 0.4  # of the list of words translated into the other language
REACH = (0.35, 0.15)  # share of a hit's score for the next and the next but one in its thread, before and after
STRONG = 20  # hits whose neighbours get a share
IN_TIME, BY_SENDER = 1.5, 2.0  # factors
PER_RECORD = 2  # chunks of one record before others get their turn


def fuse(lists: Iterable[tuple[Sequence[int], float]]) -> Scores:
    """Reciprocal rank fusion of (ids best first, weight)."""
    scores: Scores = {}
    for ranked, weight in lists:
        for rank, chunk in enumerate(ranked, start=1):
            scores[chunk] = scores.get(chunk, 0.0) + weight / (CONSTANT + rank)
    return scores


def strongest(scores: Mapping[int, float], count: int) -> list[int]:
    """The `count` ids of highest score, best first; ties by id, so that the same search gives the same list."""
    return sorted(scores, key=lambda chunk: (-scores[chunk], chunk))[:count]


def spread(scores: Scores, hits: Sequence[int], threads: Iterable[Sequence[int]]) -> Scores:
    """Give the neighbours of `hits` a share of their score.  `threads`: the chunks of each thread in order."""
    shared = dict(scores)
    wanted = set(hits)
    for thread in threads:
        for place, chunk in enumerate(thread):
            if chunk not in wanted:
                continue
            for distance, share in enumerate(REACH, start=1):
                for other in (place - distance, place + distance):
                    if 0 <= other < len(thread):
                        neighbour = thread[other]
                        shared[neighbour] = shared.get(neighbour, 0.0) + share * scores[chunk]
    return shared


def fair(ranked: Sequence[int], record_of: Mapping[int, int], k: int) -> list[int]:
    """The first `k`, at most PER_RECORD of one record as long as others are left."""
    taken: dict[int, int] = {}
    first: list[int] = []
    later: list[int] = []
    for chunk in ranked:
        record = record_of[chunk]
        taken[record] = taken.get(record, 0) + 1
        (first if taken[record] <= PER_RECORD else later).append(chunk)
    return (first + later)[:k]
