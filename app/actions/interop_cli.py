"""On the command line: other programs: MCP servers that are used, and what this node offers on loopback."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.texts import text

_HEADER = "NUEE_HEADER_"  # begins the environment variable that holds a header's value


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    mcp = command.actions(command("mcp"))
    mcp("list")
    adding = mcp("add")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--url", default="", metavar="URL", help=say("mcp_url"))
    adding.add_argument("--header", action="append", default=[], metavar="NAME", help=say("mcp_header"))
    adding.add_argument("--env", action="append", default=[], metavar="NAME", help=say("mcp_env"))
    adding.add_argument(
        "--command", dest="argv", nargs=argparse.REMAINDER, default=[], metavar="…", help=say("mcp_command")
    )
    mcp("remove").add_argument("name", metavar="NAME")
    showing = mcp("tools")
    showing.add_argument("name", metavar="NAME")
    showing.add_argument("--accept", action="store_true", help=say("mcp_accept"))
    serving = mcp("serve")
    serving.add_argument("state", nargs="?", choices=("status", "on", "off", "token", "stdio"), default="status")
    _shared(serving, say)
    endpoint = command("endpoint")
    endpoint.add_argument("state", nargs="?", choices=("status", "on", "off", "token"), default="status")
    _shared(endpoint, say)


def _shared(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--new", action="store_true", help=say("endpoint_new"))
    parser.add_argument("--port", type=whole_number(65535), default=None, metavar="N", help=say("endpoint_port"))


def runs_alone(options: argparse.Namespace) -> bool:
    """Whether `run` does this command."""
    return bool(options.command == "mcp" and options.action == "serve" and options.state == "stdio")


def run(folder: Path, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    from app.endpoint import stdio

    stdio.serve(folder, sys.stdin, sys.stdout, language)
    return 0


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command == "endpoint":
        return _offering(options, "model")
    if options.command != "mcp":
        return None
    match options.action:
        case "add":
            secrets = {name: _secret(name, name, language) for name in options.env}
            for name in options.header:
                secrets[name] = _secret(_HEADER + name.upper().replace("-", "_"), name, language)
            args = {"name": options.name, "command": options.argv, "url": options.url, "secrets": secrets}
            return "mcp-add", args
        case "remove":
            return "mcp-remove", {"name": options.name}
        case "tools":
            return "mcp-tools", {"name": options.name, "accept": options.accept}
        case "serve":
            return _offering(options, "mcp")
        case _:
            return "mcp", {}


def _offering(options: argparse.Namespace, part: str) -> tuple[str, dict[str, Any]]:
    match options.state:
        case "on" | "off":
            return "endpoint-set", {"on": options.state == "on", "part": part, "port": options.port}
        case "token":
            return "endpoint-token", {"new": options.new, "part": part}
        case _:
            return "endpoint", {}


def _secret(variable: str, name: str, language: str) -> str:
    """From the environment, else asked for: never from the command line, which other programs can read."""
    if variable in os.environ:
        return os.environ[variable]
    if sys.stdin.isatty():
        return getpass.getpass(text("cli.mcp.secret", language, name=name))
    raise SystemExit(f"nuee: {text('error.mcp-secret', language, variable=variable)}")


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["servers"]:
        print(text("cli.mcp.none", language), file=out)
    for row in result["servers"]:
        print(text("cli.mcp.server", language, **row), file=out)


def _tools(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.mcp.server", language, **result["server"]), file=out)
    for tool in result["tools"]:
        state = "" if tool["state"] == "known" else f"  [{text('cli.mcp.' + tool['state'], language)}]"
        print(f"  {tool['name']}{state}\n      {_line(tool['about'])}", file=out)
        if tool["state"] == "changed":
            print(f"      {text('cli.mcp.before', language, about=_line(tool['before']))}", file=out)
            if tool["schema"] != tool["schema_before"]:
                print(f"      {_line(tool['schema_before'])}\n      → {_line(tool['schema'])}", file=out)
    if any(tool["state"] in ("new", "changed") for tool in result["tools"]):
        print(text("cli.mcp.accept", language, name=result["server"]["name"]), file=out)


def _line(said: str) -> str:
    """A stranger's words on one line, without what would move the cursor."""
    return " ".join("".join(one if one.isprintable() else " " for one in said).split())


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.removed", language, name=result["removed"]), file=out)


def _state(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for part in result["parts"]:
        about = text(f"cli.endpoint.{part['part']}", language)
        where = part["address"] or text(f"cli.endpoint.{'silent' if part['on'] else 'off'}", language)
        print(f"{about}: {where}", file=out)
    if result["problem"]:
        print(result["problem"], file=out)


def _token(result: dict[str, Any], _language: str, out: TextIO, _streamed: str) -> None:
    print(result["token"], file=out)


PRINTERS: dict[str, Printer] = {
    "mcp": _list,
    "mcp-add": _tools,
    "mcp-tools": _tools,
    "mcp-remove": _removed,
    "endpoint": _state,
    "endpoint-set": _state,
    "endpoint-token": _token,
}
