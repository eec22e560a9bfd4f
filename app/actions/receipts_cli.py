"""On the command line: receipts of tasks.  `verify` of a file runs by itself: no profile, no vault, no network."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.local_time import local
from app.texts import text
from app.views.plain import one_line, revealed

_NAME = re.compile(r"[0-9a-f]{4,64}")
SUFFIX = ".nuee-receipt"  # as in app.receipt_reading, which a command line that verifies nothing does not need


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("receipt"))
    action("list")
    action("show").add_argument("what", metavar="ID|FILE", help=say("receipt_what"))
    verifying = action("verify")
    verifying.add_argument("file", metavar="FILE", help=say("receipt_file_or_name"))
    verifying.add_argument("--result", metavar="FILE|TEXT", help=say("receipt_result"))
    verifying.add_argument("--chain", action="store_true", help=say("receipt_chain"))
    saving = action("save")
    saving.add_argument("id", metavar="ID", help=say("receipt_id"))
    saving.add_argument("file", metavar="FILE", help=say("receipt_target"))
    action("remove").add_argument("id", metavar="ID", help=say("receipt_id"))


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "receipt":
        return None
    match options.action:
        case "show" if _is_file(options.what):
            return "receipt-read", {"path": str(Path(options.what).expanduser().absolute())}
        case "show":
            return "receipt", {"id": options.what}
        case "save":
            return "receipt-save", {"id": options.id, "path": str(Path(options.file).expanduser().absolute())}
        case "remove":
            return "receipt-remove", {"id": options.id}
        case _:
            return "receipts", {}


def _is_file(what: str) -> bool:
    return "/" in what or "\\" in what or what.endswith(SUFFIX) or Path(what).is_file()


def _is_name(what: str) -> bool:
    return bool(_NAME.fullmatch(what)) and not Path(what).exists()


def runs_alone(options: argparse.Namespace) -> bool:
    """Whether `run` does this command."""
    return bool(options.command == "receipt" and options.action == "verify")


def run(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status: 0 where the receipt is believed, and what else was to be held against it fits.

    The folder of the profile is looked at with --chain, and for what is no file but may be the name of a receipt in it.
    Errors: app.cli.Failure.
    """
    as_json = bool(getattr(options, "json", False))
    looks = options.chain or _is_name(options.file)
    found = _over_profile(options, folder, language, as_json=as_json) if looks else _alone(options, language)
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        _verified(found, language, sys.stdout, "")
    return int(failed_to_verify(found))


def _alone(options: argparse.Namespace, language: str) -> dict[str, Any]:
    from app import receipt_reading
    from app.cli import Failure
    from app.errors import sentence
    from app.results import CommandFailed

    try:
        return asdict(receipt_reading.verify(options.file, options.result, language))
    except CommandFailed as failed:
        raise Failure(sentence(failed, language)) from failed


def _over_profile(options: argparse.Namespace, folder: Path, language: str, *, as_json: bool) -> dict[str, Any]:
    """By the node that has the profile, which knows the chain."""
    from app import cli, oneshot

    result = options.result
    if result is not None and Path(result).is_file():
        result = str(Path(result).absolute())
    args: dict[str, Any] = {"path": str(Path(options.file).absolute()), "result": result}
    if _is_name(options.file):
        args = {"name": options.file, "result": result, "chain": options.chain}
    if oneshot.needs_secret(folder, "receipt-verify"):
        args["secret"] = cli.secret(options, language, new=False)
    return oneshot.run(folder, "receipt-verify", args, oneshot.Screen(language, as_json=as_json), language)


def failed_to_verify(found: dict[str, Any]) -> bool:
    return not found["holds"] or found["matches"] is False or bool(found["chain"] and not found["chain"]["holds"])


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["receipts"]:
        key = "cli.receipt.for_us" if row["role"] == "initiator" else "cli.receipt.by_us"
        who = text(key, language, name=one_line(row["peer_name"]))
        told = [one_line(row["kind"]), outcome(row["outcome"], language), _price(row, language)]
        told.append("" if row["words"] else text("cli.receipt.no_words", language))
        out.write(f"{row['name'][:12]}  {local(row['created'])}  {who:<28} {'  '.join(one for one in told if one)}\n")
    if not result["receipts"]:
        out.write(text("cli.receipt.none", language) + "\n")


def outcome(said: str, language: str) -> str:
    return text(f"swarm.state.{said}" if said else "cli.receipt.open", language)


def _price(row: dict[str, Any], language: str) -> str:
    return one_line(row["price"]) or text("cli.receipt.free", language)


def _show(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    def say(key: str, **values: Any) -> str:
        return text(f"cli.receipt.{key}", language, **values)

    def line(key: str, value: str) -> None:
        out.write("  " + say("line", name=say(key), value=value).rstrip() + "\n")

    out.write(say("name", name=result["name"]) + "\n")
    for party in ("initiator", "participant"):
        known = say("you") if result["mine"] == party else one_line(result[f"{party}_name"])
        line(party, f"{known} {result[party]}".strip())
    line("kind", one_line(result["kind"]))
    line("ended", outcome(result["outcome"], language))
    line("price", _price(result, language))
    line("asked", "")
    _map(result["asked"], language, out)
    if result["result_digest"]:
        line("result", "")
        shown = result["result"]
        _map(shown if isinstance(shown, dict) else {"": shown}, language, out)
        line("digest", result["result_digest"])
    if result["settlement"]:
        line("settlement", "")
        _map(result["settlement"], language, out)
    line("messages", "")
    for one in result["messages"]:
        out.write(f"    {local(one['sent'])}  {say(one['by']):<12} {one['performative']:<16} {one['digest'][:12]}\n")


def _map(values: dict[str, Any], language: str, out: TextIO) -> None:
    for name, value in values.items():
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        shown = revealed(said).replace("\n", "\n      ")
        out.write(
            "    " + (text("cli.receipt.line", language, name=one_line(name), value=shown) if name else shown) + "\n"
        )


def _verified(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    def say(key: str, **values: Any) -> str:
        return text(f"cli.receipt.{key}", language, **values)

    if result["remains"] is not None:
        _remains(result["remains"], language, out)
        return
    if not result["holds"]:
        out.write(say("bad", reason=result["reason"]) + "\n")
        return
    receipt = result["receipt"]
    maker = "maker_initiator" if receipt["issuer"] == receipt["initiator"] else "maker_participant"
    out.write(say("good") + "\n")
    _show(receipt, language, out, "")
    out.write(say("proved", count=len(receipt["messages"]), maker=say(maker)) + "\n")
    out.write(say("not_proved") + "\n")
    _chain(result, language, out)
    if result["matches"] is not None:
        out.write(say("matches" if result["matches"] else "matches_not") + "\n")


def _remains(left: dict[str, Any], language: str, out: TextIO) -> None:
    """What went, and what still holds."""

    def say(key: str, **values: Any) -> None:
        out.write(text(f"cli.receipt.{key}", language, **values) + "\n")

    row = left["row"]
    who = "for_us" if row["role"] == "initiator" else "by_us"
    told = [text("cli.receipt.name", language, name=row["name"]), one_line(row["kind"])]
    told.append(text(f"cli.receipt.{who}", language, name=one_line(row["peer_name"])))
    told += [outcome(row["outcome"], language), _price(row, language), local(row["created"])]
    say("gone")
    say("gone_what")
    say("kept_what", told=", ".join(told))
    say("kept_name")
    if left["job"]:
        say("kept_job", job=left["job"])
    if left["value"] is not None:
        say("kept_feedback_public" if left["public"] else "kept_feedback", value=left["value"])


def _chain(result: dict[str, Any], language: str, out: TextIO) -> None:
    """What became of what it says of a chain."""
    check, claims = result["chain"], result["receipt"]["settlement"]
    if not claims:
        if check is not None:
            out.write(text("cli.receipt.no_chain", language) + "\n")
    elif check is None:
        out.write(text("cli.receipt.claimed", language) + "\n")
    elif check["holds"]:
        out.write(text("cli.receipt.on_chain", language, chain=one_line(check["chain"])) + "\n")
    else:
        why = " ".join(check["reasons"])
        out.write(text("cli.receipt.not_on_chain", language, chain=one_line(check["chain"]), why=why) + "\n")


def _saved(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.receipt.saved", language, path=result["path"]) + "\n")


def _removed(_result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.receipt.removed", language) + "\n")


PRINTERS: dict[str, Printer] = {
    "receipts": _list,
    "receipt": _show,
    "receipt-read": _verified,
    "receipt-verify": _verified,
    "receipt-save": _saved,
    "receipt-remove": _removed,
}
