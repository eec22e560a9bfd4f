"""On the command line: a task's job on chain, what can be said against its result, and an arbiter's word."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.chain.spans import seconds_of, span_text
from app.local_time import local
from app.texts import catalogue, text
from app.views.plain import amount_line, one_line

_BEFORE = ("preparing", "open", "offered", "paying", "funded")  # nothing was handed in yet
_job = whole_number(2**63)


def _span(typed: str) -> int:
    try:
        return seconds_of(typed)
    except ValueError:
        raise argparse.ArgumentTypeError("60s … 7d") from None


def paid_arguments(announcing: argparse.ArgumentParser, say: Say) -> None:
    """Add to `nuee task announce` how long a dispute may take."""
    announcing.add_argument("--dispute-window", type=_span, metavar="2h", help=say("task_dispute_window"))
    announcing.add_argument("--ruling-window", type=_span, metavar="2h", help=say("task_ruling_window"))


def arguments(action: AddCommand, say: Say) -> None:
    """Add to the actions of `nuee task`."""
    disputing = action("dispute")
    disputing.add_argument("id", metavar="ID")
    disputing.add_argument("reason", nargs="?", default="", metavar="REASON", help=say("task_dispute_reason"))
    ruling = action("rule")
    ruling.add_argument("job", type=_job, metavar="JOB", help=say("task_rule_job"))
    which = ruling.add_mutually_exclusive_group(required=True)
    which.add_argument("--complete", action="store_true", help=say("task_rule_complete"))
    which.add_argument("--refund", action="store_true", help=say("task_rule_refund"))


def request(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Of these actions."""
    if options.action == "dispute":
        return "task-dispute", {"id": options.id, "reason": options.reason}
    return "task-rule", {"job": options.job, "completes": bool(options.complete)}


def told(settlement: Mapping[str, Any] | None, language: str, date: Callable[[str], str] = local) -> list[str]:
    """How the job stands, line by line.  `settlement`: the fields of a SettlementView; `date`: a moment in words."""
    if settlement is None:
        return [text("swarm.job.on_trust", language)]
    values = {name: one_line(str(settlement[name])) for name in ("chain", "job")}
    values["amount"] = amount_line(settlement["amount"])
    values["judge"] = one_line(settlement["judge_name"] or settlement["judge"])
    lines = [text(f"swarm.job.{settlement['state']}", language, **values)]
    if settlement["paid"]:
        lines.append(text("swarm.job.paid", language, paid=one_line(settlement["paid"])))
    if settlement["job"]:
        lines.append(text("swarm.job.which", language, **values))
    lines.append(text(f"swarm.job.judge_{settlement['judged_by']}", language, **values))
    lines += _windows(settlement, language, date)
    if settlement["why"]:
        ended = settlement["state"] in ("settled", "refunded", "rejected", "void")
        lines.append(settlement["why"] if ended else text("swarm.job.waits", language, why=settlement["why"]))
    for one in settlement["transactions"]:
        state = text(f"swarm.job.sent_{one['state']}", language)
        said = {"what": _step(one["what"], language), "state": state, "hash": one_line(one["hash"])}
        lines.append(text("swarm.job.sent", language, **said).rstrip())
    return lines


def _step(what: str, language: str) -> str:
    """What a transaction was for; one that has no words, as of another release, by its name."""
    key = f"swarm.step.{what.partition('/')[0]}"
    return text(key, language) if key in catalogue() else one_line(what)


def _windows(settlement: Mapping[str, Any], language: str, date: Callable[[str], str]) -> list[str]:
    """Until when something can be said against the result; how long that will be, before it is there."""
    if settlement["by"]:
        which = "ruling" if settlement["state"] == "disputed" else "dispute"
        return [text(f"swarm.job.until_{which}", language, by=date(settlement["by"]))]
    if settlement["dispute_window"] and settlement["state"] in _BEFORE:
        dispute, ruling = (span_text(settlement[f"{one}_window"], language) for one in ("dispute", "ruling"))
        return [text("swarm.job.windows", language, dispute=dispute, ruling=ruling)]
    return []


def _done(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write("\n".join(told(result["settlement"], language)) + "\n")


def _ruled(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "completed" if result["completes"] else "refunded"
    out.write(text(f"cli.task.ruled_{key}", language, job=result["job"]) + "\n")


PRINTERS: dict[str, Printer] = {"task-dispute": _done, "task-rule": _ruled}
