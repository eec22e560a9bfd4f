"""A process with a chain of its own is killed at one of its writes, and started again: one act, one gift."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from app.chain.rehearsal import COINS, TOKENS
from p2p.chain import Chain, ChainError
from tests.crash.registering import KEY
from tests.paths import ROOT
from tests.unit.chains_fixtures import REGISTER, profile

SEED = 20261122
RUNS = 2
pytestmark = pytest.mark.timeout(900)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.crash.registering", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def agents(chain: Chain, registry: str) -> int:
    """How many the registry has given a number."""
    number = 0
    while _has_owner(chain, registry, number):
        number += 1
    return number


def _has_owner(chain: Chain, registry: str, agent: int) -> bool:
    try:
        chain.read(registry, "ownerOf(uint256)", ["address"], agent)
    except ChainError as error:
        if error.code != "chain-reverted":
            raise
        return False
    return True


async def test_whatever_write_it_is_killed_at_its_act_takes_effect_once(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    last = int(whole.stdout)
    chance = random.Random(SEED)
    for number in range(RUNS):
        folder = tmp_path / str(number)
        write, when = chance.randint(1, last), chance.choice(("before", "after"))
        killed = run(folder, str(write), when)
        assert killed.returncode == -9, killed.stderr
        again = run(folder)
        assert again.returncode == 0, again.stderr
        async with profile(folder) as node:
            mined = await node.chains.call(KEY, REGISTER)
            at = await node.chains.connected()
            registry, token = at.contracts["identity"], at.contracts["token"]
            held = await node.chains.ask(at.chain.read, token, "balanceOf(address)", ["uint256"], at.address)
            assert mined.ok
            assert await node.chains.ask(agents, at.chain, registry) == 1, (write, when)
            assert held == (TOKENS,), (write, when)
            assert COINS * 0.99 < await node.chains.ask(at.chain.balance, at.address) < COINS, (write, when)
