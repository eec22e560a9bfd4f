"""On the command line: drafts of mail that wait for the person."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.texts import text
from app.views.plain import one_line

_number = whole_number(2**53)
_YES = ("y", "yes", "o", "oui")


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("drafts"))
    action("list")
    made = {name: action(name) for name in ("show", "edit", "send", "remove")}
    for one in made.values():
        one.add_argument("id", type=_number, metavar="ID")
    made["send"].add_argument("--yes", action="store_true", help=say("drafts_yes"))
    edit = made["edit"]
    edit.add_argument("--subject", metavar="TEXT", help=say("drafts_subject"))
    edit.add_argument("--to", action="append", metavar="ADDRESS", help=say("drafts_to"))
    edit.add_argument("--cc", action="append", metavar="ADDRESS", help=say("drafts_cc"))
    body = edit.add_mutually_exclusive_group()
    body.add_argument("--text", metavar="TEXT", help=say("drafts_text"))
    body.add_argument("--file", type=Path, metavar="FILE", help=say("drafts_file"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "drafts":
        return None
    match options.action:
        case "show":
            return "draft", {"id": options.id}
        case "edit":
            body = options.text if options.file is None else _read(options.file, language)
            changed = {"subject": options.subject, "text": body, "to": _split(options.to), "cc": _split(options.cc)}
            return "draft-edit", {"id": options.id, **changed}
        case "remove":
            return "draft-drop", {"id": options.id}
        case _:
            return "drafts", {}


def sends(options: argparse.Namespace) -> bool:
    """Whether it is the command that shows a mail, asks, and sends what was shown."""
    return bool(options.command == "drafts" and options.action == "send")


def send(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status.  Standard output holds the result alone; the mail and the question go to standard error.

    Errors: app.cli.Failure.
    """
    from app import cli, oneshot

    as_json = bool(getattr(options, "json", False))
    secret = {"secret": cli.secret(options, language, new=False)} if oneshot.needs_secret(folder, "draft") else {}

    def ask(name: str, args: dict[str, Any]) -> dict[str, Any]:
        return oneshot.run(folder, name, {**args, **secret}, oneshot.Screen(language, as_json=as_json), language)

    row = ask("draft", {"id": options.id})
    if not options.yes:
        if not sys.stdin.isatty():
            raise cli.Failure(text("error.draft-ask", language))
        _show(row, language, sys.stderr, "")
        sys.stderr.write(text("cli.drafts.ask", language))
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in _YES:
            sys.stderr.write(text("cli.drafts.not_sent", language) + "\n")
            return cli.EXIT_FAILED
    result = ask("draft-send", {"id": options.id, "shown": row["digest"]})
    sys.stdout.write((json.dumps(result) if as_json else text("cli.drafts.sent", language, id=result["sent"])) + "\n")
    return 0


def _split(given: list[str] | None) -> list[str] | None:
    """Each option may name several, with commas between; an empty one names nobody."""
    return None if given is None else [one.strip() for each in given for one in each.split(",") if one.strip()]


def _read(path: Path, language: str) -> str:
    from app.cli import Failure

    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(text("error.draft-file", language, path=path)) from error


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """What a terminal would obey or hide is spelled out: a model wrote the subjects."""
    for row in result["drafts"]:
        said = one_line(f"{', '.join(row['to'])}: {row['subject']}")
        print(f"{row['id']:>4}  {row['created'][:10]}  {said}", file=out)
    if not result["drafts"]:
        print(text("cli.drafts.none", language), file=out)


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """Exactly what would be sent; what a terminal would obey or hide is spelled out."""
    print(text("cli.drafts.from", language, who=result["sender"] or text("cli.drafts.no_account", language)), file=out)
    *head, body = result["fields"]
    for name, value in head:
        print(text("cli.drafts.field", language, name=name, value=value), file=out)
    print(f"\n{body[1]}", file=out)


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.drafts.removed", language, id=result["removed"]), file=out)


PRINTERS: dict[str, Printer] = {"drafts": _list, "draft": _show, "draft-edit": _show, "draft-drop": _removed}
