"""Tasks to be paid whose call has not gone out: their job is being prepared, or was cut off and is taken back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from app.swarm.job_view import LATEST, money_text, state_of, view_of
from app.swarm.settled import Kept, kept_of
from app.swarm_results import TaskRow, TaskView
from app.texts import text
from storage.settlements import Settlement
from storage.vault import Vault, VaultError

PREPARING, CUT_OFF = "preparing", "unannounced"
_DESCRIBED = "nuee "  # before the kind, in the description of a job


def rows(vault: Vault, preparing: Collection[str], language: str) -> list[TaskRow]:
    """Newest first.  `preparing`: those whose call is about to go out.  Worker thread.  Errors: VaultError."""
    found = ((row, kept_of(row)) for row in vault.settlements.uncalled())
    return [_row(vault, row, kept, preparing, language) for row, kept in found if not kept.announced]


def find(vault: Vault, name: str, preparing: Collection[str], language: str) -> TaskView | None:
    """By its id or the beginning of one; None where there is none.  Worker thread.  Errors: `ambiguous-task`."""
    found = [
        row
        for row in rows(vault, preparing, language)
        if row.id == name or (len(name) >= 4 and row.id.startswith(name))
    ]
    if len(found) > 1:
        raise VaultError("ambiguous-task", "more than one task begins like that")
    return TaskView(found[0], {}, None, (), (), settlement=view_of(vault, found[0].id, language)) if found else None


def _row(vault: Vault, row: Settlement, kept: Kept, preparing: Collection[str], language: str) -> TaskRow:
    kind = kept.plan.description.removeprefix(_DESCRIBED)
    ready = row.task in preparing
    ended = _moment(row.changed) if row.outcome else None
    return TaskRow(
        row.task, "initiator", kind, PREPARING if ready else CUT_OFF, "", "", "", None, _moment(row.created), ended,
        job=_said(vault, row, kept, language, ready=ready),
    )  # fmt: skip


def _said(vault: Vault, row: Settlement, kept: Kept, language: str, *, ready: bool) -> str:
    """What becomes of its money."""
    state = state_of(row, kept)
    amount = money_text(vault, row, kept, kept.plan.amount or row.amount, language)
    if ready or row.outcome:
        return text(f"swarm.job.{state}", language, amount=amount, chain=kept.chain)
    key = "held" if state in ("funded", "submitted", "disputed") else "nothing_in"
    return text(f"swarm.uncalled.{key}", language, amount=amount, chain=kept.chain)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(min(seconds, LATEST), UTC).isoformat(timespec="seconds")
