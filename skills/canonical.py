"""Canonical JSON: one way to write a value, so that a signature covers bytes and no byte can change unnoticed.

Keys sorted, no spaces, ASCII with escapes, whole numbers only, one newline at the end of a file.
"""

from __future__ import annotations

import json
from typing import Any

MAX_NUMBER = 2**53 - 1  # what every JSON reader holds exactly


class NotCanonical(ValueError):
    """`code`: repeated-key | not-canonical."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def encode(value: object) -> bytes:
    """The one encoding, without a newline.  Only for values made of dict, list, str, int, bool and None."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def decode(data: bytes) -> Any:
    """The inverse, strict; the caller has bounded the length.  Errors: NotCanonical."""
    try:
        value = json.loads(
            data, object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number, parse_int=_whole
        )
        same = encode(value) == data
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not-canonical", "This is no JSON.") from error
    if not same:
        raise NotCanonical("not-canonical", "This JSON is not in its one canonical form.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("repeated-key", "A name stands twice in one object.")
    return found


def _no_number(text: str) -> Any:
    raise NotCanonical("not-canonical", f"Only whole numbers are allowed, not '{text[:20]}'.")


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_NUMBER:
        raise NotCanonical("not-canonical", "A number is out of range.")
    return int(text)
