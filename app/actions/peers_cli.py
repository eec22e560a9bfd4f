"""On the command line: peers, and whether this node takes part."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.actions.reputation_cli import reasons
from app.texts import text
from app.views.plain import one_line as plain

_hours = whole_number(24 * 30)


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("peers"))
    inviting = action("invite")
    inviting.add_argument("name", nargs="?", default="", metavar="NAME", help=say("peers_invite_name"))
    inviting.add_argument("--hours", type=_hours, default=24, metavar="N", help=say("peers_hours"))
    inviting.add_argument("--qr", action="store_true", help=say("peers_qr"))
    adding = action("add")
    adding.add_argument("link", metavar="LINK", help=say("peers_link"))
    adding.add_argument("--name", default="", metavar="NAME", help=say("peers_add_name"))
    action("list")
    for name in ("show", "ping", "block", "unblock", "remove"):
        action(name).add_argument("name", metavar="PEER", help=say("peers_peer"))
    renaming = action("rename")
    renaming.add_argument("name", metavar="PEER", help=say("peers_peer"))
    renaming.add_argument("to", metavar="NAME")
    for name in ("relay", "meeting-point"):
        through = action(name)
        through.add_argument("name", metavar="PEER", help=say("peers_peer"))
        through.add_argument("state", choices=("on", "off"))
    action("lan").add_argument("state", choices=("on", "off"))
    action("status")
    for name in ("on", "off"):
        action(name)


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "peers":
        return None
    match options.action:
        case "invite":
            return "peer-invite", {"name": options.name, "hours": options.hours, "qr": options.qr}
        case "add":
            return "peer-add", {"link": options.link, "name": options.name}
        case "show":
            return "peer", {"name": options.name}
        case "ping" | "remove":
            return f"peer-{options.action}", {"name": options.name}
        case "block" | "unblock":
            return "peer-block", {"name": options.name, "blocked": options.action == "block"}
        case "rename":
            return "peer-rename", {"name": options.name, "to": options.to}
        case "relay":
            return "peer-relay", {"name": options.name, "on": options.state == "on"}
        case "meeting-point":
            return "peer-meet", {"name": options.name, "on": options.state == "on"}
        case "lan":
            return "swarm-lan", {"on": options.state == "on"}
        case "status":
            return "swarm", {}
        case "on" | "off":
            return "swarm-turn", {"on": options.action == "on"}
        case _:
            return "peers", {}


def _invite(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if result.get("qr"):
        out.write(result["qr"] + "\n")
    out.write(result["invite"] + "\n")
    out.write(text("cli.peers.invited", language, expires=result["expires"][:16].replace("T", " ")) + "\n")


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["peers"]:
        _row(row, language, out, "")
    if not result["peers"]:
        out.write(text("cli.peers.none", language) + "\n")


def _row(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(f"{plain(row['name']):<24} {row['peer_id']}  {_reached(row, language)}\n")


def _reached(row: dict[str, Any], language: str) -> str:
    if row["standing"] == "blocked":
        return text("cli.peers.blocked", language)
    if row["connected"]:
        state = text("cli.peers.here", language, way=row["way"] or "direct")
    elif row["seen"]:
        state = text("cli.peers.away", language, seen=row["seen"][:16].replace("T", " "))
    else:
        state = text("cli.peers.never", language)
    return state if row["rtt_ms"] is None else f"{state}, {row['rtt_ms']:g} ms"


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    _row(result["row"], language, out, "")
    for key in ("relays", "meets"):
        if result["row"][key]:
            out.write(f"  {text(f'cli.peers.it_{key}', language)}\n")
    out.write(f"  {result['identity']}\n")
    for address in result["addresses"]:
        out.write(f"  {plain(address)}\n")
    if known := result.get("reputation"):
        out.write(f"  {known['sentence']}\n")
        reasons(known, language, out)


def _state(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "running" if result["running"] else "problem" if result["problem"] else "on" if result["on"] else "off"
    out.write(text(f"cli.peers.state_{key}", language, problem=result["problem"], count=result["connected"]) + "\n")
    out.write(f"  {result['peer_id']}\n")
    for address in result["listening"]:
        out.write(f"  {address}\n")


PRINTERS: dict[str, Printer] = {
    "peer-invite": _invite,
    "peer-add": _row,
    "peers": _list,
    "peer": _show,
    "peer-ping": _row,
    "peer-rename": _row,
    "peer-block": _row,
    "peer-remove": _row,
    "peer-relay": _row,
    "peer-meet": _row,
    "swarm-lan": _state,
    "swarm": _state,
    "swarm-turn": _state,
}
