"""What a word that stands nowhere was meant to be: the nearest terms of the full-text index.

The index holds stems, and a slip in an ending makes another stem; so the word is compared with everyday words as well,
of which those count whose stem the vault has.

Distance is Damerau's, in which a letter too many, too few, wrong or changing places with the next is one slip each.
Only words that occur nowhere are looked at, so a query without slips costs nothing.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.database import Connection
from storage.lexicon import everyday
from storage.terms import fold, terms

ALTERNATIVES = 3  # terms that a word may have been meant as
_SHORTEST, _LONG = 4, 8  # letters: from the first on one slip is forgiven, from the second two
_FIRST = 6  # letters: from here on the first may be the wrong one; "held" and "meld" are both words
_LONGEST = 24  # letters: beyond that it is an identifier
_WORD = re.compile(r"[^\W\d_]+")
_GROWN = 1.05  # times more chunks than when the terms were read: then they are read again


@dataclass(frozen=True)
class Meant:
    """A word as typed and the terms it may have been meant as, most likely first."""

    typed: str
    terms: tuple[str, ...]


class Vocabulary:
    """The terms of one open vault, read when a word is first not found (0.25 s at 100,000 chunks), until `drop`.

    Any thread.  What was forgotten since may be in it, so what it proposes still has to be looked for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = 0  # how many chunks there had been when it was read
        self._counts: dict[str, int] = {}
        self._shelves: dict[tuple[str, int], list[str]] = {}  # by first letter and length

    def __len__(self) -> int:
        """How many terms it holds."""
        return len(self._counts)

    def drop(self) -> None:
        """Forget every term.  Call when the vault is locked or something in it was forgotten."""
        with self._lock:
            self._read_at, self._counts, self._shelves = 0, {}, {}

    def meant(self, connection: Connection, word: str, forms: Sequence[str]) -> Meant | None:
        """The terms that differ least from `forms` of `word`, which stand nowhere; among equals the frequent first.

        None where nothing is near, and for what is no plain word: a code or a number is not mistyped, it is not there.
        """
        targets = [form for form in dict.fromkeys((*forms, fold(word))) if _SHORTEST <= len(form) <= _LONGEST]
        if not word.isalpha() or not targets:
            return None
        with self._lock:
            self._refresh(connection)
            found: dict[str, int] = {}
            for target in targets:
                most = slips(word) if len(target) > _SHORTEST else 1
                for near, distance in self._near(target, most) or self._of_another_letter(target):
                    for term in self._standing(near):
                        found[term] = min(found.get(term, distance), distance)
            least = min(found.values(), default=0)
            meant = sorted((-self._counts[term], term) for term, distance in found.items() if distance == least)
        return Meant(word, tuple(term for _, term in meant[:ALTERNATIVES])) if meant else None

    def _refresh(self, connection: Connection) -> None:
        (last,) = connection.execute("SELECT ifnull(max(id), 0) FROM chunk").fetchone()
        if self._read_at and self._read_at <= last <= self._read_at * _GROWN:
            return
        rows = connection.execute(
            "SELECT term, doc FROM chunk_vocabulary WHERE length(term) BETWEEN ? AND ?", (_SHORTEST - 1, _LONGEST)
        )
        self._counts = {term: count for term, count in rows if term.isalpha()}
        shelves: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for word in everyday().union(self._counts):
            shelves[word[0], len(word)].append(word)
        self._shelves = dict(shelves)
        self._read_at = last

    def _near(self, target: str, most: int) -> list[tuple[str, int]]:
        """Words with the same first letter, and their distances."""
        from rapidfuzz import process  # only once a word was found nowhere
        from rapidfuzz.distance import OSA

        found: list[tuple[str, int]] = []
        for length in range(len(target) - most, len(target) + most + 1):
            shelf = self._shelves.get((target[0], length), [])
            near = process.extract(target, shelf, scorer=OSA.distance, score_cutoff=most, limit=None)
            found += [(word, int(distance)) for word, distance, _ in near]
        return found

    def _of_another_letter(self, target: str) -> list[tuple[str, int]]:
        """Words that a single slip at the first letter makes `target`: rarer than any other, so tried last."""
        if len(target) < _FIRST:
            return []
        letters = {first for first, _ in self._shelves}
        guesses = {target[1:], target[1] + target[0] + target[2:]}
        guesses |= {letter + rest for letter in letters for rest in (target, target[1:])}
        return [(guess, 1) for guess in guesses if guess in self._shelves.get((guess[0], len(guess)), ())]

    def _standing(self, word: str) -> list[str]:
        """The terms of a word that stand in the vault: it is a term itself, or an everyday word."""
        return [word] if word in self._counts else [term for term in terms(word).split() if term in self._counts]


def slips(word: str) -> int:
    """How many slips are forgiven in a word of this length."""
    return 2 if len(word) >= _LONG else 1


def written(meant: Meant, texts: Iterable[str]) -> str:
    """How the texts that were found write the word: its term is only a stem.  The term where they do not have it."""
    for text in texts:
        for piece in _WORD.findall(text):
            if fold(piece[:2]) == meant.terms[0][:2] and meant.terms[0] in terms(piece).split():
                return str(piece).lower()
    return meant.terms[0]
