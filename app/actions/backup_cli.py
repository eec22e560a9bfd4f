"""On the command line: backup and move, export and restore."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    exporting = command("export")
    exporting.add_argument("path", metavar="PATH", help=say("export_path"))
    exporting.add_argument("--open", action="store_true", dest="open_formats", help=say("export_open"))
    exporting.add_argument("--yes", action="store_true", help=say("export_yes"))
    command("restore").add_argument("path", metavar="PATH", help=say("restore_path"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    from app import cli

    if options.command == "restore":
        opener = cli.secret(options, language, new=False)
        return "restore", {"path": str(Path(options.path).absolute()), "opener": opener}
    if options.command != "export":
        return None
    path = str(Path(options.path).absolute())
    if options.open_formats:
        if not options.yes and not _sure(path, language):
            raise cli.Failure(text("cli.cancelled", language))
        return "export", {"path": path, "open": True}
    proof = cli.secret(options, language, new=False)
    return "export", {"path": path, "open": False, "proof": proof, "secret": proof}


def _sure(path: str, language: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(text("cli.export_sure", language, path=path)).strip().lower() in ("y", "yes", "o", "oui")


def _export(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    from app.printing import size

    key = "cli.exported_open" if result["open"] else "cli.exported"
    values = {name: result[name] for name in ("records", "conversations", "path")}
    print(text(key, language, size=size(result["bytes"], language), **values), file=out)


def _restore(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    values = {name: result[name] for name in ("home", "created", "records")}
    print(text("cli.restored", language, **values), file=out)


PRINTERS: dict[str, Printer] = {"export": _export, "restore": _restore}
