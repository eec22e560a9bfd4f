"""On the command line: what waits for a click, standing rules, and what the agent did."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.local_time import local
from app.texts import text

_number = whole_number(2**53)
_ANSWERS = {"yes": "once", "always": "always", "no": "no", "never": "never"}
_CONDITIONS = ("act", "function", "skill", "recipient", "amount")


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    asked = command("approvals")
    asked.add_argument("--all", action="store_true", help=say("approvals_all"))
    action = command.actions(asked)
    action("list").add_argument("--all", action="store_true", default=argparse.SUPPRESS, help=say("approvals_all"))
    for name in ("show", *_ANSWERS):
        action(name).add_argument("id", type=_number, metavar="ID")
    settling = action("settle")
    settling.add_argument("id", type=_number, metavar="ID")
    settling.add_argument("what", choices=("happened", "again", "given-up"))
    _rule_arguments(command.actions(command("rules")), say)
    did = command("activity")
    did.add_argument("-n", type=whole_number(500), default=50, metavar="N", help=say("activity_n"))
    command.actions(did)("undo").add_argument("id", type=_number, metavar="ID")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    match options.command:
        case "approvals":
            return _approvals(options)
        case "rules" if options.action == "add":
            return "rule-add", {"rule": _rule(options)}
        case "rules" if options.action == "remove":
            return "rule-remove", {"id": options.id}
        case "rules":
            return "rules", {}
        case "activity" if options.action == "undo":
            return "activity-undo", {"id": options.id}
        case "activity":
            return "activity", {"limit": options.n}
    return None


def _rule_arguments(action: AddCommand, say: Say) -> None:
    action("list")
    adding = action("add")
    adding.add_argument("effect", choices=("allow", "ask", "deny"))
    for name in _CONDITIONS:
        adding.add_argument(f"--{name}", default="", metavar="TEXT", help=say(f"rules_{name}"))
    adding.add_argument("--from", dest="sources", action="append", default=[], metavar="WHO", help=say("rules_from"))
    adding.add_argument("--hours", nargs=2, metavar=("BEGIN", "END"), help=say("rules_hours"))
    action("remove").add_argument("id", type=_number, metavar="ID")


def _approvals(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    match options.action:
        case "show":
            return "approval", {"id": options.id}
        case "settle":
            return "approval-answer", {"id": options.id, "decision": options.what}
        case "yes" | "always" | "no" | "never":
            return "approval-answer", {"id": options.id, "decision": _ANSWERS[options.action]}
        case _:
            return "approvals", {"all": options.all}


def _rule(options: argparse.Namespace) -> dict[str, Any]:
    rule: dict[str, Any] = {"effect": options.effect}
    rule |= {name: value for name in _CONDITIONS if (value := getattr(options, name))}
    if options.sources:
        rule["sources"] = options.sources
    if options.hours:
        rule["hours"] = options.hours
    return rule


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["approvals"]:
        state = text(f"cli.approvals.{row['state']}", language)
        until = text("cli.approvals.until", language, day=row["expires"][:10]) if row["state"] == "pending" else ""
        about = " · ".join(part for part in (state, row["skill"], row["created"][:10], until) if part)
        print(f"{row['id']:>4}  {row['title']}\n      {about}", file=out)
    if not result["approvals"]:
        print(text("cli.approvals.none", language), file=out)


def _one(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """Exactly what will happen, what led to it, and how to answer."""
    print(f"{row['id']}  {row['title']}", file=out)
    state = text(f"cli.approvals.{row['state']}", language)
    print(f"    {state} · {row['skill']}", file=out)
    for label, value in row["fields"]:
        lines = value.split("\n")
        first = text("cli.approvals.field", language, label=label, value=lines[0])
        print("\n".join([f"    {first}", *(f"      {line}" for line in lines[1:])]), file=out)
    if row["because"]:
        print(f"    {row['because']}", file=out)
    for source in row["sources"]:
        _source(source, language, out)
    if row["outcome"]:
        print(f"    {row['outcome']}", file=out)
    for answer in ("always", "never"):
        if row[answer]:
            print(text(f"cli.approvals.leaves_{answer}", language, rule=row[answer]), file=out)
    if row["state"] == "pending":
        offered = [answer for answer in _ANSWERS if row.get(answer, True)]
        listed = " | ".join(f"{answer} {row['id']}" for answer in offered)
        print(text("cli.approvals.how_pending", language, answers=listed), file=out)
    if row["state"] == "unknown":
        print(text("cli.approvals.how_unknown", language, id=row["id"]), file=out)


def _source(source: dict[str, Any], language: str, out: TextIO) -> None:
    origin = text(f"agent.origin.{source['origin']}", language)
    named = " · ".join(part for part in (origin, source["title"], source["sender"]) if part)
    print(f"      – {named}", file=out)
    if source["quote"]:
        print(f"        “{source['quote']}”", file=out)


def _rules(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["rules"]:
        print(f"{row['id'] or '–':>4}  {row['sentence']}", file=out)
    if not result["rules"]:
        print(text("cli.approvals.no_rules", language), file=out)


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.approvals.rule_removed", language, id=result["removed"]), file=out)


def _activity(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["activity"]:
        about = [local(row["at"]), row["actor"]]
        if row["undone"]:
            about.append(text("cli.approvals.undone_at", language, day=row["undone"][:10]))
        elif row["undo"]:
            about.append(text("cli.approvals.undo", language, id=row["id"]))
        print(f"{row['id']:>4}  {row['sentence']}\n      {' · '.join(about)}", file=out)
    if not result["activity"]:
        print(text("cli.approvals.no_activity", language), file=out)


def _undone(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.approvals.undone", language, id=result["undone"]), file=out)


PRINTERS: dict[str, Printer] = {
    "approvals": _list,
    "approval": _one,
    "approval-answer": _one,
    "rules": _rules,
    "rule-add": _rules,
    "rule-remove": _removed,
    "activity": _activity,
    "activity-undo": _undone,
}
