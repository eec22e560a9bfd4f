"""On the command line: what the agent remembers of its person: facts and standing instructions."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.texts import text

_number = whole_number(2**53)


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("memory"))
    listing = action("list")
    listing.add_argument("--kind", choices=("fact", "instruction"), default="", help=say("memory_kind"))
    adding = action("add")
    adding.add_argument("text", metavar="TEXT")
    adding.add_argument("--instruction", action="store_true", help=say("memory_instruction"))
    editing = action("edit")
    editing.add_argument("id", type=_number, metavar="ID")
    editing.add_argument("text", metavar="TEXT")
    for name in ("confirm", "remove"):
        action(name).add_argument("id", type=_number, metavar="ID")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "memory":
        return None
    match options.action:
        case "add":
            return "memory-add", {"text": options.text, "kind": "instruction" if options.instruction else "fact"}
        case "edit":
            return "memory-edit", {"id": options.id, "text": options.text}
        case "confirm" | "remove":
            return f"memory-{options.action}", {"id": options.id}
        case _:
            return "memory", {"kind": getattr(options, "kind", "")}


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["memory"]:
        _one(row, language, out, "")
    if not result["memory"]:
        print(text("cli.memory.none", language), file=out)


def _one(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    about = [text(f"cli.memory.{row['kind']}", language), row["created"][:10], _source(row, language)]
    if not row["confirmed"]:
        about.append(text("cli.memory.unconfirmed", language, id=row["id"]))
    print(f"{row['id']:>4}  {row['text']}\n      {' · '.join(about)}", file=out)


def _source(row: dict[str, Any], language: str) -> str:
    if row["source"] == "you":
        return text("cli.memory.you", language)
    if not row["source"]:
        return text("cli.memory.gone", language)
    return text("cli.memory.record", language, title=row["title"] or row["source"])


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.memory.removed", language, id=result["removed"]), file=out)


PRINTERS: dict[str, Printer] = {
    "memory": _list,
    "memory-add": _one,
    "memory-edit": _one,
    "memory-confirm": _one,
    "memory-remove": _removed,
}
