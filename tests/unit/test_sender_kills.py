"""Killed at any step, the act takes effect once: real processes, a real vault, a real node."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.vault import Vault
from tests.paths import ROOT
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, anvil_world
from tests.unit.sender_fixtures import World
from tests.unit.sender_killed import KEY

__all__ = ["anvil_fixture"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork and SIGKILL are POSIX's")


class Lives:
    """Runs one life after the other (tests/unit/sender_killed.py) on the same vault and the same node."""

    def __init__(self, process: subprocess.Popen[str], anvil: Anvil, world: World, vault: Path) -> None:
        self._process = process
        self._common = {
            "url": anvil.url,
            "vault": str(vault),
            "registry": world.registry,
            "genesis": world.identity.genesis,
        }
        self.now = world.clock()

    def run(self, *acts: str, advances: int = 0, kill: int | None = None) -> Any:
        """The acts have their key as their URI."""
        pairs = [[key, key] for key in acts]
        given = {**self._common, "clock": self.now, "acts": pairs, "advances": advances, "kill": kill}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(name="place")
def place_fixture(anvil: Anvil, tmp_path: Path) -> tuple[World, Path]:
    path = tmp_path / "vault.db"
    with Vault.create(path, KEY) as vault:
        world = anvil_world(anvil, vault.transactions)
    return world, path


@pytest.fixture(name="lives")
def lives_fixture(anvil: Anvil, place: tuple[World, Path]) -> Iterator[Lives]:
    command = [sys.executable, "-m", "tests.unit.sender_killed"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Lives(process, anvil, *place)
        assert process.stdin
        process.stdin.close()


def test_killed_while_it_is_submitted_and_asked_again_it_happens_once(
    anvil: Anvil, place: tuple[World, Path], lives: Lives
) -> None:
    whole = lives.run("whole")["steps"]
    anvil.mine()
    lives.run(advances=2)
    for step in range(whole):
        key = f"killed at {step}"
        assert lives.run(key, kill=step)["killed"]
        lives.now += 20
        lives.run(f"between {step}", key, advances=1)  # another act comes first, and could take its nonce
        anvil.mine()
        lives.run(advances=2)
    assert whole >= 8  # before and after: a signature, a new row, a change of it, a sending
    acts = [f"{which} {step}" for which in ("killed at", "between") for step in range(whole)]
    assert place[0].effects() == {"whole": 1, **dict.fromkeys(acts, 1)}


def test_what_was_stored_happens_though_nobody_asks_again(
    anvil: Anvil, place: tuple[World, Path], lives: Lives
) -> None:
    """And what was not stored never happens: step 4 comes right after the new row is there."""
    whole = lives.run("whole")["steps"]
    for step in range(whole):
        lives.run(f"killed at {step}", kill=step)
        lives.now += 20
        lives.run(advances=1)
        anvil.mine()
        lives.run(advances=2)
    assert place[0].effects() == {"whole": 1, **{f"killed at {step}": 1 for step in range(3, whole)}}


def test_killed_while_it_is_replaced_with_a_higher_fee_it_happens_once(
    anvil: Anvil, place: tuple[World, Path], lives: Lives
) -> None:
    lives.run("whole")
    lives.now += 60
    whole = lives.run(advances=1)["steps"]
    anvil.mine()
    lives.run(advances=2)
    for step in range(whole):
        lives.run(f"killed at {step}")
        lives.now += 60
        assert lives.run(advances=1, kill=step)["killed"]
        lives.now += 20
        lives.run(advances=1)
        anvil.mine()
        lives.run(advances=2)
    assert whole >= 6  # before and after: a signature, a change of the row, a sending
    assert place[0].effects() == {"whole": 1, **{f"killed at {step}": 1 for step in range(whole)}}


def test_killed_after_a_reorganisation_it_happens_once(anvil: Anvil, place: tuple[World, Path], lives: Lives) -> None:
    lives.run("whole")
    anvil.mine()
    anvil.reorganise(1)
    lives.now += 20
    whole = lives.run(advances=1)["steps"]
    anvil.mine()
    lives.run(advances=2)
    for step in range(whole):
        lives.run(f"killed at {step}")
        anvil.mine()
        anvil.reorganise(1)
        lives.now += 20
        assert lives.run(advances=1, kill=step)["killed"]
        lives.now += 20
        lives.run(advances=1)
        anvil.mine()
        lives.run(advances=2)
    assert place[0].effects() == {"whole": 1, **{f"killed at {step}": 1 for step in range(whole)}}
