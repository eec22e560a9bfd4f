"""The program, run as a person runs it, in surroundings where every file it may write can be found again."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.prove import live
from app.prove_results import Leak
from installer import places

TIMEOUT = 300  # seconds for one command
_EVERY, _EVERY_STAYING = 0.25, 1.0  # seconds between two looks at a command, and at a program that stays
STARTS = 120  # seconds until a program that stays is up, on a busy machine


class ActFailed(Exception):
    """The program did not do what the proof needs done; without it nothing is proved."""

    code = "proof-incomplete"


class Program:
    """One throw-away profile and the commands on it.  Blocking; one thread."""

    def __init__(self, sandbox: Path, home: Path, **more: str) -> None:
        """`more`: what else stands in the environment."""
        self.sandbox = sandbox
        self.home = home
        self.diagnostics = sandbox / "stderr.txt"
        self.core: set[str] = set()  # processes that could have dumped core
        self.deleted: list[bytes] = []  # what stood in files that were deleted while open
        self.sockets: set[str] = set()  # of the internet, that processes had open, as the system sees them
        self._environment = {**_environment(sandbox, home), **more}

    def run(self, *arguments: str, secret: str, answer: str | None = None, **extra: str) -> dict[str, Any]:
        """One command to its end; what `--json` prints.  Errors: ActFailed."""
        with self.begun(*arguments, "--json", secret=secret, **extra) as process:
            try:
                out, _ = process.communicate(answer, timeout=TIMEOUT)
            except subprocess.TimeoutExpired as error:
                raise ActFailed(f"“nuee {arguments[0]}” did not end") from error
        if process.returncode != 0:
            raise ActFailed(f"“nuee {' '.join(arguments[:2])}” ended with {process.returncode}")
        result: dict[str, Any] = json.loads(out) if out.strip().startswith("{") else {}
        return result

    def begun(
        self, *arguments: str, secret: str, **extra: str
    ) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
        """A command under way, looked at while it works, and ended with everything it started at the latest here."""
        return self._begun(arguments, secret, _EVERY, extra)

    @contextlib.contextmanager
    def _begun(
        self, arguments: Sequence[str], secret: str, every: float, extra: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[str]]:
        environment = {**self._environment, "NUEE_PASSPHRASE": secret, **extra}
        with self.diagnostics.open("ab") as errors:
            process = subprocess.Popen(
                [*_command(), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
                cwd=self.sandbox if getattr(sys, "frozen", False) else Path(__file__).parents[2],
            )
            over = threading.Event()
            watcher = threading.Thread(target=self._watch, args=(process.pid, over, every), daemon=True)
            watcher.start()
            try:
                yield process
            finally:
                over.set()
                watcher.join()
                self.kill(process)

    @contextlib.contextmanager
    def staying(self, *arguments: str, secret: str) -> Iterator[subprocess.Popen[str]]:
        """A program that has the profile open meanwhile, and does what other commands ask.  Errors: ActFailed."""
        with self._begun(arguments, secret, _EVERY_STAYING, {}) as process:
            assert process.stdout is not None
            watchdog = threading.Timer(STARTS, process.kill)
            watchdog.start()
            line = process.stdout.readline()
            watchdog.cancel()
            if not line:
                raise ActFailed(f"“nuee {arguments[0]}” did not start")
            yield process

    def kill(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL for the program and everything it started."""
        for one in live.family(process.pid):
            with contextlib.suppress(Exception):
                one.kill()
        process.kill()
        process.communicate()

    def _watch(self, pid: int, over: threading.Event, every: float) -> None:
        begun = time.monotonic()
        while not over.wait(every):
            processes = live.family(pid)
            if time.monotonic() - begun > 0.5:  # before that a child may still be between fork and exec
                self.core.update(live.may_dump_core(processes))
            self.sockets.update(live.sockets(processes))
            for path in live.deleted_files(processes):
                with contextlib.suppress(OSError), path.open("rb") as stream:
                    self.deleted.append(stream.read(1 << 20))


def deleted_leaks(contents: Sequence[bytes], needles: Sequence[tuple[bytes, str]]) -> list[Leak]:
    found = {what for content in contents for needle, what in needles if needle in content}
    return [Leak("(a file deleted while open)", what, "as it is") for what in sorted(found)]


def _command() -> list[str]:
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]


def _environment(sandbox: Path, home: Path) -> dict[str, str]:
    """Every place a program is told to write to lies in the sandbox."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUEE_", "XDG_"))}
    folders = {
        name: sandbox / folder
        for name, folder in {
            "HOME": "home",
            "USERPROFILE": "home",
            "TMPDIR": "tmp",
            "TEMP": "tmp",
            "TMP": "tmp",
            "XDG_CACHE_HOME": "home/.cache",
            "XDG_CONFIG_HOME": "home/.config",
            "XDG_DATA_HOME": "home/.local/share",
            "XDG_STATE_HOME": "home/.local/state",
            "XDG_RUNTIME_DIR": "run",
        }.items()
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = {
        "NUEE_HOME": str(home),
        "NUEE_MODELS": str(places.models()),
        "NUEE_LANGUAGE": "en",
        "NUEE_DEBUG": "1",  # the most that is ever written
        "QT_QPA_PLATFORM": "offscreen",
    }
    return {**kept, **{name: str(folder) for name, folder in folders.items()}, **own}
