"""On the command line: this node's agent, others' agents, and who this person is.  Part of `nuee chain`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.local_time import local
from app.texts import text
from app.views.plain import one_line as plain
from app.views.plain import revealed

_YES = ("y", "yes", "o", "oui")
_IN_CHAIN = "chain"  # what --uri says for a file in the chain itself


def add(action: AddCommand, say: Say) -> None:
    """Add this part's actions to the parser of `nuee chain`."""
    registering = action("register")
    registering.add_argument("--name", metavar="NAME", help=say("chain_register_name"))
    registering.add_argument("--description", metavar="TEXT", help=say("chain_register_description"))
    registering.add_argument(
        "--addresses", action=argparse.BooleanOptionalAction, default=None, help=say("chain_register_addresses")
    )
    where = registering.add_mutually_exclusive_group()
    where.add_argument("--uri", metavar="ADDRESS", help=say("chain_register_uri"))
    where.add_argument("--file", type=Path, metavar="FILE", help=say("chain_register_file"))
    registering.add_argument("--yes", action="store_true", help=say("chain_register_yes"))
    action("show").add_argument("agent", metavar="AGENT", help=say("chain_show_agent"))
    action("identity")


def request(options: argparse.Namespace) -> tuple[str, dict[str, Any]] | None:
    """The name and the arguments of the command as `app.requests` wants them; None for another part's."""
    match options.action:
        case "show":
            return "agent-show", {"agent": options.agent}
        case "identity":
            return "identity", {}
        case "register":
            return "agent-draft", {**_said(options), "held": options.file is not None}
        case _:
            return None


def registers(options: argparse.Namespace) -> bool:
    """Whether it is the command that shows what becomes public, asks, and publishes what was shown."""
    return bool(options.command == "chain" and options.action == "register")


def register(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status.  Standard output holds the result alone; the draft and the question go to standard error.

    Errors: app.cli.Failure.
    """
    from app import cli, oneshot

    as_json = bool(getattr(options, "json", False))
    secret = {"secret": cli.secret(options, language, new=False)} if oneshot.needs_secret(folder, "identity") else {}
    screen = oneshot.Screen(language, as_json=as_json)

    def ask(name: str, args: dict[str, Any]) -> dict[str, Any]:
        return oneshot.run(folder, name, {**args, **secret}, screen, language)

    said = _said(options)
    path = str(options.file.absolute()) if options.file is not None else ""
    draft = ask("agent-draft", {**said, "held": bool(path)})
    if draft["changes"] and not options.yes:
        if not sys.stdin.isatty():
            raise cli.Failure(text("error.agent-register-ask", language))
        show_draft(draft, language, sys.stderr, "")
        sys.stderr.write(text("cli.agent.ask", language))
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in _YES:
            sys.stderr.write(text("cli.agent.not_published", language) + "\n")
            return cli.EXIT_FAILED
    result = ask("agent-register", {**said, "agreed": draft["digest"], "path": path})
    if as_json:
        sys.stdout.write(json.dumps({**result, "changed": draft["changes"]}, ensure_ascii=False) + "\n")
    elif not draft["changes"] and not path:
        sys.stdout.write(text("cli.agent.current", language, agent=result["agent"]["agent"]) + "\n")
    else:
        _registered(result, language, sys.stdout, "")
    return 0


def show_draft(draft: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    """Exactly what becomes public."""
    said = {"network": draft["network"], "bytes": draft["bytes"], "address": draft["address"]}
    out.write(text("cli.agent.draft", language, **said) + "\n")
    out.write(revealed(draft["file"]) + "\n")
    lines = {
        "draft_number": draft["agent"] is None,
        "draft_uri": bool(draft["uri"]),
        "draft_links": True,
        "draft_real": draft["real_value"],
    }
    for key in (key for key, holds in lines.items() if holds):
        out.write(text(f"cli.agent.{key}", language, uri=plain(draft["uri"])) + "\n")


def _said(options: argparse.Namespace) -> dict[str, Any]:
    uri = "" if options.uri == _IN_CHAIN else options.uri
    return {
        "name": options.name, "description": options.description, "addresses": options.addresses, "uri": uri,
    }  # fmt: skip


def _registered(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    agent = result["agent"]
    out.write(text("cli.agent.registered", language, agent=agent["agent"], network=agent["network"]) + "\n")
    if result["saved"]:
        out.write(text("cli.agent.saved", language, path=result["saved"]) + "\n")
    elif not agent["verified"]:
        _checks(agent, language, out)


def _show(agent: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.agent.number", language, agent=agent["agent"], network=agent["network"]) + "\n")
    out.write(f"  {agent['registry']}/{agent['agent']}\n")
    for key, holds in (
        ("verified", agent["verified"]),
        ("not_verified", not agent["verified"]),
        ("mine", agent["mine"]),
    ):
        if holds:
            out.write(f"  {text(f'cli.agent.{key}', language)}\n")
    if agent["alike"]:
        out.write(f"  {text('cli.agent.alike', language, name=plain(agent['alike']))}\n")
    for key, value in _fields(agent, language):
        if value:
            out.write(f"  {text(f'cli.agent.field_{key}', language)}: {value}\n")
    for one in agent["services"]:
        _service(one, language, out)
    for name, value in agent["others"]:
        out.write(f"  {text('cli.agent.field_other', language)}: {plain(name)} = {plain(value)}\n")
    _checks(agent, language, out)


def _fields(agent: dict[str, Any], language: str) -> tuple[tuple[str, str], ...]:
    known = {"name": plain(agent["contact"])}
    who = text(f"cli.agent.{'contact' if agent['contact'] else 'stranger'}", language, **known)
    return (
        ("name", plain(agent["name"])),
        ("description", plain(agent["description"])),
        ("peer", agent["peer_id"] and (agent["peer_id"] + ("" if agent["mine"] else f" ({who})"))),
        ("owner", agent["owner"]),
        ("wallet", agent["wallet"]),
        ("uri", text("cli.agent.in_chain", language) if agent["uri"].startswith("data:") else plain(agent["uri"])),
        ("trust", plain(", ".join(agent["trust"]))),
    )


def _service(one: dict[str, Any], language: str, out: TextIO) -> None:
    dubious = f"  ({text('cli.agent.dubious', language)})" if one["dubious"] else ""
    out.write(f"  {plain(one['name'])}: {plain(one['endpoint'])}{dubious}\n")
    for value in (*one["skills"], *one["addresses"]):
        out.write(f"      {plain(value)}\n")


def _checks(agent: dict[str, Any], language: str, out: TextIO) -> None:
    for check in agent["checks"]:
        mark = "✓" if check["holds"] else "✗"
        said = text(f"cli.agent.check_{check['name']}", language)
        out.write(f"  {mark} {said}" + ("" if check["holds"] else f" — {check['sentence']}") + "\n")


def _identity(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for key in ("did", "account"):
        if result[key]:
            out.write(f"{text(f'cli.agent.me_{key}', language)}: {result[key]}\n")
    out.write(f"{text('cli.agent.field_peer', language)}: {result['peer_id']}\n")
    for key in ("phrase", "backup"):
        state = "yes" if result[key] else "no"
        when = local(result[key]) if result[key] else ""
        out.write(text(f"cli.agent.me_{key}_{state}", language, when=when) + "\n")
    if result["problem"]:
        out.write(result["problem"] + "\n")
    if not result["chain"]:
        out.write(text("cli.agent.me_no_chain", language) + "\n")
    elif result["agent"] is None:
        out.write(text("cli.agent.me_no_agent", language, chain=plain(result["chain"])) + "\n")
    else:
        _show(result["agent"], language, out, "")


PRINTERS: dict[str, Printer] = {
    "identity": _identity,
    "agent-draft": show_draft,
    "agent-register": _registered,
    "agent-show": _show,
}
