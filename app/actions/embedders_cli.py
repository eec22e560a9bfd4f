"""On the command line: embedding models: list, add, use, remove; which one search uses."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("embedders"))
    action("list")
    action("add").add_argument("path", metavar="PATH", help=say("embedders_path"))
    using = action("use")
    using.add_argument("name", metavar="NAME")
    using.add_argument("--no-wait", action="store_true", help=say("embedders_no_wait"))
    action("remove").add_argument("name", metavar="NAME")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "embedders":
        return None
    match options.action:
        case "add":
            remote = options.path.startswith(("https://", "http://"))
            return "embedder-add", {"path": options.path if remote else str(Path(options.path).absolute())}
        case "use":
            return "embedder-use", {"name": options.name, "wait": not options.no_wait}
        case "remove":
            return "embedder-remove", {"name": options.name}
        case _:
            return "embedders", {}


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["embedders"]:
        mark = "*" if row["current"] else " "
        languages = ", ".join(row["languages"]) or "?"
        size = f"{row['size'] / 1e6:.0f} MB"
        about = text(f"cli.embedder_kind.{row['kind']}", language, dimensions=row["dimensions"], languages=languages)
        counts = f"  {row['embedded']} / {row['embedded'] + row['pending']}" if row["embedded"] else ""
        print(f"{mark} {row['name']:<32} {size:>8}  {row['digest'][:12]}  {about}{counts}", file=out)
    if (change := result["change"]) is not None:
        values = {"name": change["name"], "done": change["done"], "total": change["total"]}
        print(text(f"cli.embedder_change.{change['state']}", language, **values), file=out)


def _added(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "cli.reranker_added" if result["kind"] == "reranker" else "cli.embedder_added"
    print(text(key, language, name=result["name"], digest=result["digest"][:12]), file=out)


def _used(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "cli.embedder_used" if result["current"] else "cli.embedder_begun"
    print(text(key, language, name=result["name"]), file=out)


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.removed", language, name=result["removed"]), file=out)


PRINTERS: dict[str, Printer] = {
    "embedders": _list,
    "embedder-add": _added,
    "embedder-use": _used,
    "embedder-remove": _removed,
}
