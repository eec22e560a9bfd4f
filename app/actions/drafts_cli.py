"""On the command line: drafts of mail that wait for the person."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.texts import text

_number = whole_number(2**53)


def arguments(command: AddCommand, say: Say) -> None:  # noqa: ARG001
    """Add this group's commands to the parser."""
    action = command.actions(command("drafts"))
    action("list")
    for name in ("show", "remove"):
        action(name).add_argument("id", type=_number, metavar="ID")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "drafts":
        return None
    match options.action:
        case "show":
            return "draft", {"id": options.id}
        case "remove":
            return "draft-drop", {"id": options.id}
        case _:
            return "drafts", {}


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["drafts"]:
        print(f"{row['id']:>4}  {row['created'][:10]}  {', '.join(row['to'])}: {row['subject']}", file=out)
    if not result["drafts"]:
        print(text("cli.drafts.none", language), file=out)


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for key in ("to", "cc"):
        if result[key]:
            print(text(f"cli.drafts.{key}", language, who=", ".join(result[key])), file=out)
    print(text("cli.drafts.subject", language, subject=result["subject"]), file=out)
    print(f"\n{result['text']}", file=out)


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.drafts.removed", language, id=result["removed"]), file=out)


PRINTERS: dict[str, Printer] = {"drafts": _list, "draft": _show, "draft-drop": _removed}
