"""`nuee open` as a process: it opens, comes to the front for a second start, and closes in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.profile import Profile
from tests.paths import ROOT

SECONDS = 60


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "app", "--home", str(folder), "open"]


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program with its window, ready for a second start."""
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(command(folder), cwd=ROOT, env=surroundings, stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + SECONDS
        while not Path(Profile(folder).address).exists() or not Profile(folder).socket_key.exists():
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < end
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_the_window_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, errors.decode()
        assert b"Traceback" not in errors
    assert not Profile(tmp_path).socket_key.exists()


def test_a_second_start_returns_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        second = subprocess.run(
            command(tmp_path),
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            timeout=SECONDS,
            check=False,
        )
        assert second.returncode == 0
        assert process.poll() is None
