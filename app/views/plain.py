"""Text that somebody is to agree to: what would be invisible in it, or turn it around, is made visible.  No Qt here."""

from __future__ import annotations

import re
import unicodedata

from app.views.spans import displayable

_UNSEEN = ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")  # control, format (also directions and joiners), private, none at all
_KEPT = "\n\t"
_AT_ONCE = 16  # signs of a long word that stay together
_LONG = re.compile(rf"\S{{{2 * _AT_ONCE},}}")
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # white space but the no-break blanks (app.chain.amounts)
_JOINED = "\u200d\ufe0f"  # within pictures of faces and families


def revealed(text: str) -> str:
    """`text` for a plain-text widget; characters that have no shape of their own are named: ⟦U+202E⟧.

    Joiners between pictograms stay, and so does the soft hyphen's absence: nothing is left out, whatever it is.
    """
    shown = displayable(text)
    result = []
    for index, character in enumerate(shown):
        hidden = character not in _KEPT and unicodedata.category(character) in _UNSEEN
        if hidden and not (character in _JOINED and index and _pictogram(shown[index - 1])):
            result.append(f"⟦U+{ord(character):04X}⟧")
        else:
            result.append(character)
    return "".join(result)


def one_line(text: str) -> str:
    """`revealed`, with every run of white space as one blank."""
    return " ".join(revealed(text).split())


def amount_line(text: str) -> str:
    """`one_line` of an amount: the blanks that hold its number and its unit together stay as they are."""
    return _BLANKS.sub(" ", revealed(text)).strip()


def breakable(text: str) -> str:
    """`text` whose long words may be broken where a line ends, so that none is wider than the window."""
    return _LONG.sub(lambda found: "\u200b".join(re.findall(f".{{1,{_AT_ONCE}}}", found[0])), text)


def _pictogram(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Mn")
