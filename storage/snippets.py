"""The piece of a text that shows why it was found."""

from __future__ import annotations

import re
from collections.abc import Collection

from storage.terms import fold, terms

LENGTH = 200  # characters, about

_SAME = 2  # letters that a word and its stem share: only such words are stemmed, which is slow
_WORD = re.compile(r"\S+")


def snippet(text: str, wanted: Collection[str], length: int = LENGTH) -> str:
    """About `length` characters of `text` on one line, around the most of the `wanted` terms; "…" where it is cut."""
    words = [(m.start(), m.end(), m.group()) for m in _WORD.finditer(text)]
    if not words:
        return ""
    known = frozenset(wanted)
    beginnings = {term[:_SAME] for term in known}
    hits = [_terms_in(word, beginnings) & known for _, _, word in words]
    first, last = _window(words, hits, length)
    # Centre the window on what was found: spend what is left of the length before and after it.
    while first > 0 or last < len(words) - 1:
        used = words[last][1] - words[first][0]
        before = first > 0 and used + len(words[first - 1][2]) < length
        after = last < len(words) - 1 and used + len(words[last + 1][2]) < length
        if not before and not after:
            break
        first -= before and (not after or words[first][0] > 0)
        last += after
    line = " ".join(word for _, _, word in words[first : last + 1])[: length + 40]
    return f"{'…' if first else ''}{line}{'…' if last < len(words) - 1 else ''}"


def _terms_in(word: str, beginnings: Collection[str]) -> frozenset[str]:
    folded = re.split(r"[\W_]+", fold(word))
    return frozenset(terms(word).split()) if any(part[:_SAME] in beginnings for part in folded if part) else frozenset()


def _window(words: list[tuple[int, int, str]], hits: list[frozenset[str]], length: int) -> tuple[int, int]:
    """First and last matched word of the stretch that holds most distinct terms; the beginning when none does."""
    best, chosen = 0, (0, 0)
    places = [place for place, found in enumerate(hits) if found]
    for at, first in enumerate(places):
        seen: set[str] = set()
        for last in places[at:]:
            if words[last][1] - words[first][0] > length and last != first:
                break
            seen |= hits[last]
            if len(seen) > best:
                best, chosen = len(seen), (first, last)
    return chosen
