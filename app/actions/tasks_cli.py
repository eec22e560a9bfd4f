"""On the command line: tasks for other people's agents."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any, TextIO

from app.actions import settling_cli
from app.actions.group import AddCommand, Printer, Say, whole_number
from app.swarm.explaining import explained, reason, short, spoken
from app.texts import catalogue, text
from app.views.plain import amount_line, one_line, revealed

_seconds = whole_number(7 * 24 * 3600)
_amount = whole_number(2**53)
KINDS = ("inference", "skill", "model", "meeting")
_GIVEN = (
    "prompt", "max_tokens", "skill", "entry", "arguments", "sha256", "title", "minutes", "from_", "until", "hours",
    "records",
)  # fmt: skip
_DAY = 24 * 3600
_LATEST = 2**33  # seconds: moments of a stranger's calendar beyond it are none
DEADLINES = {"model": 6 * 3600, "meeting": _DAY}  # seconds; of others ten minutes


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("task"))
    announcing = action("announce")
    announcing.add_argument("kind", choices=KINDS, metavar="KIND", help=say("task_kind"))
    announcing.add_argument("--to", action="append", metavar="PEER", help=say("task_to"))
    announcing.add_argument("--deadline", type=_seconds, metavar="SECONDS", help=say("task_deadline"))
    announcing.add_argument("--bids", type=_seconds, metavar="SECONDS", help=say("task_reply"))
    announcing.add_argument("--max-price", type=_amount, metavar="N", help=say("task_price"))
    announcing.add_argument("--pay", metavar="AMOUNT", help=say("task_pay"))
    announcing.add_argument("--arbiter", metavar="ADDRESS", help=say("task_arbiter"))
    settling_cli.paid_arguments(announcing, say)
    announcing.add_argument("--look", action="store_true", help=say("task_look"))
    announcing.add_argument("--award", choices=("cheapest", "best", "fastest", "contacts", "ask"), default="cheapest")
    announcing.add_argument("--wait", action="store_true", help=say("task_wait"))
    announcing.add_argument("--prompt", metavar="TEXT", help=say("task_prompt"))
    announcing.add_argument("--max-tokens", type=whole_number(2048), metavar="N", help=say("task_tokens"))
    _kind_arguments(announcing, say)
    announcing.add_argument("--with", action="append", dest="records", metavar="RECORD", help=say("task_with"))
    announcing.add_argument("--yes", action="store_true", help=say("task_yes"))
    action("list")
    for name in ("show", "bids", "cancel", "remove", "accept", "decline"):
        action(name).add_argument("id", metavar="ID")
    awarding = action("award")
    awarding.add_argument("id", metavar="ID")
    awarding.add_argument("peers", nargs="*", metavar="PEER", help=say("task_award_peers"))
    settling_cli.arguments(action, say)


def _kind_arguments(announcing: argparse.ArgumentParser, say: Say) -> None:
    announcing.add_argument("--skill", metavar="NAME", help=say("task_skill"))
    announcing.add_argument("--entry", metavar="NAME", help=say("task_entry"))
    announcing.add_argument("--arguments", metavar="JSON", help=say("task_arguments"))
    announcing.add_argument("--sha256", metavar="HEX", help=say("task_sha256"))
    announcing.add_argument("--title", metavar="TEXT", help=say("task_title"))
    announcing.add_argument("--minutes", type=whole_number(24 * 60), metavar="N", help=say("task_minutes"))
    announcing.add_argument("--from", dest="from_", metavar="TIME", help=say("task_from"))
    announcing.add_argument("--until", metavar="TIME", help=say("task_until"))
    announcing.add_argument("--hours", metavar="HH:MM-HH:MM", help=say("task_hours"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "task":
        return None
    match options.action:
        case "announce":
            return "task-announce", _announcement(options)
        case "show":
            return "task", {"id": options.id}
        case "bids" | "cancel" | "remove":
            return f"task-{options.action}", {"id": options.id}
        case "accept" | "decline":
            return "task-answer", {"id": options.id, "agrees": options.action == "accept"}
        case "award":
            return "task-award", {"id": options.id, "peers": options.peers}
        case "dispute" | "rule":
            return settling_cli.request(options)
        case _:
            return "tasks", {}


def _announcement(options: argparse.Namespace) -> dict[str, Any]:
    names = (
        "prompt",
        "max_tokens",
        "skill",
        "entry",
        "arguments",
        "sha256",
        "title",
        "minutes",
        "from_",
        "until",
        "hours",
    )
    given = {name.rstrip("_"): getattr(options, name) for name in (*names, "records")}
    deadline = options.deadline or DEADLINES.get(options.kind, 3600 if options.pay else 600)
    person = options.kind == "meeting"  # bids wait for people
    terms = {
        "seconds": deadline,
        "reply_seconds": options.bids or (deadline / 2 if person else min(30, deadline / 2)),
        "max_price": options.max_price or 0,
        "award": options.award,
    }
    priced = ("pay", "arbiter", "look", "dispute_window", "ruling_window")
    paying = {name: getattr(options, name) for name in priced}
    terms |= {name: value for name, value in paying.items() if value}
    return {
        "kind": options.kind,
        "arguments": {key: value for key, value in given.items() if value is not None},
        "to": options.to or ["contacts"],
        "terms": terms,
        "wait": options.wait,
    }


def _announced(result: dict[str, Any], language: str, out: TextIO, streamed: str) -> None:
    from app.printing import tenths  # which imports this

    if "role" in result:
        _row(result, language, out, "")
        if not result["goes_on"]:
            out.write(text("cli.task.goes_on", language) + "\n")
        return
    said = _outcome(result["result"], language)
    out.write(_rest(revealed(said), revealed(streamed)))
    key = result["state"]
    took = tenths((result["ms"] or 0) / 1000, language)
    out.write(text(f"cli.task.ended_{key}", language, id=result["id"][:8], seconds=took) + "\n")


def _rest(said: str, streamed: str) -> str:
    """What is not on the screen yet of a result, as a line: the end may come before all of it was streamed."""
    if streamed and not said.startswith(streamed):
        streamed, said = "", f"\n{said}"  # what came counts, whatever was shown of it before
    left = said[len(streamed) :]
    whole = f"{streamed}{left}"
    return left if not whole.strip() or whole.endswith("\n") else f"{left}\n"


def _outcome(result: Any, language: str) -> str:
    """What came of it: a text as it is, a time on this computer's clock, sizes as people read them."""
    from app.printing import size  # which imports this

    match result:
        case {"text": str(said)} | {"value": str(said)}:
            return said
        case {"slot": int(at)} if type(at) is int and 0 < at < _LATEST:
            return text("cli.task.agreed", language, at=f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M %Z}")
        case {"size": int(whole), "sent": int(sent)}:
            return text("cli.task.sent", language, sent=size(sent, language), size=size(whole, language))
    return json.dumps(result, ensure_ascii=False, default=repr) if result else ""


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["tasks"]:
        _row(row, language, out, "")
    if not result["tasks"]:
        out.write(text("cli.task.none", language) + "\n")


def _row(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    name = short(row["id"])
    state = text(f"swarm.state.{row['state']}", language)
    told = [row["kind"], state, one_line(row["provider_name"]), reason(row["detail"], language), row.get("job", "")]
    out.write(f"{name}  {'  '.join(one for one in told if one)}\n")
    if row.get("subject"):
        out.write(f"          {one_line(row['subject'])}\n")


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    row = result["row"]
    peer = result["messages"][0]["name"] if row["role"] == "participant" and result["messages"] else ""
    proposed = any(one["outgoing"] and one["performative"] == "propose" for one in result["messages"])
    said = explained(row, language, result["award"], peer, proposed=proposed)
    out.write(f"{short(row['id'])}  {row['kind']}\n{said}\n")
    for line in settling_cli.told(result.get("settlement"), language):
        out.write(f"  {line}\n")
    for line in _asked(result["spec"], language):
        out.write(f"  {line}\n")
    for one in result["messages"]:
        arrow = "→" if one["outgoing"] else "←"
        said = spoken(one["performative"], one["detail"], language, lambda code: reason(code, language))
        out.write(f"  {one['at'][11:19]} {arrow} {one_line(one['name'])}: {said}\n")
    if outcome := _outcome(result["result"], language):
        out.write(revealed(outcome) + "\n")


def _asked(spec: dict[str, Any], language: str) -> list[str]:
    """What it is about, as it was asked; of a meeting its times on this computer's clock."""
    shown = dict(spec)
    moments = [shown[name] for name in ("slots", "free") if isinstance(shown.get(name), list)]
    title, minutes = (one_line(str(shown.pop(name, ""))) for name in ("title", "minutes"))
    said = [f"{title} ({minutes or '?'} min)"] if title else []
    for slots in moments:
        found = [at for at in slots if type(at) is int and 0 < at < _LATEST]
        said += [f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M %Z}" for at in found]
    for name in ("slots", "free"):
        shown.pop(name, None)
    if "off" in shown:
        return [text("cli.task.off", language, id=one_line(str(shown["off"]))[:8])]
    for name in ("zone", *(name for name in shown if name.endswith("-bytes"))):
        shown.pop(name, None)  # what only programs need
    return said + [f"{_named(name, language)}: {_plain(value)}" for name, value in shown.items()]


def _named(key: str, language: str) -> str:
    """As the window calls it; a key that has no name of ours as it is."""
    ours = f"window.field.{key.replace('-', '_')}"
    return text(ours, language) if ours in catalogue() else one_line(str(key))


def _plain(value: object) -> str:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
    return revealed(said).replace("\n", "\n    ")


def _bids(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for one in result["bids"]:
        price = amount_line(one["said"]) if one["price"] else text("cli.task.free", language)
        told = [text(f"cli.task.bid_{one['state']}", language), price if one["token"] else ""]
        told.append(reason(one["reason"], language))
        out.write(f"{one_line(one['name']):<24} {'  '.join(part for part in told if part)}\n")
    if not result["bids"]:
        out.write(text("cli.task.no_bids", language) + "\n")


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.task.removed", language, id=result["removed"]) + "\n")
    if result.get("receipts"):
        out.write(text("cli.receipt.stays", language, id=result["removed"]) + "\n")


PRINTERS: dict[str, Printer] = {
    "task-announce": _announced,
    "tasks": _list,
    "task": _show,
    "task-bids": _bids,
    "task-award": _row,
    "task-cancel": _row,
    "task-answer": _row,
    "task-remove": _removed,
    **settling_cli.PRINTERS,
}
