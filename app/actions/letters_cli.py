"""On the command line: messages from person to person, which the code calls letters."""

from __future__ import annotations

import argparse
import sys
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text
from app.views.plain import one_line, revealed


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("messages"))
    action("list").add_argument("peer", nargs="?", default="", metavar="PEER", help=say("peers_peer"))
    sending = action("send")
    sending.add_argument("peer", metavar="PEER", help=say("peers_peer"))
    sending.add_argument("text", metavar="TEXT", help=say("messages_text"))
    action("read").add_argument("peer", metavar="PEER", help=say("peers_peer"))
    drafting = action("draft")
    drafting.add_argument("peer", metavar="PEER", help=say("peers_peer"))
    drafting.add_argument("--saying", default="", metavar="TEXT", help=say("messages_saying"))
    drafting.add_argument("--text", action="store_true", help=say("messages_suggest"))
    action("remove").add_argument("id", metavar="ID")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "messages":
        return None
    match options.action:
        case "send":
            said = sys.stdin.read() if options.text == "-" else options.text
            return "letter-send", {"peer": options.peer, "text": said}
        case "read":
            return "letters-read", {"peer": options.peer}
        case "draft":
            return "letter-suggest" if options.text else "letter-draft", {
                "peer": options.peer,
                "saying": options.saying,
            }
        case "remove":
            return "letter-remove", {"id": options.id}
        case _:
            return "letters", {"peer": getattr(options, "peer", "")}


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["messages"]:
        _row(row, language, out, "")
    if not result["messages"]:
        out.write(text("cli.messages.none", language) + "\n")


def _row(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """What a terminal would obey or hide is spelled out: somebody else wrote it."""
    arrow = "→" if row["outgoing"] else "←"
    state = text(f"cli.messages.{row['state']}", language) if row["state"] != "read" else ""
    told = [state, text("cli.messages.automatic", language) if row["automatic"] else ""]
    head = f"{row['id'][:8]}  {row['at'][:16].replace('T', ' ')} {arrow} {one_line(row['name'])}"
    out.write(f"{head}  {', '.join(one for one in told if one)}".rstrip() + "\n")
    for line in revealed(row["text"]).split("\n"):
        out.write(f"    {line}\n")
    if row["why"]:
        out.write(f"  ! {row['why']}\n")


def _read(result: dict[str, Any], language: str, out: TextIO, streamed: str) -> None:
    _list(result, language, out, streamed)


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.messages.removed", language, id=result["removed"][:8]) + "\n")


def _drafted(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """The question: exactly what would be sent."""
    for name, value in result["fields"]:
        out.write(f"{one_line(name)}: {revealed(value)}\n")
    out.write(text("cli.messages.drafted", language, id=result["id"]) + "\n")


def _suggested(result: dict[str, Any], _language: str, out: TextIO, _streamed: str) -> None:
    """The text alone, so that it can go into a file or an editor and from there to `messages send PEER -`."""
    out.write(revealed(result["text"]) + "\n")


PRINTERS: dict[str, Printer] = {
    "letters": _list,
    "letter-send": _row,
    "letters-read": _read,
    "letter-remove": _removed,
    "letter-draft": _drafted,
    "letter-suggest": _suggested,
}
