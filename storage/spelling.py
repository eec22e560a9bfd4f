"""What a word that stands nowhere was meant to be: the nearest terms of the full-text index.

Distance is Damerau-Levenshtein's with adjacent letters swapped at most once (a swap is one slip, not two).  Only words
that occur nowhere are looked at, so a query without slips costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from storage.database import Connection
from storage.terms import fold, terms

ALTERNATIVES = 3  # terms that a word may have been meant as
_SHORTEST, _LONG = 4, 8  # letters: from the first on one slip is forgiven, from the second two


@dataclass(frozen=True)
class Meant:
    """A word as typed and the terms it may have been meant as, most likely first."""

    typed: str
    terms: tuple[str, ...]


def meant(connection: Connection, word: str, forms: Iterable[str]) -> Meant | None:
    """The terms that differ least from `forms` of `word`, which stand nowhere; the more frequent first among equals.

    None where nothing is near, and for what is no plain word: a code or a number is not mistyped, it is not there.
    A slip in the first letter is rarer than elsewhere, so other first letters are looked at last.
    """
    targets = [form for form in dict.fromkeys((*forms, fold(word))) if len(form) >= _SHORTEST]
    if not word.isalpha() or not targets:
        return None
    for same_letter in (True, False):
        found: dict[str, tuple[int, int]] = {}
        for target in targets:
            for term, count in _vocabulary(connection, target, same_letter=same_letter):
                distance = OSA.distance(target, term, score_cutoff=slips(target))
                if distance <= slips(target):
                    found[term] = min(found.get(term, (distance, -count)), (distance, -count))
        if found:
            least = min(found.values())[0]
            near = sorted((rank, term) for term, rank in found.items() if rank[0] == least)
            return Meant(word, tuple(term for _, term in near[:ALTERNATIVES]))
    return None


def slips(form: str) -> int:
    """How many slips are forgiven in a word of this length."""
    return 2 if len(form) >= _LONG else 1


def written(meant: Meant, texts: Iterable[str]) -> str:
    """How the texts that were found write the word: its term is only a stem.  The term where they do not have it."""
    for text in texts:
        for piece in text.split():
            bare = piece.strip(".,;:!?()[]\"'«»“”’…")
            if fold(bare)[:2] == meant.terms[0][:2] and meant.terms[0] in terms(bare).split():
                return bare.lower()
    return meant.terms[0]


def _vocabulary(connection: Connection, target: str, *, same_letter: bool) -> Iterable[tuple[str, int]]:
    """The terms of about the length of `target`, with the number of chunks they stand in."""
    span = slips(target)
    sql = "SELECT term, doc FROM chunk_vocabulary WHERE length(term) BETWEEN ? AND ?"
    lengths = (len(target) - span, len(target) + span)
    if same_letter:
        return connection.execute(sql + " AND term >= ? AND term < ?", (*lengths, target[0], chr(ord(target[0]) + 1)))
    return connection.execute(sql + " AND substr(term, 1, 1) <> ?", (*lengths, target[0]))
