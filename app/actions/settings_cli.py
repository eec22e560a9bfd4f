"""On the command line: what a person sets about themselves and their agent."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("settings"))
    action("list")
    action("get").add_argument("key", metavar="KEY", help=say("settings_key"))
    setting = action("set")
    setting.add_argument("key", metavar="KEY", help=say("settings_key"))
    setting.add_argument("value", nargs="*", metavar="VALUE", help=say("settings_value"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "settings":
        return None
    match options.action:
        case "get":
            return "settings", {"key": options.key}
        case "set":
            return "setting-set", {"key": options.key, "value": " ".join(options.value)}
        case _:
            return "settings", {}


def _print(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """`KEY = VALUE  (what it is)`: of a single one its value alone, for scripts."""
    settings = result["settings"]
    if len(settings) == 1:
        print(*map(_shown, settings.values()), file=out)
        return
    for key, value in settings.items():
        print(f"{key} = {_shown(value)}\n    {text(f'cli.settings.{key}', language)}", file=out)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


PRINTERS: dict[str, Printer] = {"settings": _print, "setting-set": _print}
