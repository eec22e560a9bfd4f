"""From passages to the sentences that answer: what a small model needs, and what a person wants to see quoted.

Sentences of the best passages are scored by the question's words they hold (weighted by rarity), by meaning, by
whether they hold the kind of thing that is asked for, and by how well their passage ranked.  Blocking; worker threads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from storage.language import detect
from storage.records import Hit
from storage.terms import query_terms, terms
from storage.wants import holds, wanted

Encode = Callable[[list[str]], "NDArray[np.float32] | None"]

MAX_SENTENCES = 64  # encoded for one question: about half a second on two cores
MIN_LENGTH = 12  # characters: below this it is a greeting or a signature
MAX_LENGTH = 400  # characters of one sentence that are kept

# Weights, chosen on the development half of the sample questions (python -m benchmarks answers --split dev).
WORDS, MEANING, KIND, RANK, CONTEXT = 1.0, 1.0, 0.35, 0.5, 0.45

_BREAK = re.compile(r"(?<=[.!?…])[\"'»”’)\]]*\s+(?=[\"'«“(\[]?[A-ZÀ-Ý0-9€$£])|\n\s*\n|\n(?=\s*(?:[-*•+|#>]|\d+[.)])\s)")


@dataclass(frozen=True)
class Evidence:
    """A sentence, or a few lines, that may answer.  `start`/`end`: characters into the record's body, or -1.

    `support` is in 0 … 1: how much of what the question names was found here or around it.
    """

    hit: Hit
    text: str
    start: int
    end: int
    score: float
    support: float
    holds: bool  # a thing of the kind that is asked for


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences and lines of `text`, without surrounding white space."""
    spans = []
    begin = 0
    for match in [*_BREAK.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[begin:end]
        left = len(piece) - len(piece.lstrip())
        stripped = piece.strip()
        if stripped:
            spans.append((begin + left, begin + left + len(stripped)))
        if match:
            begin = match.end()
    return spans


def select(question: str, hits: Sequence[Hit], encode: Encode, limit: int = 6) -> list[Evidence]:
    """The sentences of `hits` that best answer `question`, best first, at most two of one passage."""
    groups = query_terms(question)
    found = _candidates(hits)[:MAX_SENTENCES]
    if not found:
        return []
    inside = [set(terms(one.text, detect(one.hit.text)).split()) for one in found]
    around = [set(terms(f"{one.hit.context} {one.hit.title} {one.hit.text}").split()) for one in found]
    weights = [_rarity(group, around) for group in groups]
    total = sum(weights) or 1.0
    meaning = _meaning(question, found, encode)
    want = wanted(question)
    scored = []
    for one, words, near, similar in zip(found, inside, around, meaning, strict=True):
        direct = sum(w for g, w in zip(groups, weights, strict=True) if words.intersection(g)) / total
        nearby = sum(w for g, w in zip(groups, weights, strict=True) if near.intersection(g)) / total
        fits = holds(want, one.text)
        score = WORDS * direct + CONTEXT * nearby + MEANING * similar + KIND * fits + RANK * one.score
        scored.append(replace(one, score=score, support=max(nearby, similar), holds=fits and want != "other"))
    scored.sort(key=lambda one: -one.score)
    return _varied(scored, limit)


def _candidates(hits: Sequence[Hit]) -> list[Evidence]:
    found = []
    seen: set[tuple[str, str]] = set()
    for place, hit in enumerate(hits):
        for start, end in sentences(hit.text):
            text = hit.text[start:end][:MAX_LENGTH]
            if len(text) < MIN_LENGTH or (hit.id, text) in seen:
                continue
            seen.add((hit.id, text))
            offset = hit.start if hit.start >= 0 else -1
            span = (offset + start, offset + start + len(text)) if offset >= 0 else (-1, -1)
            found.append(Evidence(hit, text, *span, score=1.0 / (1 + place), support=0.0, holds=False))
    return found


def _rarity(group: tuple[str, ...], documents: list[set[str]]) -> float:
    """Inverse document frequency of a word among the candidates (BM25's form, never below a small floor)."""
    count = sum(1 for words in documents if words.intersection(group))
    return max(math.log(1 + (len(documents) - count + 0.5) / (count + 0.5)), 0.2)


def _meaning(question: str, found: list[Evidence], encode: Encode) -> list[float]:
    """Cosine of question and sentence, each read with its subject; zeros where there is no embedder."""
    vectors = encode([question, *(f"{one.hit.title}: {one.text}" for one in found)])
    if vectors is None:
        return [0.0] * len(found)
    return [max(float(value), 0.0) for value in vectors[1:] @ vectors[0]]


def _varied(scored: list[Evidence], limit: int) -> list[Evidence]:
    kept: list[Evidence] = []
    for one in scored:
        if sum(1 for other in kept if other.hit.chunk == one.hit.chunk) < 2:
            kept.append(one)
        if len(kept) == limit:
            break
    return kept
