"""On the command line: what left, what was agreed to for good, and the question before records leave."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions import tasks_cli
from app.actions.group import AddCommand, Printer, Say
from app.texts import text
from app.views.plain import one_line, revealed

_ANSWERS = {"once": ("o", "once", "u", "une fois"), "always": ("a", "always", "t", "toujours"),
            "never": ("v", "never", "j", "jamais")}  # fmt: skip


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("disclosures"))
    action("list")
    action("consents")
    for name in ("never", "forget-consent"):
        deciding = action(name)
        deciding.add_argument("peer", metavar="PEER", help=say("peers_peer"))
        deciding.add_argument("kind", metavar="KIND", help=say("disclosures_kind"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "disclosures":
        return None
    match options.action:
        case "consents":
            return "consents", {}
        case "never" | "forget-consent":
            decision = "never" if options.action == "never" else None
            return "consent-set", {"peer": options.peer, "kind": options.kind, "decision": decision}
        case _:
            return "disclosures", {}


def discloses(options: argparse.Namespace) -> bool:
    """Whether a task may take records along, which are not agreed to by naming them."""
    if options.command != "task" or options.action != "announce":
        return False
    return bool(options.records) or options.kind == "meeting"


def announce(options: argparse.Namespace, folder: Path, language: str) -> int:
    """Show what would leave, ask, and announce the task; the exit status.  Errors: app.cli.Failure."""
    from app import cli, oneshot

    as_json = bool(getattr(options, "json", False))
    secret = {"secret": cli.secret(options, language, new=False)} if oneshot.needs_secret(folder, "tasks") else {}
    screen = oneshot.Screen(language, as_json=as_json)
    _, given = tasks_cli.request(options, language) or ("", {})

    def run(name: str, args: dict[str, Any]) -> dict[str, Any]:
        return oneshot.run(folder, name, {**args, **secret}, screen, language)

    asked = {name: given[name] for name in ("kind", "arguments", "to")}
    preview = run("task-preview", {**asked, "pay": given["terms"].get("pay", "")})
    if preview["records"]:
        answer = "once" if options.yes else _ask(preview, language)
        if answer == "never":
            for peer in preview["peer_ids"]:
                run("consent-set", {"peer": peer, "kind": preview["kind"], "decision": "never"})
        if answer not in ("once", "always"):
            sys.stderr.write(text("cli.disclosures.nothing_left", language) + "\n")
            return cli.EXIT_FAILED
        given["terms"] |= {"consent": answer, "shown": preview["digest"]}
    result = run("task-announce", given)
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    else:
        screen.show("task-announce", result)
    return 0


def _ask(preview: dict[str, Any], language: str) -> str:
    from app.cli import Failure

    if not sys.stdin.isatty():
        raise Failure(text("error.disclosure-ask", language))
    show(preview, language, sys.stderr)
    sys.stderr.write(text("cli.disclosures.ask", language))
    sys.stderr.flush()
    said = sys.stdin.readline().strip().lower()
    return next((answer for answer, words in _ANSWERS.items() if said in words), "")


def show(preview: dict[str, Any], language: str, out: TextIO) -> None:
    """Exactly what would leave, where it comes from, and for whom."""
    out.write(text("cli.disclosures.leaves", language, bytes=preview["bytes"], kind=preview["kind"]) + "\n")
    called = preview["names"] or [""] * len(preview["peer_ids"])
    for peer, name in zip(preview["peer_ids"], called, strict=True):
        out.write(f"  → {one_line(name)} {peer}\n")
    if preview.get("price"):
        out.write("  " + text("cli.disclosures.pays", language, price=preview["price"], chain=preview["chain"]) + "\n")
    for name, title in preview["records"]:
        out.write("  " + text("cli.disclosures.from", language, id=name[:8], title=one_line(title)) + "\n")
    out.write(f"{revealed(preview['text'])}\n")


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["disclosures"]:
        why = text(f"cli.disclosures.why_{row['why']}", language)
        head = f"{row['number']:>5}  {row['at'][:16].replace('T', ' ')} → {one_line(row['name'])}"
        records = ", ".join(name[:8] for name in row["records"])
        told = [row["kind"], f"{row['bytes']} B", row["digest"][:12], why, records]
        out.write(f"{head}  {'  '.join(one for one in told if one)}\n")
    if not result["disclosures"]:
        out.write(text("cli.disclosures.none", language) + "\n")
    if result["broken"] is not None:
        out.write(text("cli.disclosures.broken", language, number=result["broken"]) + "\n")


def _consents(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["consents"]:
        said = text(f"cli.disclosures.decided_{row['decision']}", language)
        out.write(f"{one_line(row['name']):<24} {row['kind']:<12} {said}\n")
    if not result["consents"]:
        out.write(text("cli.disclosures.no_consents", language) + "\n")


PRINTERS: dict[str, Printer] = {
    "task-preview": lambda result, language, out, _streamed: show(result, language, out),
    "disclosures": _list,
    "consents": _consents,
    "consent-set": _consents,
}
