"""On the command line: runs of skills, on request, and their log.  `nuee skills run | log | stop` is of the group of
skills; this is what they print."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.local_time import local
from app.texts import text


def arguments(command: AddCommand, say: Say) -> None:
    """None of its own."""


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    return None


def _run(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """What it said, with its sources; what it waits for; why it failed."""
    row = result["row"]
    if row["text"]:
        print(row["text"], file=out)
    for number, source in enumerate(result["sources"], 1):
        if source["record"]:
            named = " · ".join(part for part in (source["title"], source["sender"], source["record"]) if part)
            print(f"  [{number}] {named}", file=out)
    if row["error"]:
        print(row["error"], file=out)
    if row["state"] == "waiting" and row["approval"] is not None:
        print(text("cli.running.waits", language, id=row["approval"]), file=out)


def _log(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if "runs" not in result:
        _detail(result, language, out)
        return
    for row in result["runs"]:
        _line(row, language, out)
    if not result["runs"]:
        print(text("cli.running.none", language), file=out)


def _line(row: dict[str, Any], language: str, out: TextIO) -> None:
    about = [local(row["started"]), f"{row['skill']} {row['version']}".strip(), row["entry"]]
    about += [text(f"cli.running.on_{row['occasion']}", language), text(f"cli.running.{row['state']}", language)]
    print(f"{row['id']:>4}  {' · '.join(about)}", file=out)
    if said := row["error"] or row["text"].partition("\n")[0]:
        print(f"      {said}", file=out)


def _detail(result: dict[str, Any], language: str, out: TextIO) -> None:
    _line(result["row"], language, out)
    for call in result["calls"]:
        decided = text(f"cli.running.call_{call['decision']}", language)
        print(f"      {local(call['at'])[11:]}  {call['function']}  {decided}", file=out)
    _run(result, language, out, "")
    if result["printed"]:
        print(text("cli.running.printed", language) + "\n" + result["printed"], file=out)


def _stopped(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.running.was_stopped", language, id=result["stopped"]), file=out)


PRINTERS: dict[str, Printer] = {"skill-run": _run, "skill-log": _log, "skill-stop": _stopped}
