"""A profile that a running node owns, as a window or a chat does, and commands that are handed to it.

The node is real: key holder, SQLCipher, sandbox workers, the command socket.  What a person has around them is fixed:
the machine is idle and plugged in, and the clock stands where a test sets it.  Commands run in this process, through
the whole command line and the socket; a process for each would add nothing but its start.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import trio

from app import cli, forward
from app.node import open_node
from app.power import Power
from app.surroundings import Surroundings
from installer import places
from tests.paths import ROOT

PASSPHRASE = "a passphrase for a whole household"
PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Nuee:
    """Runs `nuee` on the profile at `home`, which somebody owns."""

    home: Path

    def run(self, *arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        mask = os.umask(0o077)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = cli.main(["--home", str(self.home), *arguments])
        except SystemExit as wrong:
            status = int(wrong.code or 0)
        finally:
            os.umask(mask)
        return Ran(status, out.getvalue(), err.getvalue())

    def said(self, *arguments: str) -> str:
        ran = self.run(*arguments)
        assert ran.status == 0, ran.err
        return ran.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.said(*arguments, "--json"))

    def chat(self, *lines: str, language: str = "en") -> str:
        """One conversation with a `nuee chat` of its own; all that it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "app", "chat"],
            input="\n".join([*lines, "/quit", ""]),
            capture_output=True,
            text=True,
            env={**os.environ, "NUEE_HOME": str(self.home), "NUEE_LANGUAGE": language},
            cwd=ROOT,
            timeout=240,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


class Owner:
    """The node, on a thread of its own.  `clock` may be set at any time; None: the machine's."""

    def __init__(self, home: Path) -> None:
        self.nuee = Nuee(home)
        self.clock: datetime | None = None
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._stop: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="owner")

    def __enter__(self) -> Owner:
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _now(self) -> float:
        return time.time() if self.clock is None else self.clock.timestamp()

    def _run(self) -> None:
        try:
            trio.run(self._main)
        except BaseException as error:  # noqa: BLE001 - told to the test's thread
            self._error = error
        self._ready.set()

    async def _main(self) -> None:
        around = Surroundings(now=self._now, power=Power)
        token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as scope:
            self._stop = lambda: token.run_sync_soon(scope.cancel)
            async with open_node(self.nuee.home, surroundings=around) as node, trio.open_nursery() as nursery:
                node.skills.triggers.start()
                with forward.listening(node, nursery):
                    self._ready.set()
                    await trio.sleep_forever()


@contextmanager
def owned(folder: Path, *, model: bool = False) -> Iterator[Owner]:
    """A new profile in `folder` whose vault is open; `model`: with the default one that answers.

    None is there to search by meaning: its start alone takes longer than everything else.
    """
    before = {name: os.environ.get(name) for name in ("NUEE_MODELS", "NUEE_PASSPHRASE", "NUEE_LANGUAGE")}
    models = folder / "models"
    models.mkdir()
    for file in places.models().glob("[0-9a-f]*.*") if model else ():
        (models / file.name).symlink_to(file)
    os.environ |= {"NUEE_MODELS": str(models), "NUEE_PASSPHRASE": PASSPHRASE, "NUEE_LANGUAGE": "en"}
    try:
        with Owner(folder / "home") as owner:
            owner.nuee.said("init")
            yield owner
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def eventually(found: Callable[[], Any]) -> Any:
    """What `found` returns, as soon as that is something."""
    until = time.monotonic() + PATIENCE
    while not (value := found()) and time.monotonic() < until:
        time.sleep(0.05)
    return value
