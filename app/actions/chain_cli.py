"""On the command line: chains.  `use` asks for the passphrase where money may be lost, and `dev` stays until Ctrl-C, so
these two run by themselves (`run`)."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions import agents_cli
from app.actions.group import AddCommand, Printer, Say, whole_number
from app.texts import text
from app.views.plain import one_line as plain

_confirmations = whole_number(1_000)
NEARLY = 0.8  # of the bytes that a hosted chain may take: from here on it is said
_port = whole_number(65_535)


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("chain"))
    action("status")
    action("balance").add_argument("address", nargs="?", default="", metavar="ADDRESS", help=say("chain_address"))
    action("list")
    using = action("use")
    using.add_argument("name", metavar="NAME", help=say("chain_use_name"))
    using.add_argument("--anyway", action="store_true", help=say("chain_anyway"))
    adding = action("add")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--rpc", dest="urls", nargs="+", required=True, metavar="URL", help=say("chain_rpc"))
    adding.add_argument(
        "--contract", dest="contracts", action="append", default=[], metavar="ROLE=ADDRESS", help=say("chain_contract")
    )
    adding.add_argument("--confirmations", type=_confirmations, metavar="N", help=say("chain_confirmations"))
    adding.add_argument("--most-fee", type=float, metavar="GWEI", help=say("chain_most_fee"))
    adding.add_argument("--dialect", choices=("prose", "printed"), help=say("chain_dialect"))
    adding.add_argument("--insecure", action="store_true", help=say("chain_insecure"))
    changing = adding.add_mutually_exclusive_group()
    for change in ("replace", "also"):
        changing.add_argument(
            f"--{change}", dest="change", action="store_const", const=change, default="", help=say(f"chain_{change}")
        )
    removing = action("remove")
    removing.add_argument("name", metavar="NAME")
    removing.add_argument("--anyway", action="store_true", help=say("chain_anyway"))
    removing.add_argument("--rpc", dest="url", default="", metavar="URL", help=say("chain_remove_rpc"))
    action("host").add_argument("state", choices=("on", "off"))
    local = action("dev")
    local.add_argument("--port", type=_port, default=8545, metavar="N", help=say("chain_port"))
    local.add_argument("--for", dest="also", action="append", default=[], metavar="ADDRESS", help=say("chain_for"))
    joining = action("join")
    joining.add_argument("peer", metavar="PEER", help=say("peers_peer"))
    joining.add_argument("--name", default="", metavar="NAME", help=say("chain_join_name"))
    joining.add_argument("--anyway", action="store_true", help=say("chain_anyway"))
    agents_cli.add(action, say)


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "chain":
        return None
    if (found := agents_cli.request(options)) is not None:
        return found
    match options.action:
        case "balance":
            return "chain-balance", {"address": options.address}
        case "list":
            return "chains", {}
        case "use":
            return "chain-use", {"name": options.name, "anyway": options.anyway}
        case "remove":
            return "chain-remove", {"name": options.name, "anyway": options.anyway, "url": options.url}
        case "add":
            names = ("name", "urls", "contracts", "confirmations", "most_fee", "dialect", "insecure", "change")
            return "chain-add", {name: getattr(options, name) for name in names}
        case "host":
            return "chain-host", {"on": options.state == "on"}
        case "join":
            return "chain-join", {"peer": options.peer, "name": options.name, "anyway": options.anyway}
        case _:
            return "chain-status", {}


def runs_alone(options: argparse.Namespace) -> bool:
    return (options.command, getattr(options, "action", "")) in (("chain", "use"), ("chain", "dev"))


def run(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    return _dev(options, folder, language) if options.action == "dev" else _use(options, folder, language)


def _dev(options: argparse.Namespace, folder: Path, language: str) -> int:
    """A local chain until Ctrl-C."""
    from app import cli
    from app.chain import dev
    from p2p.wallet_requests import WalletRefused, address

    try:
        also = tuple(address(one) for one in options.also)
    except WalletRefused as error:
        raise cli.Failure(text("error.wallet-address", language)) from error
    secret = cli.secret(options, language, new=False)
    return dev.run(folder, secret, language, dev.Dev(options.port, also))


def _use(options: argparse.Namespace, folder: Path, language: str) -> int:
    """Change to another chain."""
    from app import cli, oneshot

    as_json = bool(getattr(options, "json", False))
    args: dict[str, Any] = {"name": options.name, "anyway": options.anyway}
    given = cli.given_secret(options, language)
    if oneshot.needs_secret(folder, "chain-use"):
        given = cli.secret(options, language, new=False)

    def ask() -> dict[str, Any]:
        opening = {} if given is None else {"secret": given}
        screen = oneshot.Screen(language, as_json=as_json)
        return oneshot.run(folder, "chain-use", {**args, **opening}, screen, language)

    result = ask()
    if result["proof"]:
        sys.stderr.write(text("cli.chain.proof", language, network=result["network"]) + "\n")
        known = cli.given_secret(options, language)
        if known is None and not sys.stdin.isatty():
            raise cli.Failure(text("error.no-passphrase", language))
        args["proof"] = getpass.getpass(text("cli.passphrase", language)) if known is None else known
        result = ask()
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    else:
        _used(result, language, sys.stdout, "")
    return 0


def _status(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    row = result["row"]
    if row is None:
        out.write(text("cli.chain.none", language) + "\n")
        _hosting(result, language, out)
        return
    out.write(f"{_headline(row, language)}\n")
    out.write(f"  {text('cli.chain.id', language, id=row['chain_id'], genesis=row['genesis'])}\n")
    for endpoint in row["endpoints"]:
        out.write(f"  {plain(endpoint)}\n")
    if result["head"] is not None:
        line = text("cli.chain.head", language, head=result["head"], count=result["confirmations"])
        out.write(f"  {line}\n")
    out.write(f"  {text('cli.chain.account', language, address=result['address'])}\n")
    if not result["on"]:
        out.write(f"  {text('cli.chain.off', language, name=plain(row['name']))}\n")
    for contract in result["contracts"]:
        about = text(f"cli.chain.code_{contract['code']}", language)
        unknown = "" if contract["known"] else f", {text('cli.chain.unsigned', language)}"
        out.write(f"  {contract['role']:<11} {contract['address']}  {about}{unknown}\n")
    for pending in result["pending"]:
        state = pending["problem"] or text(f"cli.chain.state_{pending['state']}", language)
        out.write(f"  {plain(pending['key'])} (#{pending['nonce']}): {state}\n")
    if result["jobs"]:
        out.write(f"  {text('cli.chain.jobs', language, count=result['jobs'])}\n")
    for endpoint, why in result["wrong"]:
        out.write(f"  {text('cli.chain.wrong', language, endpoint=plain(endpoint), why=plain(why))}\n")
    if result["problem"]:
        out.write(result["problem"] + "\n")
    _hosting(result, language, out)


def _hosting(result: dict[str, Any], language: str, out: TextIO) -> None:
    if result["hosting"]:
        out.write(text("cli.chain.hosting", language) + "\n")
        _kept(result, language, out)


def _kept(result: dict[str, Any], language: str, out: TextIO) -> None:
    kept, most = result["kept"], result["most"]
    key = "kept_full" if kept >= most else "kept_nearly" if kept >= most * NEARLY else "kept"
    said = {"kept": _mebibytes(kept, language), "most": _mebibytes(most, language)}
    out.write(text(f"cli.chain.{key}", language, **said) + "\n")


def _mebibytes(count: int, language: str) -> str:
    """In MiB, to a tenth."""
    from app.printing import tenths  # which imports this

    return f"{tenths(count / 2**20, language)}\u00a0{text('swarm.unit.mib', language)}"


def _headline(row: dict[str, Any], language: str) -> str:
    kind = text(f"cli.chain.kind_{row['kind']}", language)
    worth = text("cli.chain.real" if row["real_value"] else "cli.chain.worthless", language)
    return f"{plain(row['name'])}: {row['network']}, {kind}; {worth}"


def _list(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    for row in result["chains"]:
        mark = "*" if row["used"] else " "
        out.write(f"{mark} {_headline(row, language)}\n")
    if not result["chains"]:
        out.write(text("cli.chain.none", language) + "\n")


def _balance(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:  # noqa: ARG001
    out.write(f"{result['address']} ({plain(result['chain'])})\n")
    for holding in result["holdings"]:
        out.write(f"  {holding['text']}\n")


def _used(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if not result["name"]:
        out.write(text("cli.chain.unused", language) + "\n")
        return
    kind = result["kind"]
    key = f"used_{kind}" if kind in ("embedded", "peer") else "used_on" if result["on"] else "used_off"
    out.write(text(f"cli.chain.{key}", language, name=plain(result["name"]), network=result["network"]) + "\n")


def _added(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(f"{_headline(result, language)}\n")
    for endpoint in result["endpoints"]:
        out.write(f"  {plain(endpoint)}\n")
    out.write(text("cli.chain.added", language, name=plain(result["name"])) + "\n")


def _removed(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    if "row" in result:
        out.write(f"{_headline(result['row'], language)}\n")
        out.write("".join(f"  {plain(endpoint)}\n" for endpoint in result["row"]["endpoints"]))
        return
    out.write(text("cli.removed", language, name=plain(result["removed"])) + "\n")


def _hosted(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    key = "cli.chain.hosted" if result["hosted"] else "cli.chain.not_hosted"
    out.write(text(key, language) + "\n")
    if result["hosted"]:
        _kept(result, language, out)


PRINTERS: dict[str, Printer] = {
    "chain-status": _status,
    "chains": _list,
    "chain-balance": _balance,
    "chain-use": _used,
    "chain-add": _added,
    "chain-remove": _removed,
    "chain-host": _hosted,
    "chain-join": _used,
}
