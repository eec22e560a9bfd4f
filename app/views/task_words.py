"""How a task is said: whose it is, what it is about, how it stands."""

from __future__ import annotations

from typing import Any

from app.swarm_results import TaskRow
from app.texts import catalogue, text
from app.views.plain import one_line, revealed
from app.views.wording import Words

LOOKS = {
    "done": "good", "failed": "danger", "refused": "danger", "expired": "danger", "choosing": "warning",
    "deciding": "warning",
}  # fmt: skip
FINAL = frozenset(("done", "failed", "refused", "cancelled", "expired"))


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
    joined = " · ".join(said)
    return joined[:1].upper() + joined[1:]


def reason(words: Words, code: str) -> str:
    """Why a peer refused or failed: our sentence where the code is one of the protocol's, else its own word."""
    key = f"reason.{code}"
    return words(key) if f"window.{key}" in catalogue() else one_line(code)


def pairs(words: Words, values: dict[str, Any]) -> list[tuple[str, str]]:
    """A spec or a result as (name, value), as it is: names of ours where we have them."""
    return [(_named(words, key), _shown(value)) for key, value in values.items()]


def _named(words: Words, key: str) -> str:
    ours = f"field.{key.replace('-', '_')}"
    return words(ours) if f"window.{ours}" in catalogue() else one_line(key)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{one_line(str(key))}: {_shown(inner)}" for key, inner in value.items())
    return revealed(str(value))
