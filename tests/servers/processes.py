"""Servers of the tests: programs of the system, each in a folder, on ports and in a process tree of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin"


def program(name: str) -> str | None:
    return shutil.which(name, path=SBIN)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def folder() -> Path:
    """Short enough for Unix sockets, and open to the users that the servers turn into."""
    made = Path(tempfile.mkdtemp(prefix="nuee-"))
    made.chmod(0o755)
    return made


class Daemon:
    """A server in the foreground.  `start` waits until it greets."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self._command = command
        self._port = port
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # A run of the tests that is killed takes its servers with it: its end of the pipe closes.
        watch = ["sh", "-c", 'read _; kill "$1"', "sh", str(self._process.pid)]
        self._watcher = subprocess.Popen(
            watch, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + 30
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"{self._command[0]} did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for it and its children, as a power cut would."""
        _end(self._tree())
        self._wait()

    def stop(self) -> None:
        tree = self._tree()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        _end(psutil.wait_procs(tree, timeout=3)[1])
        self._wait()

    def _tree(self) -> list[psutil.Process]:
        if self._process is None or self._process.poll() is not None:
            return []
        top = psutil.Process(self._process.pid)
        return [*top.children(recursive=True), top]

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait()
        if self._watcher is not None:
            self._watcher.kill()
            with self._watcher:
                """Its pipe is closed with it."""
            self._watcher = None

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as probe:
                return bool(probe.recv(1))
        except OSError:
            return False


def _end(processes: Iterable[psutil.Process]) -> None:
    """A server's children come and go: one that has just gone is as good as killed."""
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
