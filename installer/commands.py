"""Running other programs: their output goes to a log file, and line by line to whoever follows the progress."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from installer import places
from installer.failures import SetUpFailed
from installer.progress import Progress

Command = Sequence[str | Path]
Follow = Callable[[str], None]


def unfollowed(_line: str) -> None:
    """For a program whose lines only go to the log."""


def log_file(name: str) -> Path:
    """Where the output of step `name` is kept; the folder is made."""
    folder = places.cache() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


@dataclass(frozen=True)
class Job:
    """A step at work: its line on the screen, and the lock files that the programs it starts keep open."""

    progress: Progress
    locks: tuple[int, ...] = ()

    def holding(self, lock: int) -> Job:
        return replace(self, locks=(*self.locks, lock))

    def run(
        self,
        command: Command,
        log: Path,
        *,
        follow: Follow = unfollowed,
        tick: Callable[[], None] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> int:
        """Run `command` to its end and return its exit status (negative: the signal that ended it).

        Both outputs go to `log` (started anew) and to `follow`, a line at a time; `tick` is called in every second
        without a line.  Ctrl-C ends the command with all its children before KeyboardInterrupt goes on.  OSError when
        the program cannot be started.
        """
        words = [str(part) for part in command]
        with log.open("w", encoding="utf-8", errors="replace") as record:
            record.write("$ " + " ".join(words) + "\n")
            record.flush()
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,  # Ctrl-C reaches the installer alone, which then ends the whole group
                pass_fds=() if sys.platform == "win32" else self.locks,
            )

            def keep(line: str) -> None:
                record.write(line + "\n")
                follow(line)

            try:
                _read(process, keep, tick or self.progress.tick)
                return process.wait()
            except BaseException:
                end_group(process)
                raise


def _read(process: subprocess.Popen[bytes], keep: Follow, tick: Callable[[], None]) -> None:
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    assert process.stdout is not None
    output = process.stdout

    def drain() -> None:
        with output:
            for raw in output:
                lines.put(raw.decode("utf-8", "replace").rstrip("\r\n"))
        lines.put(None)

    threading.Thread(target=drain, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            tick()
            continue
        if line is None:
            return
        keep(line)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process started in a session of its own, with its children: politely, then after 5 s by force."""
    if sys.platform == "win32":
        process.kill()
        process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    process.wait()


def check(status: int, code: str, sentence: str, log: Path, remedy: str = "") -> None:
    """Raise SetUpFailed unless `status` is 0."""
    if status:
        raise SetUpFailed(code, sentence, remedy, str(log))
