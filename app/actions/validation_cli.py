"""On the command line: having an inference done again by a third peer."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text
from app.views.plain import one_line, revealed


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("validation"))
    checking = action("check")
    checking.add_argument("task", metavar="TASK", help=say("validation_task"))
    checking.add_argument("--by", default="", metavar="PEER", help=say("validation_by"))
    checking.add_argument("--pay", default="", metavar="AMOUNT", help=say("validation_pay"))
    checking.add_argument("--yes", action="store_true", help=say("validation_yes"))
    for name in ("answer", "show"):
        action(name).add_argument("task", metavar="TASK", help=say("validation_task"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "validation":
        return None
    match options.action:
        case "check":
            return "validation-check", {
                "task": options.task, "by": options.by, "yes": options.yes, "pay": options.pay,
            }  # fmt: skip
        case "answer":
            return "validation-answer", {"task": options.task}
        case _:
            return "validation", {"task": options.task}


def _check(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    preview = result["preview"]
    if preview is not None:
        names = ", ".join(map(one_line, preview["names"]))
        out.write(text("cli.validation.would_see", language, names=names, bytes=preview["bytes"]) + "\n\n")
        out.write(revealed(preview["text"]) + "\n\n")
        if preview["price"]:
            price, chain = one_line(preview["price"]), one_line(preview["chain"])
            out.write(text("cli.validation.would_pay", language, price=price, chain=chain) + "\n")
        out.write(text("cli.validation.again_with_yes", language) + "\n")
        return
    out.write("\n" + text("cli.validation.done", language) + "\n")


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    who = f"{one_line(result['name'])} ({result['validator']})" if result["name"] else result["validator"]
    out.write(text(f"cli.validation.{result['state']}", language, validator=who) + "\n")
    if result["engine"]:
        out.write("  " + text("cli.validation.build", language, engine=one_line(result["engine"])) + "\n")
    out.write(f"  {result['hash']}\n")


PRINTERS: dict[str, Printer] = {"validation-check": _check, "validation-answer": _show, "validation": _show}
