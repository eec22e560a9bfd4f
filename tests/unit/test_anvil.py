"""The chain in a process of its own: it listens on loopback, keeps its state, and ends with whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.chain.anvil import AnvilMissing, started
from tests.paths import ROOT
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, running

__all__ = ["anvil_fixture"]

PATIENCE = 60.0


def test_it_has_the_chain_id_that_it_was_given() -> None:
    with running(chain_id=424242) as anvil:
        assert anvil.chain().identity().chain_id == 424242


def test_a_port_that_is_taken_is_a_sentence(anvil: Anvil) -> None:
    port = int(anvil.url.rpartition(":")[2])
    with pytest.raises(AnvilMissing) as error, started(port, 31337):
        pass
    assert error.value.code == "anvil-start"


def test_its_state_is_there_when_it_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path / "state.json") as anvil:
        anvil.mine(3)
        before = anvil.chain().identity()
    with running(tmp_path / "state.json") as anvil:
        assert (anvil.chain().identity(), anvil.chain().head().number) == (before, 3)


def test_without_a_state_it_is_another_chain_each_time() -> None:
    with running() as first:
        before = first.chain().identity()
    time.sleep(1.1)  # its genesis differs by the second in which it was made
    with running() as second:
        assert second.chain().identity() != before


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_it_ends_when_its_starter_is_killed(anvil: Anvil) -> None:
    starting = """
import sys
from app.chain.anvil import started
with started(0, 31337) as there:
    print(there.url, there.process.pid, flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", starting], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    url, ward = process.stdout.readline().split()
    assert Anvil(url).chain().head().number == 0
    process.kill()
    process.communicate()
    until = time.monotonic() + PATIENCE
    while _alive(int(ward)) or _answers(url):
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.05)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def _answers(url: str) -> bool:
    try:
        Anvil(url).ask("eth_chainId")
    except OSError:
        return False
    return True
