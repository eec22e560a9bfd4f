"""How scored lists become one: scores made comparable and added, a share for neighbours in the thread, fairness.

Pure functions over chunk ids; scores are comparable within one search only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

Scores = dict[int, float]
Scored = Sequence[tuple[int, float]]  # ids with their scores, best first

# The weights stand on a plateau: chosen on some conversations of LoCoMo and measured on the others (see
# docs/decisions.md), and held against the sample questions, which are mail and half French.
WORDS, VECTORS, DATES = 1.0, 0.8, 0.2  # of the lists
FRENCH_VECTORS = 0.5  # of a French question: the default embedder was taught English
TRANSLATED = 0.4  # of the list of words translated into the other language
CORRECTED = 0.6  # of the list of words as they may have been meant
CONSTANT = 20  # of a list that has an order but no scores
REACH = (0.45, 0.25, 0.1)  # share of a hit's score for the next in its thread, the next but one …, before and after
SHORT = 220  # characters: what is longer than this stands for itself, and takes and gives less in proportion
ANSWERS = 1.5  # times more for what follows a question
STRONG = 15  # hits whose neighbours get a share
IN_TIME, BY_SENDER = 1.3, 2.0  # factors
PER_RECORD = 2  # chunks of one record before others get their turn


class Turn(Protocol):
    """What the share of a neighbour depends on."""

    @property
    def chunk(self) -> int: ...
    @property
    def length(self) -> int: ...
    @property
    def asks(self) -> bool: ...


def relative(scored: Scored, floor: float | None = None) -> Scores:
    """Scores as shares of the best: 1 for the best, 0 at `floor`, which is the last of the list where it is None.

    Ranks forget by how much one is better than the next, and scores of different kinds cannot be added; shares can
    (Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023).
    """
    if not scored:
        return {}
    values = [score for _, score in scored]
    low, high = min(values) if floor is None else floor, max(values)
    if high <= low:
        return {chunk: 1.0 for chunk, _ in scored}
    return {chunk: max(0.0, (score - low) / (high - low)) for chunk, score in scored}


def in_order(chunks: Sequence[int]) -> Scores:
    """Shares for a list that has an order but no scores."""
    return {chunk: CONSTANT / (CONSTANT + rank) for rank, chunk in enumerate(chunks)}


def fuse(lists: Iterable[tuple[Mapping[int, float], float]]) -> Scores:
    """The weighted sum of (shares, weight)."""
    scores: Scores = {}
    for shares, weight in lists:
        for chunk, share in shares.items():
            scores[chunk] = scores.get(chunk, 0.0) + weight * share
    return scores


def strongest(scores: Mapping[int, float], count: int) -> list[int]:
    """The `count` ids of highest score, best first; ties by id, so that the same search gives the same list."""
    return sorted(scores, key=lambda chunk: (-scores[chunk], chunk))[:count]


def spread(scores: Scores, hits: Sequence[int], threads: Iterable[Sequence[Turn]]) -> Scores:
    """Give the neighbours of `hits` a share of their score.  `threads`: the turns of each thread in order.

    A short turn of a conversation says little without the one before it, and what answers a question repeats none of
    its words.  A long mail says by itself what it is about, so the share shrinks as either of the two grows.
    """
    shared = dict(scores)
    wanted = set(hits)
    for thread in threads:
        for place, turn in enumerate(thread):
            if turn.chunk not in wanted:
                continue
            for step in (*range(-len(REACH), 0), *range(1, len(REACH) + 1)):
                if 0 <= place + step < len(thread):
                    other = thread[place + step]
                    share = REACH[abs(step) - 1] * min(1.0, SHORT / max(turn.length, other.length, 1))
                    share *= ANSWERS if step == 1 and turn.asks else 1.0
                    shared[other.chunk] = shared.get(other.chunk, 0.0) + share * scores[turn.chunk]
    return shared


def by_sender(share: float) -> float:
    """What it counts that a mail is by whom the question names, where `share` of what was found is.

    Words weigh a name by how rare it is.  In a mailbox that is enough; where every second turn is by the one person,
    the name says nothing as a word, and everything as the sender.
    """
    return 1.0 + (BY_SENDER - 1.0) * min(1.0, 2.0 * share)


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
