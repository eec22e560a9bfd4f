"""On the command line: what is known of a peer's work, and what the person says of it."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text
from app.views.plain import one_line


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    command("reputation").add_argument("name", metavar="PEER", help=say("peers_peer"))
    action = command.actions(command("feedback"))
    giving = action("give")
    giving.add_argument("receipt", metavar="RECEIPT", help=say("feedback_receipt"))
    giving.add_argument("value", type=_value, metavar="VALUE", help=say("feedback_value"))
    giving.add_argument("--tag", default="", metavar="T", help=say("feedback_tag"))
    giving.add_argument("--public", action="store_true", help=say("feedback_public"))
    action("revoke").add_argument("receipt", metavar="RECEIPT", help=say("feedback_receipt"))
    action("list").add_argument("name", nargs="?", default="", metavar="PEER", help=say("peers_peer"))


def _value(said: str) -> int:
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else -1
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("0 … 100")
    return number


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command == "reputation":
        return "reputation", {"name": options.name}
    if options.command != "feedback":
        return None
    match options.action:
        case "give":
            given = {"receipt": options.receipt, "value": options.value, "tag": options.tag, "public": options.public}
            return "feedback-give", given
        case "revoke":
            return "feedback-revoke", {"receipt": options.receipt}
        case _:
            return "feedback", {"name": getattr(options, "name", "")}


def _reputation(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(f"{one_line(result['name'])}: {result['sentence']}\n")
    reasons(result, language, out)


def reasons(result: dict[str, Any], language: str, out: TextIO) -> None:
    """Why, what anybody may have written, and of which task nothing was said yet."""
    for reason in result["reasons"]:
        out.write(f"  {reason['sentence']}\n")
    if result["network"]:
        out.write(f"  {result['naked_sentence']}\n")
    if result["rateable"]:
        out.write(text("cli.feedback.rateable", language, receipt=result["rateable"][0][:12]) + "\n")


def _word(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    where = text(f"cli.feedback.{row['state']}", language, agent=row["agent"], transaction=row["transaction"])
    tag = f" {one_line(row['tag'])}" if row["tag"] else ""
    out.write(f"{row['receipt'][:12]}  {one_line(row['name'])}: {row['value']}/100{tag} ({where})\n")


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["feedback"]:
        _word(row, language, out, "")
    if not result["feedback"]:
        out.write(text("cli.feedback.none", language) + "\n")


PRINTERS: dict[str, Printer] = {
    "reputation": _reputation,
    "feedback-give": _word,
    "feedback-revoke": _word,
    "feedback": _list,
}
