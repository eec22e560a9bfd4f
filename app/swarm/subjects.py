"""What a task is about, in a few plain words: enough to find it again among others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.views.plain import one_line

MOST = 72  # characters
_READ = 400  # characters that are looked at: white space between them does not count
_DIGEST = 12  # digits of a model that has no name here
_SAYS = {"inference": ("prompt",), "meeting": ("title",), "skill": ("skill", "entry"), "model": ("name",)}


def subject(kind: str, spec: Mapping[str, Any], models: Mapping[str, str] | None = None) -> str:
    """The first words of a prompt, the title of a meeting, the name of a skill or of a model; "" where it is not told.

    `spec`: with what went with the award.  `models`: names by SHA-256 of those that are here.
    """
    held = dict(spec)
    digest = held.get("sha256")
    if kind == "model" and isinstance(digest, str):
        held["name"] = (models or {}).get(digest) or f"{digest[:_DIGEST]}…"
    found = (held[key] for key in _SAYS.get(kind, ()) if isinstance(held.get(key), str))
    return _cut(one_line(" ".join(" ".join(found)[:_READ].split())))


def _cut(said: str) -> str:
    """At a word where there is one near the end."""
    if len(said) <= MOST:
        return said
    whole, _, _ = said[: MOST - 1].rpartition(" ")
    return (whole if len(whole) > MOST // 2 else said[: MOST - 1]) + "…"
