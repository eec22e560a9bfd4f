"""Lengths of time in words, and as a person types them: "2h", "90m", "3d", or seconds."""

from __future__ import annotations

import re

from app.texts import text

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_TYPED = re.compile(r"([0-9]{1,8})([smhd]?)\Z")
_LENGTHS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def span_text(seconds: int, language: str) -> str:
    """In the largest unit that it is a whole number of: "1 day", "36 hours", "90 minutes"."""
    for unit, length in UNITS:
        if seconds and seconds % length == 0:
            return text(f"meant.span.{unit}", language, count=seconds // length)
    return text("meant.span.second", language, count=seconds)


def seconds_of(typed: str) -> int:
    """Errors: ValueError for what is no length of time."""
    found = _TYPED.match(typed.strip().lower())
    if found is None:
        raise ValueError(typed)
    return int(found[1]) * _LENGTHS[found[2]]
