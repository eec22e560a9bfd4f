"""What the agent remembers of its person: facts and standing instructions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from app.actions.group import Requests
from app.node import Node
from app.reports import Report
from app.results import CommandFailed
from app.skill_results import FactRow
from storage.facts import Fact, FactKind


async def facts(node: Node, kind: str = "") -> tuple[FactRow, ...]:
    """In the order they were told; `kind`: fact, instruction, or both where it is empty."""
    found = await node.blocking(node.vault.vault.facts.list, _kind(kind) if kind else None)
    return tuple(_row(fact) for fact in found)


async def add_fact(node: Node, text: str, kind: str = "fact") -> FactRow:
    """Remember what the person says.  Errors: VaultError `empty-fact`."""
    store = node.vault.vault.facts
    number = await node.blocking(store.add, text, _kind(kind))
    return _row(await node.blocking(store.get, number))


async def edit_fact(node: Node, number: int, text: str) -> FactRow:
    """In the person's own words from now on.  Errors: VaultError `unknown-fact`, `empty-fact`."""
    store = node.vault.vault.facts
    await node.blocking(store.edit, number, text)
    return _row(await node.blocking(store.get, number))


async def confirm_fact(node: Node, number: int) -> FactRow:
    """The person says that it is so.  Errors: VaultError `unknown-fact`."""
    store = node.vault.vault.facts
    await node.blocking(store.confirm, number)
    return _row(await node.blocking(store.get, number))


async def remove_fact(node: Node, number: int) -> None:
    """Forget it; no file holds it any more.  Errors: VaultError `unknown-fact`."""
    await node.blocking(node.vault.vault.facts.remove, number)


def _kind(kind: str) -> FactKind:
    if kind not in ("fact", "instruction"):
        raise CommandFailed("fact-kind", kind=kind)
    return cast(FactKind, kind)


def _row(fact: Fact) -> FactRow:
    created = datetime.fromtimestamp(fact.created, UTC).isoformat(timespec="seconds")
    return FactRow(fact.id, fact.kind, fact.text, fact.source, fact.title, fact.confirmed, created)


async def _list(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"memory": [asdict(row) for row in await facts(node, args["kind"])]}


async def _add(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await add_fact(node, args["text"], args["kind"]))


async def _edit(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await edit_fact(node, args["id"], args["text"]))


async def _confirm(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return asdict(await confirm_fact(node, args["id"]))


async def _remove(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await remove_fact(node, args["id"])
    return {"removed": args["id"]}


REQUESTS: Requests = {
    "memory": (_list, True),
    "memory-add": (_add, True),
    "memory-edit": (_edit, True),
    "memory-confirm": (_confirm, True),
    "memory-remove": (_remove, True),
}
