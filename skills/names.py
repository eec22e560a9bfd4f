"""Names of skills, and which of them a person could take for one another.

The grammar leaves ASCII only, so that letters of other scripts cannot pass for these.  What remains: one letter more,
less, other or swapped with its neighbour; digits for letters; hyphens moved; words in another order; letters that
stand close (rn for m).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from skills.instructions import MAX_NAME

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_READS_AS = str.maketrans("0123456789i", "olzeasbtbgl")
_CLOSE = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SHORT = 3  # characters; names up to this length are all one letter apart


def is_slug(text: str) -> bool:
    return len(text) <= MAX_NAME and _SLUG.fullmatch(text) is not None


def look_alike(one: str, other: str) -> bool:
    """Whether two different slugs could be mistaken for each other.  Symmetric."""
    if one == other:
        return False
    a, b = _read(one), _read(other)
    return bool(_forms(one) & _forms(other)) or (min(len(a), len(b)) > _SHORT and _one_step(a, b))


def first_look_alikes(slugs: Iterable[str], authors: Mapping[str, str] | None = None) -> tuple[str, str] | None:
    """Two of these slugs that could be mistaken for each other, or None.  Near linear in their number.

    `authors`: by slug, who signs all of it, where somebody does; one author may have names that look alike.
    """
    known = authors or {}
    seen: dict[str, list[str]] = {}
    for slug in sorted(set(slugs)):
        keys = _forms(slug) | set(_shortened(_read(slug)))
        for other in {other for key in keys for other in seen.get(key, ())}:
            same_author = slug in known and known[slug] == known.get(other)
            if not same_author and look_alike(other, slug):
                return other, slug
        for key in keys:
            seen.setdefault(key, []).append(slug)
    return None


def _read(slug: str) -> str:
    return slug.replace("-", "").translate(_READS_AS)


def _forms(slug: str) -> set[str]:
    close = _read(slug)
    for pair, letter in _CLOSE:
        close = close.replace(pair, letter)
    return {_read(slug), "≈" + close, "↔" + "".join(sorted(_read(word) + " " for word in slug.split("-")))}


def _shortened(text: str) -> Iterator[str]:
    """Texts that are one step apart share one of these (Garbe's symmetric deletion)."""
    yield text
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]


def _one_step(a: str, b: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours makes one of the other (or they are equal)."""
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
