"""On the command line: the proof of privacy."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    command("prove").add_argument("--offline", action="store_true", help=say("prove_offline"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "prove":
        return None
    return ("prove-offline" if options.offline else "prove"), {}


def failed(result: dict[str, Any]) -> bool:
    """Whether the command has to end with an error although it did what it was asked to."""
    return not result["holds"]


def _prove(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    from app.printing import size

    values = {name: result[name] for name in ("files", "canaries", "crashes")}
    key = "cli.proved" if result["holds"] else "cli.not_proved"
    seconds = f"{result['seconds']:.0f}"
    large, leaks = size(result["bytes"], language), len(result["leaks"])
    print(text(key, language, size=large, count=leaks, seconds=seconds, **values), file=out)
    print(text("cli.proved_features", language, features=", ".join(result["features"])), file=out)
    for leak in result["leaks"]:
        print(f"  {leak['file']}: {leak['what']} ({leak['how']})", file=out)
    for name in result["core_dumps"]:
        print(text("cli.proved_core", language, name=name), file=out)
    for line in result["unread"]:
        print(text("cli.proved_unread", language, file=line), file=out)
    if result["kept"]:
        print(text("cli.proved_kept", language, folder=result["kept"]), file=out)


def _offline(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "cli.offline_holds" if result["holds"] else "cli.offline_broken"
    count, seconds = len(result["connections"]), f"{result['seconds']:.0f}"
    print(text(key, language, count=count, processes=result["processes"], seconds=seconds), file=out)
    print(text("cli.proved_features", language, features=", ".join(result["features"])), file=out)
    for line in result["connections"]:
        print(f"  {line}", file=out)
    if result["refused"]:
        print(text("cli.offline_refused", language, what=", ".join(result["refused"])), file=out)
    for line in result["own"]:
        print(text("cli.offline_own", language, what=line), file=out)


PRINTERS: dict[str, Printer] = {"prove": _prove, "prove-offline": _offline}
