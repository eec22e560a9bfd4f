"""The `nuee` command.  Everything the window does, it does, with the same functions."""

from __future__ import annotations

import argparse
import gc
import getpass
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from app import __version__, hardening, preferences
from app.actions import (
    agents_cli,
    approvals_cli,
    backup_cli,
    chain_cli,
    demo_cli,
    disclosures_cli,
    drafts_cli,
    embedders_cli,
    interop_cli,
    letters_cli,
    memory_cli,
    offers_cli,
    peers_cli,
    privacy_cli,
    proving_cli,
    receipts_cli,
    reputation_cli,
    running_cli,
    settings_cli,
    skills_cli,
    sources_cli,
    tasks_cli,
    validation_cli,
    wallet_cli,
)
from app.actions.group import Say, whole_number
from app.texts import system_language, text
from installer import places

_count = whole_number(1000)  # of results
GROUPS = (
    sources_cli,
    privacy_cli,
    backup_cli,
    proving_cli,
    embedders_cli,
    skills_cli,
    running_cli,
    approvals_cli,
    memory_cli,
    drafts_cli,
    interop_cli,
    settings_cli,
    peers_cli,
    tasks_cli,
    offers_cli,
    letters_cli,
    disclosures_cli,
    receipts_cli,
    reputation_cli,
    validation_cli,
    demo_cli,
    wallet_cli,
    chain_cli,
)
EXIT_FAILED = 1
EXIT_CANCELLED = 130


class Failure(Exception):
    """Ends the command with one line on standard error."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, *, mixed: bool = False, **named: Any) -> None:
        """`mixed`: options may stand among the words of a list that ends the command."""
        super().__init__(**named)
        self._mixed = mixed

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if not self._mixed:
            return super().parse_known_args(args, namespace)
        self._mixed = False  # which is how the other way of parsing calls this one
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixed = True

    def error(self, message: str) -> NoReturn:
        print(f"nuee: {message}", file=sys.stderr)
        raise SystemExit(EXIT_FAILED)


def parser(language: str) -> argparse.ArgumentParser:
    """The command line as a user sees it with --help."""

    def say(key: str) -> str:
        return text(f"cli.help.{key}", language)

    shared = _Parser(add_help=False)
    shared.add_argument("--home", type=Path, default=argparse.SUPPRESS, metavar="DIR", help=say("home"))
    shared.add_argument(
        "--passphrase-file", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=say("passphrase_file")
    )
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=say("json"))
    top = _Parser(prog="nuee", description=say("about"), parents=[shared], epilog=say("environment"))
    top.add_argument("--version", action="version", version=f"nuee {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    command = _Commands(commands, shared, say)
    command("open")
    command("init")
    importing = command("import")
    importing.add_argument("paths", nargs="*", metavar="PATH", help=say("import_path"))
    importing.add_argument("--sample", action="store_true", help=say("import_sample"))
    searching = command("search")
    searching.add_argument("query", metavar="QUERY")
    searching.add_argument("-k", type=_count, default=10, metavar="N", help=say("search_k"))
    searching.add_argument("--words", action="store_true", help=say("search_words"))
    command("show").add_argument("id", metavar="ID")
    command("ask").add_argument("question", metavar="QUESTION")
    command("chat")
    running = command("node")
    running.add_argument("--relay", action="store_true", default=None, help=say("node_relay"))
    running.add_argument("--meeting-point", action="store_true", default=None, help=say("node_meeting_point"))
    running.add_argument("--listen", action="append", metavar="ADDRESS", help=say("node_listen"))
    models = command("models").add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    models.add_parser("list", help=say("models_list"), parents=[shared])
    models.add_parser("add", help=say("models_add"), parents=[shared]).add_argument("path", metavar="PATH")
    models.add_parser("use", help=say("models_use"), parents=[shared]).add_argument("name", metavar="NAME")
    models.add_parser("remove", help=say("models_remove"), parents=[shared]).add_argument("name", metavar="NAME")
    command("lock")
    command("status")
    for group in GROUPS:
        group.arguments(command, say)
    return top


class _Commands:
    """See app.actions.group.AddCommand."""

    def __init__(self, parsers: Any, shared: argparse.ArgumentParser, say: Say, prefix: str = "") -> None:
        self._parsers = parsers
        self._shared = shared
        self._say = say
        self._prefix = prefix

    def __call__(self, name: str, /, **named: Any) -> argparse.ArgumentParser:
        sentence = self._say(self._prefix + name.replace("-", "_"))
        parser = self._parsers.add_parser(name, help=sentence, description=sentence, parents=[self._shared], **named)
        assert isinstance(parser, argparse.ArgumentParser)
        return parser

    def actions(self, parser: argparse.ArgumentParser, /) -> _Commands:
        parsers = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
        return _Commands(parsers, self._shared, self._say, parser.prog.rpartition(" ")[2] + "_")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]]:
    """The name and the arguments of the command, as `app.requests` wants them."""
    for group in GROUPS:
        found: tuple[str, dict[str, Any]] | None = group.request(options, language)
        if found is not None:
            return found
    match options.command:
        case "import":
            # The owning process may have another working directory.
            return "import", {"paths": [str(Path(p).absolute()) for p in options.paths], "sample": options.sample}
        case "search":
            return "search", {"query": options.query, "k": options.k, "mode": "words" if options.words else "hybrid"}
        case "show":
            return "show", {"id": options.id}
        case "ask":
            return "ask", {"question": options.question}
        case "models":
            match options.action:
                case "add":
                    remote = options.path.startswith(("https://", "http://"))
                    return "model-add", {"path": options.path if remote else str(Path(options.path).absolute())}
                case "use":
                    return "model-use", {"name": options.name}
                case "remove":
                    return "model-remove", {"name": options.name}
                case _:
                    return "models", {}
        case name:
            return str(name), {}


def home(options: argparse.Namespace) -> Path:
    """The profile's folder: --home, else NUEE_HOME, else the platform's place."""
    if chosen := getattr(options, "home", None):
        return Path(chosen).expanduser().absolute()
    if chosen := os.environ.get("NUEE_HOME"):
        return Path(chosen).expanduser().absolute()
    return places.profile()


def given_secret(options: argparse.Namespace, language: str) -> str | None:
    """The passphrase (or recovery phrase) from file or environment; None where neither is set."""
    file = getattr(options, "passphrase_file", None)
    if file is not None:
        try:
            return str(file.read_text("utf-8")).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(text("error.passphrase-file", language, path=file)) from error
    return os.environ.get("NUEE_PASSPHRASE")


def secret(options: argparse.Namespace, language: str, *, new: bool) -> str:
    """As given_secret, else asked for at the terminal, twice for a new one."""
    known = given_secret(options, language)
    if known is None:
        if not sys.stdin.isatty():
            raise Failure(text("error.no-passphrase", language))
        known = getpass.getpass(text("cli.new_passphrase" if new else "cli.passphrase", language))
        if new and getpass.getpass(text("cli.again", language)) != known:
            raise Failure(text("error.passphrase-differs", language))
    if new and not known:
        raise Failure(text("error.passphrase-empty", language))
    return known


def language_for(folder: Path) -> str:
    chosen = str(preferences.read(folder)["language"])
    return system_language() if chosen == "system" else chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0, 1 after an error, 130 when cancelled."""
    hardening.begin()
    if watched := os.environ.get("NUEE_SOCKET_WATCH"):  # set by `nuee prove --offline` alone
        from app.prove import sockets

        sockets.watch(watched)
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if len(arguments) == 2 and arguments[0] == "--worker":
        from app import services

        return services.run(arguments[1])
    options = parser(system_language()).parse_args(arguments)
    folder = home(options)
    language = language_for(folder)
    try:
        status = _dispatch(options, folder, language)
        sys.stdout.flush()
        return status
    except Failure as failure:
        print(f"nuee: {failure}", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        return _nobody_reads()
    except KeyboardInterrupt:
        print(text("cli.cancelled", language), file=sys.stderr)
        return EXIT_CANCELLED


def _nobody_reads() -> int:
    """`nuee search … | head`: the reader has what it wanted, which is no error to speak of.

    SIGPIPE stays ignored all the while: by default it would end the node when it writes to a worker that has died.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return EXIT_FAILED


@contextmanager
def _importing() -> Iterator[None]:
    """Modules are a hundred thousand objects that stay: looking for garbage among them is a seventh of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _dispatch(options: argparse.Namespace, folder: Path, language: str) -> int:
    if options.command in (None, "open"):
        with _importing():
            from app import desktop
        return desktop.run(folder)
    if options.command == "chat":
        with _importing():
            from app import terminal
        return terminal.chat(folder, given_secret(options, language), language)
    if options.command == "node":
        from app import headless

        listen = tuple(options.listen) if options.listen else None
        serves = headless.Serves(options.relay, options.meeting_point)
        return headless.run(folder, secret(options, language, new=False), language, listen, serves)
    if options.command in privacy_cli.DIALOGUES:
        return privacy_cli.run(options, folder, language)
    if skills_cli.runs_alone(options):
        return skills_cli.run(options, folder, language)
    if interop_cli.runs_alone(options):
        return interop_cli.run(folder, language)
    if agents_cli.registers(options):
        return agents_cli.register(options, folder, language)
    if chain_cli.runs_alone(options):
        return chain_cli.run(options, folder, language)
    if receipts_cli.runs_alone(options):
        return receipts_cli.run(options, folder, language)
    if demo_cli.runs_alone(options):
        return demo_cli.run(options, language)
    if wallet_cli.runs_alone(options):
        return wallet_cli.run(options, folder, language)
    if drafts_cli.sends(options):
        return drafts_cli.send(options, folder, language)
    if disclosures_cli.discloses(options):
        return disclosures_cli.announce(options, folder, language)
    with _importing():
        from app import oneshot
    name, args = request(options, language)
    if name == "import" and not args["paths"] and not args["sample"]:
        raise Failure(text("error.nothing-to-import", language))
    if name == "init":
        args["passphrase"] = secret(options, language, new=True)
    elif oneshot.needs_secret(folder, name):
        args["secret"] = secret(options, language, new=False)
    elif known := given_secret(options, language):
        args["secret"] = known
    as_json = getattr(options, "json", False)
    screen = oneshot.Screen(language, as_json=as_json)
    result = oneshot.run(folder, name, args, screen, language)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        screen.show(name, result)
    return EXIT_FAILED if name in proving_cli.PRINTERS and proving_cli.failed(result) else 0
