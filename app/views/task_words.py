"""How a task is said: whose it is, what it is about, how it stands, and what can be done next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from app.swarm.validates import BUILD
from app.swarm_results import TaskRow
from app.texts import catalogue, text
from app.views.plain import one_line, revealed
from app.views.wording import Words

LOOKS = {
    "done": "good", "failed": "danger", "refused": "danger", "expired": "danger", "choosing": "warning",
    "deciding": "warning", "unannounced": "warning",
}  # fmt: skip
UNCALLED = frozenset(("preparing", "unannounced"))  # nobody was asked
FINAL = frozenset(("done", "failed", "refused", "cancelled", "expired"))
_MOMENTS = ("slot", "slots")  # seconds since the epoch
_SIZES = ("size", "sent")  # bytes


def kind_of(words: Words, kind: str) -> str:
    """What a person calls a kind; a kind that has no word of ours by its name."""
    return words(f"kind.{kind}") if f"window.kind.{kind}" in catalogue() else one_line(kind)


def heading(words: Words, row: TaskRow, name: str = "") -> str:
    """`name`: whose it is, where it is not ours."""
    kind = kind_of(words, row.kind)
    if row.role == "initiator":
        return words("tasks.ours", kind=kind)
    return words("tasks.theirs", kind=kind, name=name or words("tasks.somebody"))


def state_of(words: Words, row: TaskRow) -> str:
    """How it stands, with who did it, how long it took, and why it did not work."""
    said = [text(f"swarm.state.{row.state}", words.language)]
    if row.role == "initiator" and row.provider_name:
        said.append(words("tasks.by", name=one_line(row.provider_name)))
    if row.ms is not None and row.state == "done":
        said.append(words("tasks.took", seconds=words.locale.toString(row.ms / 1000, "f", 1)))
    if row.detail:
        said.append(reason(words, row.detail))
    if row.job:
        said.append(row.job)
    joined = " · ".join(said)
    return joined[:1].upper() + joined[1:]


def reason(words: Words, code: str) -> str:
    """Why a peer refused or failed: our sentence where the code is one of the protocol's, else its own word."""
    word = code.partition(" ")[0]
    if word.startswith(BUILD):  # and then which
        return words("reason.other-build", build=one_line(word.removeprefix(BUILD).strip("-")) or "?")
    key = f"reason.{word}"
    return words(key) if f"window.{key}" in catalogue() else one_line(code)


def next_step(words: Words, row: TaskRow) -> str:
    """What the person can do about a task of theirs that did not work; "" for one that did."""
    if row.role != "initiator" or row.state not in FINAL or row.state == "done":
        return ""
    word = BUILD if row.detail.startswith(BUILD) else row.detail.partition(" ")[0]
    for key in (f"next.{word}", f"next.{row.state}"):
        if f"window.{key}" in catalogue():
            return words(key)
    return words("next.failed")


def asked(words: Words, kind: str, spec: dict[str, Any]) -> list[tuple[str, str]]:
    """What is asked for as (name, value): what only programs need is left out."""
    first = ("title", "minutes", "prompt", "skill", "entry", "arguments")  # then the rest; a map has its own order
    keys = [*(key for key in first if key in spec), *(key for key in spec if key not in first)]
    shown = {key: spec[key] for key in keys if not key.endswith("-bytes") and key != "zone"}
    if kind == "meeting" and isinstance(shown.get("minutes"), int):
        shown["minutes"] = words.lasting(shown["minutes"])
    if kind == "skill" and shown.get("arguments") == "{}":
        del shown["arguments"]
    return pairs(words, shown)


def pairs(words: Words, values: dict[str, Any]) -> list[tuple[str, str]]:
    """A spec or a result as (name, value): names of ours where we have them, moments and sizes as people read them."""
    return [(_named(words, key), _shown(words, key, value)) for key, value in values.items()]


def _named(words: Words, key: str) -> str:
    ours = f"field.{key.replace('-', '_')}"
    return words(ours) if f"window.{ours}" in catalogue() else one_line(key)


def _shown(words: Words, key: str, value: Any) -> str:
    if key in _MOMENTS and (said := _moments(words, value)):
        return said
    if key in _SIZES and type(value) is int and 0 <= value < 2**53:
        return words.size(value)
    if key in ("arguments", "value") and isinstance(value, str):
        return _json(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return ", ".join(_shown(words, "", one) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{one_line(str(name))}: {_shown(words, name, inner)}" for name, inner in value.items())
    return revealed(str(value))


def _moments(words: Words, value: Any) -> str:
    """One or more, a line each; "" where it is none."""
    found: Iterable[Any] = value if isinstance(value, list | tuple) else (value,)
    try:
        return "\n".join(words.moment(datetime.fromtimestamp(one, UTC).isoformat()) for one in found)
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def _json(value: str) -> str:
    """What a program returned, as a person reads it: a text without its marks, the rest indented."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return revealed(value)
    return revealed(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, indent=2))
