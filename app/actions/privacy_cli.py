"""On the command line: forgetting, and changing the passphrase or the recovery phrase.

These three speak with whoever sits at the terminal before they do it, so they run their own dialogue (`run`).
"""

from __future__ import annotations

import argparse
import getpass
import json
import secrets
import sys
from pathlib import Path
from typing import Any, TextIO

from app.actions.group import AddCommand, Printer, Say
from app.texts import text

DIALOGUES = ("forget", "passwd", "recovery")
_TRIES = 3


def arguments(command: AddCommand, say: Say) -> None:
    """Add this group's commands to the parser."""
    forget = command("forget")
    forget.add_argument("ids", nargs="*", metavar="ID", help=say("forget_id"))
    forget.add_argument("--sender", default="", metavar="TEXT", help=say("forget_sender"))
    forget.add_argument("--before", default="", metavar="DATE", help=say("forget_before"))
    forget.add_argument("--dry-run", action="store_true", help=say("forget_dry_run"))
    forget.add_argument("--yes", action="store_true", help=say("forget_yes"))
    passwd = command("passwd")
    passwd.add_argument("--new-passphrase-file", type=Path, metavar="FILE", help=say("new_passphrase_file"))
    command("recovery")


def request(options: argparse.Namespace, language: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ARG001
    """None: see `run`."""
    return None


def run(options: argparse.Namespace, folder: Path, language: str) -> int:
    """Do one of the three, asking what has to be asked; the exit status.  Errors: app.cli.Failure."""
    dialogue = _Dialogue(options, folder, language)
    match options.command:
        case "forget":
            return dialogue.forget()
        case "passwd":
            return dialogue.passwd()
        case _:
            return dialogue.recovery()


class _Dialogue:
    """Standard output holds the result alone; what is asked goes to standard error."""

    def __init__(self, options: argparse.Namespace, folder: Path, language: str) -> None:
        from app import cli, oneshot

        self._cli = cli
        self._oneshot = oneshot
        self._options = options
        self._folder = folder
        self._language = language
        self._json = bool(getattr(options, "json", False))
        self._secret: str | None = None

    def forget(self) -> int:
        options = self._options
        wanted = {"ids": options.ids, "sender": options.sender, "before": options.before}
        if bool(options.ids) == bool(options.sender.strip() or options.before):
            raise self._cli.Failure(self._say("error.forget-what"))
        if self._oneshot.needs_secret(self._folder, "forget"):
            self._secret = self._cli.secret(options, self._language, new=False)
        if options.dry_run:
            return self._show("forget-preview", self._run("forget-preview", wanted))
        if not options.yes:
            if not sys.stdin.isatty():
                raise self._cli.Failure(self._say("error.forget-yes"))
            found = self._run("forget-preview", wanted)
            PRINTERS["forget-preview"](found, self._language, sys.stderr, "")
            if not found["count"] or not self._agrees("cli.privacy.forget_ask", count=found["count"]):
                return 0 if not found["count"] else self._cli.EXIT_FAILED
        return self._show("forget", self._run("forget", wanted))

    def passwd(self) -> int:
        old = self._cli.secret(self._options, self._language, new=False)
        return self._show("passwd", self._run("passwd", {"old": old, "new": self._new_passphrase()}))

    def recovery(self) -> int:
        old = self._cli.secret(self._options, self._language, new=False)
        made = self._run("recovery", {"old": old})
        self._show("recovery", made)
        if not self._json and sys.stdin.isatty():
            self._confirm_written(made["recovery_phrase"].split())
        return 0

    def _new_passphrase(self) -> str:
        file = self._options.new_passphrase_file
        if file is not None:
            try:
                known = str(file.read_text("utf-8")).rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise self._cli.Failure(self._say("error.passphrase-file", path=file)) from error
        elif sys.stdin.isatty():
            known = getpass.getpass(self._say("cli.privacy.new_passphrase"))
            if getpass.getpass(self._say("cli.again")) != known:
                raise self._cli.Failure(self._say("error.passphrase-differs"))
        else:
            raise self._cli.Failure(self._say("error.no-new-passphrase"))
        if not known:
            raise self._cli.Failure(self._say("error.passphrase-empty"))
        return known

    def _confirm_written(self, words: list[str]) -> None:
        """One word of it, read off the paper.  The phrase is in force whatever is typed."""
        place = secrets.randbelow(len(words))
        for _ in range(_TRIES):
            typed = self._ask(self._say("cli.privacy.phrase_ask", number=place + 1))
            if typed.strip().lower() == words[place]:
                sys.stderr.write(self._say("cli.privacy.phrase_confirmed") + "\n")
                return
        sys.stderr.write(self._say("cli.privacy.phrase_unconfirmed") + "\n")

    def _agrees(self, key: str, **values: Any) -> bool:
        return self._ask(self._say(key, **values)).strip().lower() in ("y", "yes", "o", "oui")

    def _ask(self, question: str) -> str:
        sys.stderr.write(question)
        sys.stderr.flush()
        return sys.stdin.readline()

    def _run(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        given = args if self._secret is None else {**args, "secret": self._secret}
        screen = self._oneshot.Screen(self._language, as_json=self._json)
        return self._oneshot.run(self._folder, name, given, screen, self._language)

    def _show(self, name: str, result: dict[str, Any]) -> int:
        if self._json:
            sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        else:
            PRINTERS[name](result, self._language, sys.stdout, "")
        return 0

    def _say(self, key: str, **values: Any) -> str:
        return text(key, self._language, **values)


def _preview(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.privacy.forget_found", language, count=result["count"]) + "\n")
    _titles(result["titles"], result["count"], language, out)
    if result["receipts"]:
        out.write(text("cli.privacy.empties_receipts", language, count=result["receipts"]) + "\n")


def _forgotten(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    line = text("cli.privacy.forgotten", language, count=result["forgotten"])
    if result["conversations"]:
        line += " " + text("cli.privacy.gaps", language, count=result["conversations"])
    if result["receipts"]:
        line += " " + text("cli.privacy.emptied_receipts", language, count=result["receipts"])
    out.write(line + "\n")


def _titles(titles: list[str], count: int, language: str, out: TextIO) -> None:
    for title in titles:
        out.write(f"  {' '.join(title.split()) or text('cli.privacy.untitled', language)}\n")
    if count > len(titles):
        out.write(text("cli.privacy.more", language, count=count - len(titles)) + "\n")


def _changed(_result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    out.write(text("cli.privacy.passphrase_changed", language) + "\n")


def _phrase(result: dict[str, Any], language: str, out: TextIO, _streamed: str) -> None:
    words = result["recovery_phrase"].split()
    out.write(text("cli.privacy.new_phrase", language) + "\n")
    for row in range(0, len(words), 6):
        out.write("   " + "  ".join(f"{row + i + 1:2}. {w:<9}" for i, w in enumerate(words[row : row + 6])) + "\n")
    out.write(text("cli.privacy.keep_phrase", language) + "\n")


PRINTERS: dict[str, Printer] = {
    "forget": _forgotten,
    "forget-preview": _preview,
    "passwd": _changed,
    "recovery": _phrase,
}
