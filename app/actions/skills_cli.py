"""On the command line: skills: what is installed, catalogs, and trust.

`install` and `update` speak with whoever sits at the terminal; what authors and keepers of catalogs do needs no vault.
Both run by themselves (`runs_alone`, `run`), the rest goes to the node.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, TextIO

from app.actions import skills_authors, skills_dialogue
from app.actions.group import AddCommand, Printer, Say
from app.texts import text

_ASKING = ("install", "update")
_ARCHIVE = ".nskill"
_ENTRY = r"[a-z][a-z0-9-]{0,39}"  # anything else in its place is the beginning of the request


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    actions = command.actions(command("skills"))
    actions("list")
    actions("catalog")
    install = actions("install")
    install.add_argument("what", metavar="NAME[@VERSION]|PATH", help=say("skills_what"))
    install.add_argument("--yes", action="store_true", help=say("skills_yes"))
    actions("show").add_argument("name", metavar="NAME", help=say("skills_name"))
    update = actions("update")
    update.add_argument("name", metavar="NAME", nargs="?", help=say("skills_name_or_all"))
    update.add_argument("--yes", action="store_true", help=say("skills_yes"))
    for action in ("remove", "enable", "disable"):
        actions(action).add_argument("name", metavar="NAME", help=say("skills_name"))
    run = actions("run", mixed=True)
    run.add_argument("name", metavar="NAME", help=say("skills_name"))
    run.add_argument("entry", metavar="ENTRY", nargs="?", default="", help=say("skills_entry"))
    run.add_argument("request", metavar="REQUEST", nargs="*", help=say("skills_request"))
    run.add_argument("--arg", action="append", default=[], metavar="KEY=VALUE", type=_pair, help=say("skills_arg"))
    actions("log").add_argument("which", metavar="NAME|RUN", nargs="?", default="", help=say("skills_log_which"))
    actions("stop").add_argument("run", metavar="RUN", type=int, help=say("skills_stop_which"))
    catalog = command.actions(command("catalog"))
    add = catalog("add")
    add.add_argument("address", metavar="ADDRESS|PATH", help=say("catalog_address"))
    add.add_argument("--key", required=True, metavar="KEY-ID", help=say("catalog_trusted"))
    catalog("remove").add_argument("catalog", metavar="ID", type=int, help=say("catalog_id"))
    catalog("list")
    catalog("refresh")
    skills_authors.skills(actions, say)
    skills_authors.catalog(catalog, say)


def _pair(value: str) -> tuple[str, str]:
    key, equals, rest = value.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError("KEY=VALUE")
    return key, rest


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    match options.command, getattr(options, "action", None):
        case "skills", None | "list":
            return "skills", {}
        case "skills", "catalog":
            return "skill-offers", {}
        case "skills", "show":
            return "skill", {"name": options.name}
        case "skills", "remove":
            return "skill-remove", {"name": options.name}
        case "skills", "enable" | "disable" as action:
            return "skill-enable", {"name": options.name, "on": action == "enable"}
        case "skills", "run":
            named = re.fullmatch(_ENTRY, options.entry) is not None
            words = [*([] if named else [options.entry]), *options.request]
            entry = options.entry if named else ""
            given = {"entry": entry, "arguments": dict(options.arg), "request": " ".join(words).strip()}
            return "skill-run", {"name": options.name, **given}
        case "skills", "log":
            run = options.which.isascii() and options.which.isdigit()
            return "skill-log", {"run": int(options.which)} if run else {"name": options.which}
        case "skills", "stop":
            return "skill-stop", {"run": options.run}
        case "catalog", "add":
            web = options.address.lower().startswith(("https://", "http://"))
            address = options.address if web else _absolute(options.address)
            return "catalog-add", {"address": address, "key": options.key}
        case "catalog", "remove":
            return "catalog-remove", {"catalog": options.catalog}
        case "catalog", "refresh":
            return "catalog-refresh", {}
        case "catalog", _:
            return "catalogs", {}
    return None


def runs_alone(options: argparse.Namespace) -> bool:
    """Whether `run` does this command."""
    action = getattr(options, "action", None)
    return (options.command == "skills" and action in _ASKING) or skills_authors.does(options)


def run(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    if skills_authors.does(options):
        return skills_authors.run(options, language)
    if options.action == "install":
        return skills_dialogue.install(options, place(options.what), folder, language)
    return skills_dialogue.update(options, folder, language)


def place(what: str) -> str:
    """What was typed, as `plan_install` takes it: a path where it looks like one, or a skill lies there."""
    path = Path(what).expanduser()
    is_path = "/" in what or "\\" in what or what.endswith(_ARCHIVE) or what in (".", "..", "~")
    return _absolute(what) if is_path or (path / "SKILL.md").is_file() else what


def _absolute(typed: str) -> str:
    """Without following links: a folder of skills may hold links to folders of other names."""
    path = Path(typed).expanduser()
    return str(path.resolve() if ".." in path.parts or path == Path() else path.absolute())


def _skills(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["skills"]:
        out.write(text("cli.skills.none", language) + "\n")
    for row in result["skills"]:
        notes = [text("cli.skills.off", language)] if not row["enabled"] and not row["revoked"] else []
        notes += [text("cli.skills.revoked", language, reason=row["reason"])] if row["revoked"] else []
        notes += [text("cli.skills.newer", language, version=row["update"])] if row["update"] else []
        out.write(f"{row['name']:<24} {row['version'] or '-':<10} {row['source']}\n")
        out.write(f"    {row['about']}\n")
        for note in notes:
            out.write(f"    {note}\n")


def _skill(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(f"{result['title']} ({result['name']} {result['version']})\n{result['about']}\n")
    fields = [("source", result["source"]), ("signer", result["signer"]), ("digest", result["digest"])]
    for key, value in fields:
        if value:
            out.write(f"  {text(f'cli.skills.{key}', language)}: {value}\n")
    if result["revoked"]:
        out.write(text("cli.skills.revoked", language, reason=result["reason"]) + "\n")
    _permissions(result["permissions"], language, out)
    for sentence in result["triggers"]:
        out.write(f"  {text('cli.skills.by_itself', language)} {sentence}\n")
    for entry in result["entries"]:
        names = " ".join(f"{name}={kind}" for name, kind, *_ in entry["arguments"])
        out.write(f"  {entry['name']} {names}".rstrip() + "\n")
    if result["instructions"].strip():
        out.write("\n" + result["instructions"].strip() + "\n")


def _permissions(permissions: list[dict[str, Any]], language: str, out: TextIO) -> None:
    key = "cli.skills.may" if permissions else "cli.skills.may_nothing"
    out.write(text(key, language) + "\n")
    for one in permissions:
        out.write(f"  - {one['sentence']} ({one['permission']})\n")


def _offers(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["offers"]:
        out.write(text("cli.skills.no_offers", language) + "\n")
    for row in result["offers"]:
        number = row["catalog"] or "-"
        state = text(f"cli.skills.state_{row['state']}", language)
        out.write(f"{number:>3}  {row['name']:<24} {row['version']:<10} {state}\n     {row['about']}\n")


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.removed", language, name=result["removed"]) + "\n")


def _enabled(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text(f"cli.skills.{'on' if result['enabled'] else 'now_off'}", language, name=result["name"]) + "\n")


def _catalogs(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["catalogs"]:
        out.write(text("cli.skills.no_catalogs", language) + "\n")
    for row in result["catalogs"]:
        until = text("cli.skills.until", language, day=(row["expires"] or "-")[:10])
        out.write(f"{row['id']:>3}  {row['name']}  {row['address']}\n     {until}  {' '.join(row['keys'])}\n")
        if row["problem"]:
            out.write(f"     {row['problem']}\n")


PRINTERS: dict[str, Printer] = {
    "skills": _skills,
    "skill": _skill,
    "skill-offers": _offers,
    "skill-remove": _removed,
    "skill-enable": _enabled,
    "catalogs": _catalogs,
    "catalog-add": _catalogs,
    "catalog-refresh": _catalogs,
    "catalog-remove": _removed,
    "skill-plan": skills_dialogue.show_plans,
    "skill-install": skills_dialogue.show_installed,
}
