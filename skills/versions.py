"""The order of versions: Semantic Versioning 2.0.0, item 11."""

from __future__ import annotations

import re

from skills.declaration import MAX_VERSION, VERSION

Precedence = tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]
_PARTS = re.compile(r"(?P<core>[0-9.]+)(-(?P<pre>[^+]*))?(\+.*)?")


def is_version(text: str) -> bool:
    return len(text) <= MAX_VERSION and VERSION.fullmatch(text) is not None


def precedence(version: str) -> Precedence:
    """A key that sorts versions.  Versions that differ in build metadata alone are equal.  Errors: ValueError."""
    found = _PARTS.fullmatch(version) if is_version(version) else None
    if found is None:
        raise ValueError("This is no version.")
    core = tuple(int(number) for number in found["core"].split("."))
    if found["pre"] is None:
        return core, 1, ()  # a release comes after all its pre-releases
    # Numbers come before words, and the shorter of two that begin alike comes first: so do tuples.
    words = found["pre"].split(".")
    return core, 0, tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words)


def is_prerelease(version: str) -> bool:
    """Errors: ValueError."""
    return precedence(version)[1] == 0
