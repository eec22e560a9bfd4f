"""Runs of skills, on request, and their log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.tools import GUIDE, Tool, entries, tool
from app.actions.group import Requests
from app.hosting import installed, views
from app.node import Node
from app.reports import Report
from app.results import CommandFailed, as_json
from app.skill_results import RunRow, RunView
from skills.api import Entry, Manifest
from skills.declared import Argument

MOST = 500  # runs that are listed


async def run_skill(
    node: Node, name: str, entry: str = "", arguments: Mapping[str, Any] | None = None, request: str = ""
) -> RunView:
    """Run a skill because the person asks for it, to its end or its first question.

    `arguments` are what the person typed or chose, texts where they come from a command line; `request`: the whole
    sentence, if there was one: it fills in what was not given.  Without `entry`, the one that the sentence means.  A
    word that is no entry is the first of the sentence, where more follow.
    Errors: as SkillHost.run's, CommandFailed("skill-argument" | "skill-not-asked").
    """
    given = dict(arguments or {})
    manifest = (await node.blocking(installed.load, node.vault.vault, name)).manifest
    by_name = {one.name: one for one in (*manifest.entries, *entries(manifest))}
    if entry not in by_name and entry and (request or GUIDE.name in by_name):
        entry, request = "", f"{entry} {request}".strip()
    possible = [by_name[entry]] if entry in by_name else list(entries(manifest))
    if entry and entry not in by_name:
        raise CommandFailed("skill-entry", name=name, entry=entry)
    if not possible:
        raise CommandFailed("skill-not-asked", name=name)
    known, found = await _wanted(node, manifest, possible, given, request)
    inputs = _inputs(known, {**found, **given}, request)
    typed = "\n".join([request, *(str(value) for value in given.values())])
    return await node.skills.run(name, known.name, inputs, typed=typed)


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


async def _wanted(
    node: Node, manifest: Manifest, possible: Sequence[Entry], given: Mapping[str, Any], request: str
) -> tuple[Entry, dict[str, Any]]:
    """The entry that is meant, and what its sentence says for the arguments that were not given."""
    said = request or next((str(given[one.name]) for one in _requests(possible) if one.name in given), "")
    if not said.strip():
        return possible[0], {}
    own = [_open(tool(manifest, one), given) for one in possible]
    route = await node.routing.wanted(own, said)
    chosen = next(one for one in possible if route.tool is not None and one.name == route.tool.entry)
    unclear = {one.name for one in route.missing}
    return chosen, {name: value for name, value in (route.arguments or {}).items() if name not in unclear}


def _open(one: Tool, given: Mapping[str, Any]) -> Tool:
    """With the arguments that are left to be filled in."""
    return replace(one, arguments=tuple(argument for argument in one.arguments if argument.name not in given))


def _requests(entries: Sequence[Entry]) -> list[Argument]:
    return [one for entry in entries for one in entry.arguments if one.type == "request"]


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
    return as_json(await run_skill(node, args["name"], args.get("entry") or "", given, request))


async def _log(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    if args.get("run") is not None:
        return as_json(await run(node, args["run"]))
    found = await runs(node, args.get("name") or "", args.get("limit") or 50)
    return {"runs": [as_json(one) for one in found]}


async def _stop(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    await stop_run(node, args["run"])
    return {"stopped": args["run"]}


REQUESTS: Requests = {"skill-run": (_run, True), "skill-log": (_log, True), "skill-stop": (_stop, True)}
