"""The piece of a text that shows why it was found."""

from __future__ import annotations

import re
from collections.abc import Collection

from storage.terms import fold, terms

LENGTH = 200  # characters, about

_SAME = 3  # letters that a word of more than 4 shares with its stem: only such words are stemmed, which is slow
_WORD = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"\s")

Place = tuple[int, int, frozenset[str]]  # start, end, which of the wanted terms


def snippet(text: str, wanted: Collection[str], length: int = LENGTH) -> str:
    """Up to `length` characters of `text` on one line, around the most of the `wanted` terms; "…" where it is cut."""
    known = frozenset(wanted)
    beginnings = {term[:_SAME] for term in known}
    places = [
        (match.start(), match.end(), found)
        for match in _WORD.finditer(text)
        if (match.end() - match.start() <= _SAME + 1 or fold(match.group()[:_SAME])[:_SAME] in beginnings)
        and (found := known.intersection(terms(match.group()).split()))
    ]
    start, end = _window(places, length)
    start = max(0, min(start - (length - (end - start)) // 2, len(text) - length))
    end = min(len(text), start + length)
    start, end = _whole_words(text, start, end)
    line = " ".join(text[start:end].split())
    return f"{'…' if text[:start].strip() else ''}{line}{'…' if text[end:].strip() else ''}"


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch without the words that it cuts, unless nothing would be left."""
    first = _SPACE.search(text, start, end) if start and not text[start - 1].isspace() else None
    begin = first.end() if first else start
    stop = end
    if end < len(text) and not text[end].isspace():
        while stop > begin and not text[stop - 1].isspace():
            stop -= 1
    return (begin, stop) if text[begin:stop].strip() else (start, end)


def _window(places: list[Place], length: int) -> tuple[int, int]:
    """Start and end of the stretch that holds most distinct terms; the beginning of the text when none does."""
    best, chosen = 0, (0, 0)
    for at, (start, _, _) in enumerate(places):
        seen: set[str] = set()
        for _, end, found in places[at:]:
            if end - start > length:
                break
            seen |= found
            if len(seen) > best:
                best, chosen = len(seen), (start, end)
    return chosen
