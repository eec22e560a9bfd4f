"""From passages to the sentences that answer: what a small model needs, and what a person wants to see quoted.

Sentences of the best passages are scored by the question's words they hold (weighted by rarity), by meaning, by
whether they hold the kind of thing that is asked for, and by how well their passage ranked.  Blocking; worker threads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from storage.language import Language, detect
from storage.lexicon import expand
from storage.records import Hit
from storage.terms import query_terms, terms
from storage.wants import asks_for_latest, holds, wanted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Groups = Sequence[tuple[str, ...]]
Encode = Callable[[list[str]], "NDArray[np.float32] | None"]

MAX_ENCODED = 40  # sentences whose meaning is looked at for one question: about 0.3 s on two cores
MIN_LENGTH = 12  # characters: below this it is a greeting or a signature
MAX_LENGTH = 400  # characters of one sentence that are kept

# What a word of the question counts where it stands: in the sentence, in the line above it, in who/when/subject, in the
# rest of the passage.  These and the weights below were chosen on the development half of the sample questions.
HERE, ABOVE, CONTEXT, AROUND = 1.0, 0.6, 0.75, 0.35
TRANSLATED = 0.8  # a word of the other language counts this share of the question's own
WORDS, MEANING, KIND, RANK, RECENT = 1.6, 0.8, 0.6, 0.3, 0.35
LATEST = 0.9  # in place of RECENT where the question says "finally" or "now"
NEARLY = 0.75  # sentences with this share of the best word score compete by date: the later one holds

# Terms that ask rather than name: what is asked for is judged by its kind, and when by date.
EMPTY = frozenset(
    """time tim say said tell told last next month week year day now final finally combien faut fautil quel much many
    current currently actuel maintenant dernier derni prochain semaine mois anne exactly please still""".split()  # noqa: SIM905
)
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
    groups = [group for group in query_terms(question) if not EMPTY.intersection(group)]
    found = _candidates(hits)
    if not found:
        return []
    others = expand(groups)
    sights = [_sight(one, before) for before, one in zip([None, *found], found, strict=False)]
    weights = [_rarity(group, sights) for group in groups]
    covered = [_coverage(groups, others, weights, sight) for sight in sights]
    want = wanted(question)
    fitting = [holds(want, one.text) for one in found]
    first = [WORDS * c + KIND * f + RANK * one.score for c, f, one in zip(covered, fitting, found, strict=True)]
    promising = sorted(range(len(found)), key=lambda place: -first[place])[:MAX_ENCODED]
    meaning = _meaning(question, found, promising, encode)
    recent = LATEST if asks_for_latest(question) else RECENT
    recency = _recency(found, covered, fitting)
    scored = []
    for one, score, words, similar, late, fits in zip(found, first, covered, meaning, recency, fitting, strict=True):
        score += MEANING * similar + recent * late
        scored.append(replace(one, score=score, support=max(words, similar), holds=fits and want != "other"))
    scored.sort(key=lambda one: -one.score)
    return _varied(scored, limit)


@dataclass(frozen=True)
class _Sight:
    """The terms in and around one sentence."""

    here: frozenset[str]
    above: frozenset[str]
    context: frozenset[str]
    around: frozenset[str]


def _sight(one: Evidence, before: Evidence | None) -> _Sight:
    language = detect(one.hit.text)
    above = before.text if before is not None and before.hit.chunk == one.hit.chunk else ""
    return _Sight(
        here=_terms(one.text, language),
        above=_terms(above, language),
        context=_terms(f"{one.hit.context} {one.hit.title}", ""),
        around=_terms(one.hit.text, language),
    )


@lru_cache(maxsize=512)
def _terms(text: str, language: Language) -> frozenset[str]:
    return frozenset(terms(text, language).split())


def _coverage(groups: Groups, others: Groups, weights: Sequence[float], sight: _Sight) -> float:
    """The share of the question's words that are found, each counted at its best place, or as its translation."""
    places = ((sight.here, HERE), (sight.context, CONTEXT), (sight.above, ABOVE), (sight.around, AROUND))
    found = 0.0
    for group, other, weight in zip(groups, others, weights, strict=True):
        direct = max((share for words, share in places if words.intersection(group)), default=0.0)
        across = max((share for words, share in places if words.intersection(other)), default=0.0)
        found += weight * max(direct, TRANSLATED * across)
    return found / (sum(weights) or 1.0)


def _recency(found: Sequence[Evidence], covered: Sequence[float], fits: Sequence[bool]) -> list[float]:
    """0 … 1 by date among the sentences that could answer: what was written later holds."""
    bar = NEARLY * max((c for c, f in zip(covered, fits, strict=True) if f), default=1.0)
    dates = sorted({one.hit.date or 0.0 for one, c, f in zip(found, covered, fits, strict=True) if f and c >= bar})
    if len(dates) < 2:
        return [0.0] * len(found)
    place = {date: rank / (len(dates) - 1) for rank, date in enumerate(dates)}
    return [
        place.get(one.hit.date or 0.0, 0.0) if f and c >= bar else 0.0
        for one, c, f in zip(found, covered, fits, strict=True)
    ]


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


def _rarity(group: tuple[str, ...], sights: Sequence[_Sight]) -> float:
    """Inverse document frequency of a word among the candidates (BM25's form, never below a small floor)."""
    count = sum(1 for sight in sights if sight.here.intersection(group) or sight.context.intersection(group))
    return max(math.log(1 + (len(sights) - count + 0.5) / (count + 0.5)), 0.3)


def _meaning(question: str, found: list[Evidence], promising: Sequence[int], encode: Encode) -> list[float]:
    """Cosine of question and sentence, each read with its subject; 0 for the rest, or where there is no embedder."""
    similar = [0.0] * len(found)
    vectors = encode([question, *(f"{found[place].hit.title}: {found[place].text}" for place in promising)])
    if vectors is not None:
        for place, value in zip(promising, vectors[1:] @ vectors[0], strict=True):
            similar[place] = max(float(value), 0.0)
    return similar


def _varied(scored: list[Evidence], limit: int) -> list[Evidence]:
    kept: list[Evidence] = []
    for one in scored:
        if sum(1 for other in kept if other.hit.chunk == one.hit.chunk) < 2:
            kept.append(one)
        if len(kept) == limit:
            break
    return kept
