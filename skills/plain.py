"""Values that may cross the border of the sandbox: what JSON can say, of bounded size and depth, and nothing else."""

from __future__ import annotations

import math
from typing import Any

MAX_DEPTH = 24  # containers within containers; Monty carries about 32
_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_COST = 8  # bytes counted for each value beside its text


class NotPlain(ValueError):
    """The sentence names what is wrong by type and number, never by content."""

    code = "skill-value"


def plain(value: Any, maximum: int) -> Any:
    """A copy of `value` made of dict, list, str, int, float, bool and None alone; a tuple becomes a list.

    `maximum`: bytes, where each value counts 8 and a text its UTF-8 besides.  Errors: NotPlain.
    """
    return _Copy(maximum).of(value, 0)


class _Copy:
    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._left = maximum

    def of(self, value: Any, depth: int) -> Any:
        self._spend(_COST)
        kind = type(value)  # exactly: a subclass may behave as it likes
        if value is None or kind is bool:
            return value
        if kind is str:
            return self._text(value)
        if kind is int:
            return _bounded(value)
        if kind is float:
            return _finite(value)
        if depth >= MAX_DEPTH:
            raise NotPlain(f"A value is nested more than {MAX_DEPTH} deep.")
        if kind is list or kind is tuple:
            return [self.of(item, depth + 1) for item in value]
        if kind is dict:
            return {self._key(key): self.of(item, depth + 1) for key, item in value.items()}
        raise NotPlain(f"A value is of the type {kind.__name__[:40]}, which does not cross; only what JSON has does.")

    def _key(self, key: Any) -> str:
        if type(key) is not str:
            raise NotPlain("A dict has a key that is no text.")
        self._spend(_COST)
        return self._text(key)

    def _text(self, text: str) -> str:
        try:
            self._spend(len(text.encode()))
        except UnicodeEncodeError:
            raise NotPlain("A text holds half a character (a lone surrogate).") from None
        return text

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise NotPlain(f"A value is larger than {self._maximum:,} bytes.")


def _bounded(number: int) -> int:
    if not _MIN_INT <= number <= _MAX_INT:
        raise NotPlain("A whole number does not fit in 64 bits.")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise NotPlain("A number is infinite or not a number.")
    return number
