"""What a person tells the agent to keep or to forget: "remember that …", "désormais …", "forget that …".

Only what they typed counts, and it is kept word for word: to type it is to agree to it.  A question ("do you remember
that …?") is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_POLITE = r"^\W*(?:(?:please|stp|svp|s['’]il te pla[iî]t|s['’]il vous pla[iî]t|hey|ok|nu[ée]e),? )*"
_THAT = r"(?:\s+that\s+|\s*:\s*|\s+que?\s+|\s+qu['’]|\s+(?=(?:my|i|we|our|mon|ma|mes|je|nous|notre) ))(.+)"
_FACT = re.compile(
    rf"{_POLITE}(?:remember|keep in mind|retiens|retenez|souviens-toi|souvenez-vous|rappelle-toi|note bien){_THAT}",
    re.I | re.S,
)
_INSTRUCTION = re.compile(
    _POLITE + r"(from now on|in (?:the )?future|d[ée]sormais|dor[ée]navant|[àa] partir de maintenant|[àa] l['’]avenir)"
    r"[ ,:]+(.+)",
    re.I | re.S,
)
_FORGET = re.compile(rf"{_POLITE}(?:forget|oublie|oubliez){_THAT}", re.I | re.S)
MOST = 500  # characters


@dataclass(frozen=True)
class Command:
    """`words` stand in what was typed exactly as they are here."""

    act: Literal["remember", "forget"]
    words: str
    kind: Literal["fact", "instruction"] = "fact"


def command(typed: str) -> Command | None:
    """What `typed` tells the agent to keep or forget; None for anything else."""
    if typed.rstrip().endswith("?"):
        return None
    for pattern, act, kind in (
        (_FORGET, "forget", "fact"),
        (_FACT, "remember", "fact"),
        (_INSTRUCTION, "remember", "instruction"),
    ):
        if match := pattern.match(typed):
            words = match[match.lastindex or 0].strip().rstrip(".! ")
            return Command(act, words, kind) if 0 < len(words) <= MOST else None  # type: ignore[arg-type]
    return None
