"""One command on the command line: in this process if the profile is free, else in the process that owns it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, TextIO

import trio

from app import forward, requests
from app.cli import Failure
from app.errors import sentence
from app.node import open_node
from app.printing import PRINTERS
from app.profile import InUse, Profile
from app.results import as_json as to_json
from app.texts import text
from app.views.plain import revealed
from app.wallet_results import WalletAsks

PATIENCE = 15.0  # seconds with an owner that is just beginning or ending, on a machine that is busy
PAUSE = 0.2  # seconds
_EMBEDDING = ("import", "search", "ask", "skill-run", "approval-answer")  # an approval lets a skill go on


class Screen:
    """What a command shows while it works and when it is done.  Progress goes to standard error."""

    def __init__(self, language: str, *, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.language = language
        self._json = as_json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._line = 0  # length of the progress line that stands there
        self._streamed = ""

    def report(self, event: dict[str, Any]) -> None:
        """One progress event, as a map with its `kind`."""
        if event["kind"] == "Piece" and not self._json:
            self._clear()
            self._streamed += event["text"]
            print(revealed(event["text"]), end="", flush=True, file=self._out)  # a peer may have written it
        elif event["kind"] == "Progress" and self._err.isatty():
            total = "" if event["total"] is None else f" / {event['total']}"
            stage = text(f"cli.stage.{event['stage']}", self.language)
            line = f"{stage} {event['done']}{total}"
            print("\r" + line.ljust(self._line), end="", flush=True, file=self._err)
            self._line = len(line)
        elif event["kind"] == "WalletAsks" and event["waiting"] and not self._json:
            self._clear()
            print(text("cli.wallet.waiting", self.language, count=event["waiting"]), file=self._err)

    def show(self, name: str, result: dict[str, Any]) -> None:
        """The result, for people."""
        self._clear()
        PRINTERS[name](result, self.language, self._out, self._streamed)

    def finish(self) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._line:
            print("\r" + " " * self._line + "\r", end="", flush=True, file=self._err)
            self._line = 0


def needs_secret(folder: Path, name: str) -> bool:
    """Whether the command wants an open vault that no running process has open already."""
    profile = Profile(folder)
    if not requests.REQUESTS[name][1] or not profile.exists:
        return False
    try:
        status = forward.send(profile, "status", {}, lambda _event: None, "en")
    except (forward.Unreachable, forward.ForwardedFailure):
        return True
    return bool(status["state"] != "open")


def run(folder: Path, name: str, args: dict[str, Any], screen: Screen, language: str) -> dict[str, Any]:
    """Run a command to its end.  Errors: Failure with the sentence to print; KeyboardInterrupt."""
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                return trio.run(_here, folder, name, dict(args), screen)
            except InUse:
                pass
            try:
                return forward.send(Profile(folder), name, args, screen.report, language)
            except forward.Unreachable:
                time.sleep(PAUSE)  # whoever owns the profile is just beginning or ending
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Failure(sentence(_single(error), language)) from error
    finally:
        screen.finish()
    raise Failure(text("error.in-use", language))


def _single(error: BaseException) -> BaseException:
    """The one exception inside nested groups: nurseries wrap what passes through them."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    return error


def _by_meaning(name: str, args: dict[str, Any]) -> bool:
    return name in _EMBEDDING and args.get("mode") != "words"


async def _here(folder: Path, name: str, args: dict[str, Any], screen: Screen) -> dict[str, Any]:
    def report(event: object) -> None:
        screen.report({"kind": type(event).__name__, **to_json(event)})

    def heard(event: object) -> None:
        if isinstance(event, WalletAsks):  # whoever waits for a task answers it in another terminal
            report(event)

    async with open_node(folder, heard) as node, trio.open_nursery() as nursery:
        if _by_meaning(name, args) and node.profile.exists:
            node.embedding.start()  # while the passphrase is being stretched
        with forward.listening(node, nursery, stays=False):
            result = await requests.run(node, name, args, report)
        nursery.cancel_scope.cancel()
        return result
    raise AssertionError("a nursery swallowed its own end")
