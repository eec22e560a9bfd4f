"""A task of the vault as the commands return it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.swarm.subjects import subject
from app.swarm_results import TaskRow
from storage.tasks import Task

LAST_MOMENT = 253_402_300_799  # 9999-12-31T23:59:59Z


def row_of(found: Task, called: Callable[[str], str], models: Mapping[str, str] | None = None) -> TaskRow:
    return TaskRow(
        found.id,
        found.role,
        found.kind,
        found.state,
        found.provider,
        ", ".join(called(peer) for peer in found.provider.split(",") if peer),
        found.detail,
        found.ms,
        moment(found.created),
        None if found.ended is None else moment(found.ended),
        subject(found.kind, {**found.spec["spec"], **found.spec.get("input", {})}, models),
    )


def plain(value: Any) -> Any:
    """What a peer said, for JSON: bytes, which no kind of ours has, as hexadecimal digits."""
    match value:
        case bytes():
            return value.hex()
        case list():
            return [plain(held) for held in value]
        case dict():
            return {key: plain(held) for key, held in value.items()}
        case _:
            return value


def moment(seconds: float) -> str:
    """A peer may name one that no calendar holds: then the last that it does."""
    return datetime.fromtimestamp(min(seconds, LAST_MOMENT), UTC).isoformat(timespec="seconds")
