"""A deterministic mailbox of any size: words by Zipf's law around topics, and vectors that cluster as the words do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.records import Record

DIMENSIONS = 384
_VOCABULARY = 30_000
_TOPICS = 500
_TOPIC_WORDS = 120
_PARTS = "ba be bi bo da de di do fa fe fi fo ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro".split()  # noqa: E501, SIM905
_PEOPLE = [f"{first} {last}" for first in ("Anna", "Bruno", "Chloé", "David", "Emma", "Farid", "Grace", "Hugo")
           for last in ("Martin", "Keller", "Rossi", "Okafor", "Lindgren", "Dubois", "Novak", "Silva")]  # fmt: skip
_DAY = 86_400.0
START = 1_700_000_000.0  # of the oldest mail; the mailbox spans two years


@dataclass(frozen=True)
class Question:
    """`topic` and `chunk` it is about, as words and as a unit vector."""

    text: str
    vector: NDArray[np.float32]
    chunk: int


class Corpus:
    """`chunks` chunks, one mail each, four mails to a thread.  The same for the same arguments."""

    def __init__(self, chunks: int, seed: int = 1) -> None:
        self.chunks = chunks
        self._seed = seed
        rng = np.random.default_rng(seed)
        self._words = np.array(sorted({_word(rng) for _ in range(int(_VOCABULARY * 1.6))})[:_VOCABULARY])
        rng.shuffle(self._words)
        weights = 1.0 / np.arange(1, len(self._words) + 1)
        self._cumulative = np.cumsum(weights / weights.sum())
        self._topics = rng.integers(200, len(self._words), (_TOPICS, _TOPIC_WORDS))
        self._common = _unit(rng.standard_normal(DIMENSIONS))
        place = np.arange(DIMENSIONS)
        strength = (place + 1) ** -0.75 * np.exp(-place / 90)
        self._spectrum = np.sqrt(strength / strength.sum())
        self._centres = rng.standard_normal((_TOPICS, DIMENSIONS)) * self._spectrum
        self._topic_of = rng.integers(0, _TOPICS, chunks // 4 + 1)

    def topic(self, chunk: int) -> int:
        return int(self._topic_of[chunk // 4])

    def text(self, chunk: int) -> str:
        rng = np.random.default_rng((self._seed, 1, chunk))
        length = int(rng.integers(30, 90))
        common = np.searchsorted(self._cumulative, rng.random(length))
        special = self._topics[self.topic(chunk)][rng.integers(0, _TOPIC_WORDS, length)]
        chosen = self._words[np.where(rng.random(length) < 0.3, special, common)]
        return " ".join(f"{word}." if i % 12 == 11 else word for i, word in enumerate(chosen.tolist()))

    def records(self) -> Iterator[Record]:
        for chunk in range(self.chunks):
            first = chunk - chunk % 4
            yield Record(
                kind="mail",
                title=("Re: " if chunk % 4 else "") + " ".join(self.text(first).split()[:4]),
                body=self.text(chunk),
                date=START + chunk * (730 * _DAY / self.chunks),
                external_id=f"{chunk}@corpus.example",
                sender=f"{_PEOPLE[chunk * 7 % len(_PEOPLE)]} <p{chunk * 7 % len(_PEOPLE)}@corpus.example>",
                references=(f"{first}@corpus.example",) if chunk % 4 else (),
            )

    def vectors(self, start: int, end: int) -> NDArray[np.float32]:
        """Unit vectors as all-MiniLM-L6-v2 gives them for dialogue: a common part and a falling spectrum."""
        rng = np.random.default_rng((self._seed, 2, start))
        return self._around(self._topic_of[np.arange(start, end) // 4], rng)

    def _around(self, topics: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
        own = rng.standard_normal((len(topics), DIMENSIONS)) * self._spectrum
        return _unit(0.55 * self._common + 0.5 * self._centres[topics] + 0.65 * own)

    def questions(self, count: int) -> list[Question]:
        rng = np.random.default_rng((self._seed, 3))
        asked = []
        for chunk in rng.integers(0, self.chunks, count).tolist():
            words = [word.strip(".") for word in self.text(chunk).split()]
            text = "what did they say about " + " ".join(rng.choice(words, 6).tolist())
            asked.append(Question(text, self._around(np.array([self.topic(chunk)]), rng)[0], chunk))
        return asked


def _word(rng: np.random.Generator) -> str:
    return "".join(_PARTS[i] for i in rng.integers(0, len(_PARTS), int(rng.integers(2, 5))))


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), dtype=np.float32)
