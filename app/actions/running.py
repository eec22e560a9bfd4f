"""Runs of skills, on request, and their log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.actions.group import Requests
from app.hosting import installed, views
from app.node import Node
from app.reports import Report
from app.results import CommandFailed, as_json
from app.skill_results import RunRow, RunView
from skills.api import Entry

MOST = 500  # runs that are listed


async def run_skill(
    node: Node, name: str, entry: str, arguments: Mapping[str, Any] | None = None, request: str = ""
) -> RunView:
    """Run a skill because the person asks for it, to its end or its first question.

    `arguments` are what the person typed or chose, texts where they come from a command line; `request`: the whole
    sentence, if there was one.  Errors: as SkillHost.run's, CommandFailed("skill-argument").
    """
    given = dict(arguments or {})
    found = await node.blocking(installed.load, node.vault.vault, name)
    known = next((one for one in found.manifest.entries if one.name == entry), None)
    if known is None:
        raise CommandFailed("skill-entry", name=name, entry=entry)
    inputs = _inputs(known, given, request)
    typed = "\n".join([request, *(str(value) for value in given.values())])
    return await node.skills.run(name, entry, inputs, typed=typed)


async def runs(node: Node, skill: str = "", limit: int = 50) -> tuple[RunRow, ...]:
    """Newest first."""
    found = await node.blocking(node.vault.vault.runs.list, skill, max(1, min(limit, MOST)))
    return tuple(views.run_row(one, node.language) for one in found)


async def run(node: Node, id: int) -> RunView:
    """Errors: VaultError `unknown-run`."""
    return await node.skills.view(id)


async def stop_run(node: Node, id: int) -> None:
    """End a run, one that waits for an answer too.  Errors: VaultError `unknown-run`."""
    await node.skills.stop(id)


def _inputs(entry: Entry, given: Mapping[str, Any], request: str) -> dict[str, Any]:
    """As the entry declares them.  Errors: CommandFailed("skill-argument")."""
    inputs = dict(given)
    for one in entry.arguments:
        if one.type == "request" and request and one.name not in inputs:
            inputs[one.name] = request
        if one.required and inputs.get(one.name) in (None, ""):
            raise CommandFailed("skill-argument", name=one.name)
        if one.type in ("number", "duration") and isinstance(inputs.get(one.name), str):
            inputs[one.name] = _number(one.name, inputs[one.name])
        if one.choices and one.name in inputs and inputs[one.name] not in one.choices:
            raise CommandFailed("skill-argument", name=one.name)
    return inputs


def _number(name: str, text: str) -> int | float:
    try:
        found = float(text.replace(",", "."))
    except ValueError as error:
        raise CommandFailed("skill-argument", name=name) from error
    return int(found) if found.is_integer() else found


async def _run(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    given, request = args.get("arguments") or {}, args.get("request") or ""
    return as_json(await run_skill(node, args["name"], args["entry"], given, request))


async def _log(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    if args.get("run") is not None:
        return as_json(await run(node, args["run"]))
    found = await runs(node, args.get("name") or "", args.get("limit") or 50)
    return {"runs": [as_json(one) for one in found]}


async def _stop(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await stop_run(node, args["run"])
    return {"stopped": args["run"]}


REQUESTS: Requests = {"skill-run": (_run, True), "skill-log": (_log, True), "skill-stop": (_stop, True)}
