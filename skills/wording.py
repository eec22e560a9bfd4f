"""How text from a skill is shown in a sentence, and which characters it may not hide in.

Whoever wrote a skill chose these characters: they may hold terminal escapes, or letters that read as others.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_SHOWN = 60  # characters
# Joiners that scripts and emoji need; every other format character only hides or reorders text.
_JOINERS = "\u200c\u200d\u00ad"


def shown(text: str) -> str:
    """The text in quotes and cut short, with escapes for what does not print."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "'" + "".join(c if c.isprintable() and not _hides(c) else ascii(c)[1:-1] for c in cut) + "'"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " Did you mean 'x'?" when a known word is near, else the empty string."""
    near = difflib.get_close_matches(word[:_SHOWN].lower(), list(known), n=1, cutoff=0.6)
    return f" Did you mean {shown(near[0])}?" if near else ""


def character(c: str) -> str:
    """A character by its sight and its Unicode name."""
    return f"{shown(c)} ({unicodedata.name(c, f'U+{ord(c):04X}')})"


def hidden_character(text: str) -> str | None:
    """The first character that shows nothing or turns text around (bidirectional controls, tags, zero width)."""
    return next((c for c in text if _hides(c)), None)


def _hides(c: str) -> bool:
    return unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c not in _JOINERS and c not in "\n\r\t"
