"""Drafts of mail that wait for the person: nothing of them was sent to anybody."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.actions.group import Requests
from app.node import Node
from app.reports import Report
from app.skill_results import DraftRow
from storage.drafts import Draft, Message


async def drafts(node: Node) -> tuple[DraftRow, ...]:
    """Those that were neither sent nor dropped, newest first."""
    return tuple(_row(draft) for draft in await node.blocking(node.vault.vault.drafts.list))


async def edit_draft(node: Node, number: int, subject: str, text: str) -> DraftRow:
    """In the person's own words from now on; to whom it goes stays.  Errors: VaultError `unknown-draft`."""
    store = node.vault.vault.drafts
    before = (await node.blocking(store.get, number)).message
    await node.blocking(store.edit, number, Message(before.to, subject, text, before.cc))
    return _row(await node.blocking(store.get, number))


async def drop_draft(node: Node, number: int) -> None:
    """Forget it; no file holds it any more.  Errors: VaultError `unknown-draft`."""
    await node.blocking(node.vault.vault.drafts.drop, number)


def _row(draft: Draft) -> DraftRow:
    created = datetime.fromtimestamp(draft.created, UTC).isoformat(timespec="seconds")
    message = draft.message
    return DraftRow(draft.id, message.to, message.subject, message.text, draft.record, draft.skill, created, message.cc)


async def _list(node: Node, _args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"drafts": [asdict(row) for row in await drafts(node)]}


async def _show(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(_row(await node.blocking(node.vault.vault.drafts.get, args["id"])))


async def _drop(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await drop_draft(node, args["id"])
    return {"removed": args["id"]}


REQUESTS: Requests = {"drafts": (_list, True), "draft": (_show, True), "draft-drop": (_drop, True)}
