"""Everyday words of English and French for each other, so that a question in one finds a text in the other.

`lexicon.tsv` holds one pair a line, `english<TAB>french`, in the form a dictionary has them; a word with several
meanings stands on several lines.  Both sides are compared as the full-text index holds words (see `storage.terms`), so
that any inflected form is found.  Stemming the whole list would take a third of a second: it is sorted by first letters
when it is loaded, and stemmed where a question touches it.  Pure; any thread.  The caches hold words of the list only,
never words of a question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from storage.language import STOP_WORDS, Language
from storage.terms import fold, terms

MAX_TRANSLATIONS = 4  # of one word: more is not a translation but a guess

_Side = Literal["en", "fr"]
_OTHER: dict[_Side, _Side] = {"en": "fr", "fr": "en"}
_SHORT = 5  # letters: stemming may leave two of a word this short, and keeps three of any longer one
_CLEAR = 2  # words of one language more than of the other: fewer do not tell the language of a query
_MAX_TEXT = 200  # characters of a word or expression that are looked up


@dataclass(frozen=True, slots=True)
class _Entry:
    source: str
    target: str
    words: tuple[tuple[str, ...], ...]  # the alternative terms of each word of `source` that counts


def translations(word: str, language: Language) -> tuple[str, ...]:
    """What `word`, of `language` ("" for either), means in the other language, at most `MAX_TRANSLATIONS`.

    Any form of a word or of a short expression ("credit cards") will do.  The answers are as the list writes them;
    those of exactly this form come first.
    """
    written = word[:_MAX_TEXT].lower()
    sides: tuple[_Side, ...] = (language,) if language else ("en", "fr")
    found: list[_Entry] = []
    for side in sides:
        words = _cut(written, side)
        present = {term for forms in words for term in forms}
        if words:
            found += (entry for entry in _matches(words[0], present, side) if len(entry.words) == len(words))
    found.sort(key=lambda entry: entry.source != written)
    return tuple(dict.fromkeys(entry.target for entry in found))[:MAX_TRANSLATIONS]


def expand(groups: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """For each group that `storage.terms.query_terms` returned, the terms of the other language to look for as well.

    An expression counts where all its words stand in the query, and its translation belongs to the group of its first
    word.  A word of both languages ("pain", "chat") is read in the one that the other words clearly are of, and in both
    where they do not tell.  Terms that stand in the query already are left out.
    """
    present = frozenset(term for group in groups for term in group)
    english = [_targets(group, present, "en") for group in groups]
    french = [_targets(group, present, "fr") for group in groups]
    leaning = sum(bool(of_english) - bool(of_french) for of_english, of_french in zip(english, french, strict=True))
    expanded: list[tuple[str, ...]] = []
    for of_english, of_french in zip(english, french, strict=True):
        if of_english and of_french and abs(leaning) >= _CLEAR:
            added = of_english if leaning > 0 else of_french
        else:
            added = of_english | of_french
        expanded.append(tuple(term for term in added if term not in present))
    return expanded


def everyday() -> frozenset[str]:
    """The single words of both languages, folded: what a mistyped word may have been meant as."""
    words = {word.rpartition("'")[2] for pair in _pairs() for word in pair}
    return frozenset(folded for word in words if (folded := fold(word)).isalpha())


def _targets(group: tuple[str, ...], present: Collection[str], side: _Side) -> dict[str, None]:
    """The terms, in order, of what the words of `group` mean in the other language."""
    entries = _matches(group, present, side)
    return {term: None for entry in entries for forms in _words(entry.target, _OTHER[side]) for term in forms}


def _matches(group: tuple[str, ...], present: Collection[str], side: _Side) -> list[_Entry]:
    """The entries that begin with a term of `group` and whose other words are `present`."""
    found: dict[_Entry, None] = {}
    for term in group:
        for entry in _entries(term, side):
            if all(any(form in present for form in forms) for forms in entry.words[1:]):
                found[entry] = None
    return list(found)


def _entries(term: str, side: _Side) -> list[_Entry]:
    """The entries whose first word has the stem `term`: a short word has a short stem, a long one perhaps."""
    shelves = _by_letters(side)
    letters = [term[:3]] if len(term) > _SHORT else [term[:2], term[:3]]
    return [entry for key in letters if key in shelves for entry in _stemmed(key, side).get(term, ())]


@cache
def _stemmed(letters: str, side: _Side) -> dict[str, tuple[_Entry, ...]]:
    """The entries whose first word is sorted under `letters`, by each term of that word."""
    found: defaultdict[str, list[_Entry]] = defaultdict(list)
    for source, target in _by_letters(side)[letters]:
        entry = _Entry(source, target, _words(source, side))
        for term in entry.words[0]:
            found[term].append(entry)
    return {term: tuple(entries) for term, entries in found.items()}


@cache
def _by_letters(side: _Side) -> dict[str, list[tuple[str, str]]]:
    """The list, (source, target), by the letters of the source's first word that stemming keeps.

    Those are the first three, but of a short word, such as "fly" (stem "fli") or "vie" (stem "vi"), only two.
    """
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for english, french in _pairs():
        source, target = (english, french) if side == "en" else (french, english)
        first = _counted(source)[0].rpartition("'")[2]  # "étranger" of "l'étranger"
        first = first if first.isascii() else fold(first)
        found[first[: 2 if len(first) <= _SHORT else 3]].append((source, target))
    return dict(found)


@cache
def _words(expression: str, side: _Side) -> tuple[tuple[str, ...], ...]:
    """`_cut`, remembered: for what stands in the list only."""
    return _cut(expression, side)


def _cut(expression: str, side: _Side) -> tuple[tuple[str, ...], ...]:
    """The alternative terms of each word of `expression` that counts."""
    found = (tuple(terms(word, side).split()) for word in _counted(expression))
    return tuple(forms for forms in found if forms)


def _counted(expression: str) -> list[str]:
    """The words of `expression` without its small words, unless there are no others; a hyphen joins two to one."""
    words = expression.replace("-", "").split()
    return [word for word in words if word not in STOP_WORDS] or words


@cache
def _pairs() -> tuple[tuple[str, str], ...]:
    text = (resources.files("storage") / "lexicon.tsv").read_text("utf-8")
    return tuple((english, french) for english, _, french in (line.partition("\t") for line in text.splitlines()))
