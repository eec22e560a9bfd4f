"""Which tool a request means, learnt from the examples of all tools at once: kernel ridge regression.

Two views of a text are compared: its letters (sequences of three to five within words, which forgives typing errors and
endings, and pairs of words, weighed by how rare they are), and its meaning (a vector of the embedder), which reaches
other words.  MiniLM is weak in French, so the letters weigh more.  Pure; a few hundred examples take milliseconds.
Rifkin, Yeo, Poggio, "Regularized least-squares classification" (2003).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent import moments
from agent.concepts import concepts
from agent.moments import plain

Matrix = NDArray[np.float64]
RIDGE = 0.2
LETTERS = 0.6  # of 1: what the letters weigh beside the meaning
CONCEPT, PAIR = 2.0, 1.0  # what a concept, and two together, weigh beside a word
_LONGEST = 400  # characters of a request that are looked at
_SMALL = frozenset("the a an of le la les l un une des du de d please pls stp svp me my mon ma mes".split())  # noqa: SIM905
_LINK = re.compile(r"https?://\S+|\bwww\.\S+")
_MAIL = re.compile(r"[\w.+%-]+@[\w.-]+")
_WORD = re.compile(r"[a-z]+|<[a-z]+>")


def shaped(text: str) -> str:
    """`text` for comparison: small letters, with words in place of what differs from request to request."""
    line = plain(text[:_LONGEST])
    line = _MAIL.sub(" <mail> ", _LINK.sub(" <link> ", line))
    for found in reversed(moments.times(line)):
        line = f"{line[: found.start]} <time> {line[found.end :]}"
    for found in reversed(moments.durations(line)):
        line = f"{line[: found.start]} <span> {line[found.end :]}"
    return line


def features(text: str) -> Counter[str]:
    words = _WORD.findall(shaped(text))
    found: Counter[str] = Counter()
    for word in words:
        if word.startswith("<"):
            found[word] += 2
            continue
        weight = 0.3 if word in _SMALL else 1.0
        whole = f" {word} "
        found[whole] += weight  # type: ignore[assignment]
        for size in (3, 4, 5):
            for start in range(len(whole) - size + 1):
                found[whole[start : start + size]] += weight / 2  # type: ignore[assignment]
    named = concepts([word for word in words if not word.startswith("<")])
    for one in named:
        found[f"<{one}>"] += CONCEPT  # type: ignore[assignment]
    for one, other in itertools.combinations(sorted(named), 2):
        found[f"<{one}+{other}>"] += PAIR  # type: ignore[assignment]
    for one, other in zip(["^", *words], [*words, "$"], strict=True):
        found[f"{one} {other}"] += 1
    return found


class Chooser:
    """Learns once, from `texts` with their `labels`; scores are around 0 for "not this one" and 1 for "this one"."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str], vectors: Any | None = None) -> None:
        """`vectors`: one L2-normalised row for each text, or None where there is no embedder."""
        self.labels = tuple(dict.fromkeys(labels))
        meaning = None if vectors is None else np.asarray(vectors, dtype=np.float64)
        counted = [features(text) for text in texts]
        seen = Counter(name for one in counted for name in one)
        # The root of the usual weight: the words of one example's topic must not decide over what is asked.
        self._weights = {name: np.sqrt(np.log((1 + len(texts)) / (1 + count)) + 1) for name, count in seen.items()}
        self._columns = {name: number for number, name in enumerate(self._weights)}
        rows = np.zeros((len(texts), len(self._columns)))
        for row, one in zip(rows, counted, strict=True):
            places, values = self._row(one)
            row[places] = values
        share = 1.0 if meaning is None else LETTERS
        kernel = share * (rows @ rows.T)
        if meaning is not None:
            kernel += (1 - share) * (meaning @ meaning.T)
        wanted = np.array([[1.0 if label == one else 0.0 for one in self.labels] for label in labels])
        # Tools with few examples count as much as those with many.
        sizes = Counter(labels)
        common = np.array([len(sizes) * sizes[label] / len(texts) for label in labels])
        learnt = np.linalg.solve(kernel + RIDGE * np.diag(common), wanted)
        # The kernel is linear: what was learnt is one weight for each feature and label.
        self._of_letters: Matrix = share * (rows.T @ learnt)
        self._of_meaning: Matrix | None = None if meaning is None else (1 - share) * (meaning.T @ learnt)

    @property
    def has_meaning(self) -> bool:
        return self._of_meaning is not None

    def scores(self, text: str, vector: Any | None = None) -> dict[str, float]:
        """By label.  Without `vector` the letters alone decide."""
        places, values = self._row(features(text))
        found = values @ self._of_letters[places]
        if vector is not None and self._of_meaning is not None:
            found = found + np.asarray(vector, dtype=np.float64) @ self._of_meaning
        return dict(zip(self.labels, map(float, found), strict=True))

    def _row(self, counted: Counter[str]) -> tuple[list[int], Matrix]:
        """Columns that are not zero, and their values, of length 1."""
        known = [(self._columns[name], name, count) for name, count in counted.items() if name in self._columns]
        values = np.array(
            [(1 + np.log(count) if count > 1 else count) * self._weights[name] for _, name, count in known]
        )
        length = float(np.linalg.norm(values)) if known else 0.0
        return [place for place, _, _ in known], values / length if length else values
