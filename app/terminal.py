"""`nuee chat`: the same agent in a terminal.

The node runs on a thread of its own and the terminal speaks to it as any second `nuee` does (app.forward), so it makes
no difference whether a window already owns the profile.
"""

from __future__ import annotations

import contextlib
import getpass
import shlex
import sys
import threading
import time
from pathlib import Path
from typing import Any

import trio

from app import forward
from app.cli import Failure
from app.errors import sentence
from app.node import open_node
from app.oneshot import Screen
from app.profile import InUse, Profile
from app.texts import text

TRIES = 5  # at the passphrase
PATIENCE = 15.0  # seconds with an owner that is just beginning or ending, on a machine that is busy
PAUSE = 0.1  # seconds


class _Host:
    """The node on its own thread, for as long as the terminal needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready = threading.Event()
        self._scope: trio.CancelScope | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="trio")

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        if self._token is not None and self._scope is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._token.run_sync_soon(self._scope.cancel)
        self._thread.join()

    def _run(self) -> None:
        try:
            trio.run(self._main)
        except BaseException as error:  # noqa: BLE001 - told to the terminal's thread
            self.error = error
        self._ready.set()

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as self._scope:
            async with open_node(self._folder) as node, trio.open_nursery() as nursery:
                node.embedding.start()
                node.schedule.start()
                node.skills.triggers.start()
                node.routing.start()
                nursery.start_soon(node.swarm.start)
                with forward.listening(node, nursery):
                    self._ready.set()
                    await trio.sleep_forever()


class Chat:
    """One conversation at a terminal.  Blocking."""

    def __init__(self, profile: Profile, language: str, secret: str | None) -> None:
        self._profile = profile
        self._language = language
        self._secret = secret
        self._host: _Host | None = None
        self._conversation: int | None = None
        self._citations: list[dict[str, Any]] = []

    def send(self, name: str, args: dict[str, Any], screen: Screen) -> dict[str, Any]:
        """Run a command in the process that owns the profile; become that process where there is none."""
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                try:
                    return forward.send(self._profile, name, args, screen.report, self._language)
                except forward.Unreachable:
                    self._own()
            raise Failure(text("error.in-use", self._language))
        finally:
            screen.finish()

    def _settle(self) -> None:
        """Own the profile unless a lasting process does: a command's process would leave with the vault it opened."""
        deadline = time.monotonic() + PATIENCE
        while self._host is None and time.monotonic() < deadline and not forward.stays(self._profile):
            self._own()

    def _own(self) -> None:
        """Own the profile, or wait a moment for whoever does: it may be another `nuee` that is just ending."""
        self.close()
        host = _Host(self._profile.home)
        host.start()
        if host.error is None:
            self._host = host
            return
        host.stop()
        if not isinstance(host.error, InUse):
            raise Failure(sentence(host.error, self._language)) from host.error
        time.sleep(PAUSE)

    def close(self) -> None:
        """End the node, if it is ours."""
        if self._host is not None:
            self._host.stop()
            self._host = None

    def open(self) -> None:
        """Have the vault open, making it first where there is none.  Errors: Failure."""
        self._settle()
        secret = self._secret
        state = self.send("status", {}, self._screen())["state"]
        if state == "absent":
            self._create(secret)
            return
        for attempt in range(TRIES):
            if state == "open":
                return
            try:
                given = secret if secret is not None else self._prompt("cli.passphrase")
                state = self.send("status", {"secret": given}, self._screen())["state"]
            except forward.ForwardedFailure as error:
                if secret is not None or attempt == TRIES - 1:
                    raise Failure(str(error)) from error
                print(error, file=sys.stderr)

    def loop(self) -> None:
        """Read lines until the input ends."""
        print(text("cli.chat.welcome", self._language))
        while True:
            try:
                line = input(text("cli.chat.prompt", self._language)).strip()
            except EOFError:
                print()
                return
            if line in ("/quit", "/exit", "/q"):
                return
            if line:
                self._line(line)

    def _line(self, line: str, *, again: bool = True) -> None:
        screen = self._screen()
        try:
            if line.startswith("/"):
                self._command(line, screen)
            else:
                done = self.send("ask", {"question": line, "conversation": self._conversation, "keep": True}, screen)
                self._conversation = done["conversation"]
                self._citations = done["citations"]
                screen.show("ask", done)
        except forward.ForwardedFailure as error:
            if error.code != "locked" or not again:
                print(f"nuee: {error}", file=sys.stderr)
                return
            self.open()  # it was locked by somebody else, or with the process that had it open
            self._line(line, again=False)
        except KeyboardInterrupt:  # closing the connection is what stops the answer
            print(" " + text("cli.chat.stopped", self._language))

    def _command(self, line: str, screen: Screen) -> None:
        name, _, rest = line.partition(" ")
        match name:
            case "/new":
                self._conversation = None
                print(text("cli.chat.new", self._language))
            case "/import":
                paths = [str(Path(p).expanduser().absolute()) for p in _words(rest)]
                screen.show("import", self.send("import", {"paths": paths, "embed": False}, screen))
            case "/sources":
                self._source(rest.strip(), screen)
            case "/help":
                print(text("cli.chat.welcome", self._language))
            case _:
                print(text("cli.chat.unknown", self._language, name=name))

    def _source(self, number: str, screen: Screen) -> None:
        for citation in self._citations:
            if str(citation["number"]) == (number or "1"):
                screen.show("show", self.send("show", {"id": citation["id"]}, screen))
                return
        print(text("cli.chat.no_source", self._language))

    def _create(self, secret: str | None) -> None:
        print(text("cli.chat.create", self._language, home=str(self._profile.home)))
        if secret is None:
            secret = self._prompt("cli.new_passphrase")
            if not secret or self._prompt("cli.again") != secret:
                raise Failure(text("error.passphrase-differs", self._language))
        screen = self._screen()
        try:
            screen.show("init", self.send("init", {"passphrase": secret}, screen))
        except forward.ForwardedFailure as error:
            raise Failure(str(error)) from error

    def _prompt(self, key: str) -> str:
        if not sys.stdin.isatty():
            raise Failure(text("error.no-passphrase", self._language))
        return getpass.getpass(text(key, self._language))

    def _screen(self) -> Screen:
        return Screen(self._language, as_json=False)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # an unbalanced quote: take the line as one path
        return [line]


def chat(folder: Path, secret: str | None, language: str) -> int:
    """Talk until the user leaves; the exit status.  Errors: Failure."""
    talk = Chat(Profile(folder), language, secret)
    try:
        talk.open()
        talk.loop()
    finally:
        talk.close()
    return 0
