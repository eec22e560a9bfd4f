"""Settings by name, for the command line; the window reads and sets each where it stands."""

from __future__ import annotations

from typing import Any

from app import commands, personal
from app.actions.group import Requests
from app.node import Node
from app.reports import Report
from app.results import CommandFailed


async def _get(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    return {"settings": {key: await _value(node, key) for key in _named(args.get("key"))}}


async def _set(node: Node, args: dict[str, Any], _report: Report) -> dict[str, Any]:
    (key,) = _named(args["key"])
    await commands.set_setting(node, key, args["value"])
    return {"settings": {key: await _value(node, key)}}


async def _value(node: Node, key: str) -> Any:
    found = await commands.setting(node, key)
    return personal.DEFAULTS.get(key) if found is None else found


def _named(key: str | None) -> tuple[str, ...]:
    """All of them where none is named.  Errors: CommandFailed("setting-unknown")."""
    if key is None:
        return personal.KEYS
    if key not in personal.KEYS:
        raise CommandFailed("setting-unknown", key=key[:60], keys=", ".join(personal.KEYS))
    return (key,)


REQUESTS: Requests = {"settings": (_get, True), "setting-set": (_set, True)}
