"""On the command line: sources that are kept fresh: add, look at, pause, sync, remove; airplane mode; the timeline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say, whole_number
from app.local_time import local
from app.texts import text

_NAMED = ("edit", "remove", "pause", "resume", "folders", "test")
_PLACES = {"notes": "PATH", "folder": "PATH", "feed": "ADDRESS", "calendar": "PATH|ADDRESS", "contacts": "PATH|ADDRESS"}
_MAX_DAYS = 366


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    actions = command.actions(command("sources"))
    actions("list")
    add = actions("add")
    kinds = actions.actions(add)
    add.set_defaults(action="add")  # where no kind is named
    _account(kinds("imap", allow_abbrev=False), say, required=True)  # --password would be taken for --password-file
    for kind, place in _PLACES.items():
        adding = kinds(kind)
        adding.add_argument("place", metavar=place, help=say(f"add_{kind}"))
        if "ADDRESS" in place:
            adding.add_argument("--local", action="store_true", help=say("sources_local"))
        _common(adding, say)
    for action in _NAMED:
        one = actions(action, allow_abbrev=False)
        one.add_argument("source", metavar="ID|NAME", help=say("sources_which"))
        if action == "edit":
            one.add_argument("--path", metavar="PATH|ADDRESS", dest="place", help=say("sources_path"))
            _account(one, say, required=False)
            one.add_argument("--no-smtp", action="store_true", help=say("no_smtp"))
        if action == "remove":
            keep = one.add_mutually_exclusive_group(required=True)
            keep.add_argument("--keep", action="store_true", dest="keep", help=say("sources_keep"))
            keep.add_argument("--forget", action="store_false", dest="keep", help=say("sources_forget"))
    actions("sync").add_argument("source", metavar="ID|NAME", nargs="?", help=say("sources_which_or_all"))
    command("airplane").add_argument("mode", choices=("on", "off"), nargs="?", help=say("airplane_mode"))
    timeline = command("timeline")
    timeline.add_argument("--days", type=whole_number(_MAX_DAYS), default=7, metavar="N", help=say("timeline_days"))
    timeline.add_argument("--before", metavar="DATE", help=say("timeline_before"))


_OUTGOING = ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "address")  # how mail is sent in its name


def _common(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--name", default="", metavar="NAME", help=say("sources_name"))
    parser.add_argument("--no-check", action="store_true", help=say("sources_no_check"))


def _account(parser: argparse.ArgumentParser, say: Say, *, required: bool) -> None:
    """The options of a mail account."""
    parser.add_argument("--host", required=required, metavar="HOST", help=say("imap_host"))
    parser.add_argument("--user", required=required, metavar="USER", help=say("imap_user"))
    parser.add_argument("--port", type=int, metavar="N", help=say("imap_port"))
    parser.add_argument("--security", choices=("tls", "starttls", "none"), help=say("imap_security"))
    parser.add_argument("--folder", action="append", dest="folders", metavar="NAME", help=say("imap_folder"))
    parser.add_argument("--since", metavar="DATE", help=say("imap_since"))
    parser.add_argument("--deleted", choices=("remove", "keep"), help=say("imap_deleted"))
    parser.add_argument("--ca-file", metavar="FILE", help=say("imap_ca_file"))
    parser.add_argument("--smtp-host", metavar="HOST", help=say("smtp_host"))
    parser.add_argument("--smtp-port", type=int, metavar="N", help=say("smtp_port"))
    parser.add_argument("--smtp-security", choices=("tls", "starttls", "none"), help=say("smtp_security"))
    parser.add_argument("--smtp-user", metavar="USER", help=say("smtp_user"))
    parser.add_argument("--address", metavar="ADDRESS", help=say("smtp_address"))
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--password-file", type=Path, metavar="FILE", help=say("imap_password_file"))
    secret.add_argument("--oauth2-file", type=Path, metavar="FILE", help=say("imap_oauth2_file"))
    _common(parser, say)


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    match options.command:
        case "airplane":
            return ("airplane", {}) if options.mode is None else ("airplane-set", {"on": options.mode == "on"})
        case "timeline":
            return "timeline", {"days": options.days, "before": options.before}
        case "sources":
            return _sources(options, language)
    return None


def _sources(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]]:
    match options.action:
        case "imap" | "notes" | "folder" | "feed" | "calendar" | "contacts" as kind:
            config, secrets = _chosen(kind, options), _secrets(options, language, ask=kind == "imap")
            named = {"name": options.name, "check": not options.no_check}
            return "source-add", {"kind": kind, "config": config, "secrets": secrets, **named}
        case "edit":
            config, secrets = _chosen("imap", options), _secrets(options, language, ask=False)
            if options.place:
                config |= _place(options.place)
            named = {"name": options.name, "check": not options.no_check}
            named["sends"] = not options.no_smtp
            return "source-edit", {"source": options.source, "config": config, "secrets": secrets, **named}
        case "remove":
            return "source-remove", {"source": options.source, "keep": options.keep}
        case "pause" | "resume" as action:
            return "source-pause", {"source": options.source, "paused": action == "pause"}
        case "folders" | "test" as action:
            return f"source-{'try' if action == 'test' else action}", {"source": options.source}
        case "sync":
            return "source-sync", {"source": options.source}
        case "add":
            raise _failure("error.source-which-kind", language)
    return "sources", {}


def _chosen(kind: str, options: argparse.Namespace) -> dict[str, Any]:
    if kind != "imap":
        place = {"address": options.place} if kind == "feed" else _place(options.place)
        return {**place, "local": True} if getattr(options, "local", False) else place
    keys = ("host", "user", "port", "security", "folders", "since", "deleted", "ca_file", *_OUTGOING)
    config = {key: value for key in keys if (value := getattr(options, key)) is not None}
    if "ca_file" in config:
        config["ca_file"] = _absolute(config["ca_file"])
    if options.oauth2_file is not None:
        config["auth"] = "oauth2"
    elif options.password_file is not None:
        config["auth"] = "password"
    return config


def _place(given: str) -> dict[str, Any]:
    """A path, or an address.  The owning process may have another working directory."""
    scheme, separator, _ = given.partition("://")
    return {"address": given} if separator and scheme.isalpha() else {"path": _absolute(given)}


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _secrets(options: argparse.Namespace, language: str, *, ask: bool) -> dict[str, str]:
    """From a file, else asked for; never an argument, which every user of the machine can see."""
    for name in ("password", "oauth2"):
        file = getattr(options, f"{name}_file", None)
        if file is not None:
            try:
                return {name: file.read_text("utf-8").rstrip("\r\n")}
            except (OSError, UnicodeDecodeError) as error:
                raise _failure("error.source-password-file", language, path=file) from error
    if not ask:
        return {}
    import getpass
    import sys

    if not sys.stdin.isatty():
        raise _failure("error.source-no-password", language)
    return {"password": getpass.getpass(text("cli.sources.password", language, user=options.user))}


def _failure(key: str, language: str, **values: Any) -> Exception:
    from app.cli import Failure  # which imports this module

    return Failure(text(key, language, **values))


# -- printing ------------------------------------------------------------------------------------------------------


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if result["airplane"]:
        print(text("cli.airplane.on", language), file=out)
    if not result["sources"]:
        print(text("cli.sources.none", language), file=out)
    for row in result["sources"]:
        _row(row, language, out, "")


def _row(row: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    records = text("cli.sources.records", language, count=row["records"])
    print(f"{row['id']:>3}  {row['name']}  ({row['kind']}, {row['place']})", file=out)
    told = [text(f"cli.source_state.{row['state']}", language), records]
    if row["synced"]:
        told.append(text("cli.sources.synced", language, time=local(row["synced"])))
    print("     " + " · ".join(told), file=out)
    if row["error"]:
        print("     " + _trouble(row, language), file=out)


def _trouble(row: dict[str, Any], language: str) -> str:
    from app.texts import catalogue

    key = f"error.{row['error']}"
    return text(key, language, detail=row["detail"]) if key in catalogue() else str(row["detail"])


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.sources.removed", language, count=result["records"], name=result["name"]), file=out)


def _synced(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["synced"]:
        print(text("cli.sources.none", language), file=out)
    for one in result["synced"]:
        if one["error"]:
            print(f"{one['name']}: {_trouble(one, language)}", file=out)
            continue
        told = [text("cli.sources.new", language, count=one["new"])]
        told += [text(f"cli.sources.{key}", language, count=one[key]) for key in ("changed", "gone") if one[key]]
        print(f"{one['name']}: {', '.join(told)}", file=out)
        for where, reason in one["failed"]:
            print(f"  {where}: {reason}", file=out)


def _folders(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["choices"]:
        print(text("cli.sources.no_choices", language), file=out)
    for name in result["choices"]:
        mark = "*" if name in (result["chosen"] or result["proposed"]) else " "
        print(f"{mark} {name}", file=out)


def _tried(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text("cli.sources.tried", language, address=result["to"]), file=out)


def _airplane(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    print(text(f"cli.airplane.{'on' if result['airplane'] else 'off'}", language), file=out)


def _timeline(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["timeline"]:
        print(text("cli.timeline.nothing", language), file=out)
    day = ""
    for one in result["timeline"]:
        if one["day"] != day:
            day = one["day"]
            print(day, file=out)
        name = one["name"] or text("cli.timeline.by_hand", language)
        print(f"  {name}: " + text("cli.timeline." + one["kind"], language, count=one["count"]), file=out)
        for record, _, title, sender in one["latest"]:
            print(f"    {record}  {title}" + (f"  {sender}" if sender else ""), file=out)


PRINTERS: dict[str, Printer] = {
    "sources": _list,
    "source-add": _row,
    "source-edit": _row,
    "source-remove": _removed,
    "source-pause": _row,
    "source-folders": _folders,
    "source-sync": _synced,
    "source-try": _tried,
    "airplane": _airplane,
    "airplane-set": _airplane,
    "timeline": _timeline,
}
