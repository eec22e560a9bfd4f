"""Two running `nuee node`, each in a network namespace of its own, that are each other's contacts.

They are driven as a person drives them: by commands, which reach a running node through its socket.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.e2e.household import Nuee
from tests.faults.link import Link, linked
from tests.paths import ROOT

PASSPHRASE = "gravel otter lantern seventeen"
PATIENCE = 60.0  # seconds, on a machine that does much else
ADDRESS = "/ip4/0.0.0.0/tcp/4001"
NAMES = {"a": "Alice", "b": "Bob"}
FINAL = ("done", "failed", "refused", "cancelled", "expired")
ENVIRONMENT = ("NUEE_MODELS", "NUEE_PASSPHRASE", "NUEE_LANGUAGE")


class Side:
    """One of the two: "a" announces tasks, "b" does them."""

    def __init__(self, folder: Path, side: str, link: Link) -> None:
        self.folder = folder
        self.nuee = Nuee(folder / "home")
        self._side, self._link = side, link
        self._worked, self._hold, self._said = folder / "worked", folder / "hold", folder / "said"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it listens."""
        arguments = (self.nuee.home, ADDRESS, self._worked, self._hold)
        command = [sys.executable, "-m", "tests.faults.node", *map(str, arguments)]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                self._link.within(self._side, command), cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
            )
        until(lambda: b"/p2p/" in self._said.read_bytes())

    def kill(self, by: int = signal.SIGKILL) -> None:
        """End it at once, or freeze it and let it go on with SIGSTOP and SIGCONT."""
        assert self._process
        self._process.send_signal(by)
        if by == signal.SIGKILL:
            self._process.wait(PATIENCE)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
            self._process.kill()
            self._process.wait(PATIENCE)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def hold(self) -> None:
        """Work that is begun is not done before `let_go`."""
        self._hold.touch()

    def let_go(self) -> None:
        self._hold.unlink(missing_ok=True)

    @property
    def begun(self) -> int:
        """How often work was begun, ever."""
        return self._worked.read_text().count("\n") if self._worked.exists() else 0

    def connected(self) -> bool:
        return any(row["connected"] for row in self.nuee.json("peers", "list")["peers"])

    def announce(self, *more: str) -> str:
        """A task for the other side; its id."""
        task: str = self.nuee.json(
            "task", "announce", "inference", "--prompt", "Hello.", "--to", "Bob", "--bids", "120", *more
        )["id"]
        return task

    def state(self, task: str) -> str:
        """Of a task of this side's own or of the other's; "" where there is none."""
        rows = self.nuee.json("task", "list")["tasks"]
        return next((str(row["state"]) for row in rows if row["id"].rpartition("/")[2] == task), "")

    def bid(self, task: str) -> bool:
        """Whether there is a proposal for it."""
        return any(row["state"] == "proposed" for row in self.nuee.json("task", "bids", task)["bids"])

    def received(self, text: str) -> int:
        """How often this letter came, once it has."""

        def found() -> int:
            rows = self.nuee.json("messages", "list")["messages"]
            return sum(row["text"] == text and not row["outgoing"] for row in rows)

        until(found)
        return found()

    def addresses_of(self, name: str) -> list[str]:
        """Where it is known to be."""
        return list(self.nuee.json("peers", "show", name)["addresses"])

    def ended(self, task: str) -> str:
        until(lambda: self.state(task) in FINAL)
        return self.state(task)


def until(condition: Callable[[], Any]) -> Any:
    """What `condition` returns, once that is something."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


class Pair:
    """Alice announces, Bob works."""

    def __init__(self, link: Link, alice: Side, bob: Side) -> None:
        self.link, self.alice, self.bob = link, alice, bob

    def both_ended(self, task: str) -> tuple[str, str]:
        return self.alice.ended(task), self.bob.ended(task)

    def well(self) -> None:
        """No faults, nothing held, and the two are connected."""
        self.link.set()
        self.bob.let_go()
        until(lambda: self.alice.connected() and self.bob.connected())


@contextmanager
def pair(folder: Path, seed: int) -> Iterator[Pair]:
    """Errors: where tests.faults.link.missing says why not."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    models = folder / "models"
    models.mkdir()
    os.environ |= {"NUEE_MODELS": str(models), "NUEE_PASSPHRASE": PASSPHRASE, "NUEE_LANGUAGE": "en"}
    try:
        with linked(seed) as link, ExitStack() as undo:
            sides = []
            for side, name in NAMES.items():
                own = folder / name
                own.mkdir()
                one = Side(own, side, link)
                undo.callback(one.stop)
                one.nuee.said("init")
                one.start()
                sides.append(one)
            alice, bob = sides
            bob.nuee.said("peers", "add", alice.nuee.json("peers", "invite", "Bob")["invite"], "--name", "Alice")
            made = Pair(link, alice, bob)
            made.well()
            yield made
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
