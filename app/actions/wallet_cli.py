"""On the command line: the wallet.  Secrets are read from the terminal without echo, a file, or the environment."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any

from app.actions import wallet_printing
from app.actions.group import AddCommand, Say, whole_number
from app.texts import text

_count = whole_number(1000)
_LIMITS = ("task", "day", "peer", "ask_above", "fees")
_PROVEN = ("limits", "network", "delegate")  # what may take the passphrase
PRINTERS = wallet_printing.PRINTERS


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    action = command.actions(command("wallet"))
    action("show").add_argument("--account", type=_account, default=0, metavar="N", help=say("wallet_index"))
    action("history").add_argument("-n", type=_count, default=100, metavar="N", help=say("wallet_n"))
    action("payments").add_argument("address", nargs="?", default="", metavar="ADDRESS", help=say("wallet_of"))
    action("pending")
    for name in ("agree", "decline"):
        action(name).add_argument("digest", metavar="DIGEST", help=say("wallet_digest"))
    _amounts(action("limits"), say, (*_LIMITS, "token", "chain"))
    network = action("network")
    network.add_argument("state", choices=("on", "off"))
    network.add_argument("name", metavar="NAME", help=say("wallet_network_name"))
    rate = action("rate")
    rate.add_argument("rate", metavar="RATE", help=say("wallet_rate_value"))
    rate.add_argument("currency", nargs="?", default="", metavar="CURRENCY", help=say("wallet_currency"))
    delegate = action("delegate")
    delegate.add_argument("step", choices=("add", "remove", "list"))
    delegate.add_argument("who", nargs="?", default="", metavar="DID", help=say("wallet_who"))
    delegate.add_argument("--name", default="", metavar="NAME", help=say("wallet_delegate_name"))
    delegate.add_argument("--until", default="", metavar="DATE", help=say("wallet_until"))
    _amounts(delegate, say, ("task", "day", "peer", "chain"))
    asking = action("ask-for")
    asking.add_argument("peer", metavar="PEER", help=say("peers_peer"))
    asking.add_argument("call", nargs="?", default="", metavar="CALL", help=say("wallet_call"))
    asking.add_argument("args", nargs="*", metavar="ARG", help=say("wallet_args"))
    asking.add_argument("--for-task", default="", metavar="ID", help=say("wallet_for_task"))
    asking.add_argument("--again", type=whole_number(2**32), default=0, metavar="N", help=say("wallet_again"))
    asking.add_argument("--wait", action="store_true", help=say("wallet_wait"))
    export = action("export")
    export.add_argument("--index", type=_account, default=0, metavar="N", help=say("wallet_index"))
    export.add_argument("--to", type=Path, metavar="FILE", help=say("wallet_to"))
    watch = action("watch")
    watch.add_argument("address", metavar="ADDRESS", help=say("wallet_address"))
    watch.add_argument("--name", default="", metavar="NAME", help=say("wallet_watch_name"))
    action("unwatch").add_argument("address", metavar="ADDRESS", help=say("wallet_address"))
    action("watching")
    action("account").add_argument("index", type=_account, metavar="N", help=say("wallet_index"))


def _amounts(parser: argparse.ArgumentParser, say: Say, names: tuple[str, ...]) -> None:
    for name in names:
        shown = name.upper() if name in ("token", "chain") else "N"
        parser.add_argument(f"--{name.replace('_', '-')}", default="", metavar=shown, help=say(f"wallet_{name}"))


def _account(value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() else -1
    if not 0 <= number <= 15:
        raise argparse.ArgumentTypeError("0 … 15")
    return number


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:
    """The name and the arguments of the command as `app.requests` wants them; None for another group's."""
    if options.command != "wallet":
        return None
    match options.action:
        case "history":
            return "wallet-history", {"limit": options.n}
        case "payments":
            return "wallet-movements", {"address": options.address}
        case "pending" | "watching":
            return f"wallet-{options.action}", {}
        case "agree" | "decline":
            return "wallet-decide", {"digest": options.digest.lower(), "agreed": options.action == "agree"}
        case "limits":
            return _limits(options)
        case "network":
            return "wallet-network", {"name": options.name, "on": options.state == "on"}
        case "rate":
            off = options.rate == "off"
            return "wallet-rate", {"rate": "" if off else options.rate, "currency": options.currency}
        case "delegate":
            return _delegate(options, language)
        case "ask-for":
            more = {"task": options.for_task, "again": options.again, "wait": options.wait}
            asked = {"peer": options.peer, "call": options.call, "args": options.args, **more}
            return ("wallet-ask-for", asked) if options.call else ("wallet-authority", {"peer": options.peer})
        case "watch":
            return "wallet-watch", {"address": options.address, "name": options.name}
        case "unwatch":
            return "wallet-unwatch", {"address": options.address}
        case "account":
            return "wallet-account", {"index": options.index}
        case _:
            return "wallet", {"index": getattr(options, "account", 0)}


def _limits(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Without any to change, those that there are."""
    wanted = {name: getattr(options, name) for name in _LIMITS if getattr(options, name)}
    if not wanted and not options.token and not options.chain:
        return "wallet", {}
    return "wallet-limits", {"limits": wanted, "token": options.token, "chain": options.chain}


def _delegate(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]]:
    if options.step == "list":
        return "wallet-delegates", {}
    if not options.who:
        from app.cli import Failure

        raise Failure(text("error.wallet-delegate-who", language, value="?"))
    if options.step == "remove":
        return "wallet-delegate-remove", {"who": options.who}
    limits = {name: getattr(options, name) for name in ("task", "day", "peer") if getattr(options, name)}
    given = {"who": options.who, "name": options.name, "until": options.until, "limits": limits}
    return "wallet-delegate-add", {**given, "chain": options.chain}


def runs_alone(options: argparse.Namespace) -> bool:
    """Whether it may ask for the passphrase as the proof that it takes, or shows a key."""
    return bool(options.command == "wallet" and options.action in (*_PROVEN, "export"))


def run(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The exit status.  Errors: app.cli.Failure."""
    return _export(options, folder, language) if options.action == "export" else _proven(options, folder, language)


def _proven(options: argparse.Namespace, folder: Path, language: str) -> int:
    """Run it; where the wallet wants the passphrase for it, ask for it and run it again."""
    from app import cli, oneshot

    name, args = request(options, language) or ("", {})
    known = cli.given_secret(options, language)
    if oneshot.needs_secret(folder, name):
        known = known or cli.secret(options, language, new=False)
        args["secret"] = known
    as_json = bool(getattr(options, "json", False))
    screen = oneshot.Screen(language, as_json=as_json)
    given = {"proof": known} if known else {}
    try:
        result = oneshot.run(folder, name, {**args, **given}, screen, language)
    except cli.Failure as failure:
        if getattr(failure.__cause__, "code", "") != "wallet-secret" or given or not sys.stdin.isatty():
            raise
        proof = getpass.getpass(text("cli.wallet.proof", language))
        result = oneshot.run(folder, name, {**args, "proof": proof}, screen, language)
    if as_json:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    else:
        screen.show(name, result)
    return 0


def _export(options: argparse.Namespace, folder: Path, language: str) -> int:
    """The key goes to the terminal or into a file that this user alone reads, and passes no other process on its way.

    It is never part of a JSON result that a script would log.
    """
    from app import cli
    from app.actions import wallet_policy
    from app.errors import sentence
    from app.profile import Profile
    from app.results import CommandFailed
    from app.workers import WorkerFailed

    profile = Profile(folder)
    if not profile.exists:
        raise cli.Failure(sentence(CommandFailed("absent"), language))
    if options.to is None and not sys.stdout.isatty():
        raise cli.Failure(text("error.wallet-export-where", language))
    sys.stderr.write(text("cli.wallet.export_warns", language, number=options.index) + "\n")
    known = cli.given_secret(options, language)
    if known is None and not sys.stdin.isatty():
        raise cli.Failure(text("error.no-passphrase", language))
    proof = known if known is not None else getpass.getpass(text("cli.wallet.proof", language))
    try:
        key = wallet_policy.exported(profile, proof, options.index)
        if options.to is None:
            sys.stdout.write(key + "\n")
        else:
            wallet_policy.written(options.to, key)
            sys.stderr.write(text("cli.wallet.exported", language, path=options.to) + "\n")
    except (WorkerFailed, CommandFailed) as error:
        raise cli.Failure(sentence(error, language)) from None
    return 0
