"""A whole node registers its agent on a chain that is not its own, is killed at a step, and started again.

However it goes, the registry has one agent of it, the vault knows which, and the chain leads to the right file.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from p2p.chain import topic
from p2p.registration import read
from storage import keys
from storage.agents import Registry
from storage.vault import Vault
from tests.crash.enrolling import NAME, run
from tests.crash.forking import FORKING
from tests.crash.settling import Kill
from tests.unit.anvil_fixtures import Anvil, running
from tests.unit.fault_fixtures import PASSPHRASE, open_profile
from tests.unit.settle_fixtures import deployed, joins

PATIENCE = 300.0  # seconds
SEED = 20261122
STEPS = 12  # transactions of the vault, about; later ones kill nobody
pytestmark = pytest.mark.timeout(3600)


@dataclass(frozen=True)
class Ready:
    """A profile that can register, as often as copied; the chain is put back to where it begins."""

    home: Path
    anvil: Anvil
    registry: str
    address: str


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    home = tmp_path_factory.mktemp("ready") / "home"
    with running() as anvil:
        contracts = deployed(anvil)
        yield Ready(home, anvil, contracts["identity"], trio.run(_made, home, anvil, contracts))


async def _made(home: Path, anvil: Anvil, contracts: dict[str, str]) -> str:
    async with open_profile(home) as node:
        return await joins(node, anvil, contracts)


def register(home: Path, kill: Kill | None = None) -> int | None:
    """In a process of its own; the transactions of the vault that it took, None where it was killed."""
    ours, theirs = FORKING.Pipe(duplex=False)
    process = FORKING.Process(target=run, args=(home, kill, theirs))
    process.start()
    theirs.close()
    process.join(PATIENCE)
    try:
        counted = int(ours.recv()) if ours.poll() else None
        assert process.exitcode == (-9 if counted is None else 0), process.exitcode
        return counted
    except EOFError:
        assert process.exitcode == -9, "the process broke"
        return None
    finally:
        ours.close()
        process.kill()
        process.join(PATIENCE)
        process.close()


def registered(ready: Ready, folder: Path, kill: Kill | None = None) -> int | None:
    """Register, and again where it was killed; what must hold then."""
    shutil.copytree(ready.home, folder, symlinks=True)
    snapshot = ready.anvil.snapshot()
    try:
        counted = register(folder, kill)
        if counted is None:
            assert register(folder) is not None
        _holds(ready)
        _known(ready, folder)
    finally:
        ready.anvil.revert(snapshot)
        shutil.rmtree(folder)
    return counted


def _holds(ready: Ready) -> None:
    chain = ready.anvil.chain()
    logs = chain.logs(ready.registry, [topic("Registered(uint256,string,address)")], 0, chain.head().number)
    assert len(logs) == 1
    assert chain.read(ready.registry, "balanceOf(address)", ["uint256"], ready.address) == (1,)


def _known(ready: Ready, folder: Path) -> None:
    """The vault knows the agent of the chain, and what it keeps of it is what stands there: the file that names it."""
    chain = ready.anvil.chain()
    identity = chain.identity()
    with Vault.open(folder / "vault.nuee", bytes(keys.open_file(folder / "key.nuee", PASSPHRASE).vault_key)) as vault:
        vault.check()
        row = vault.agents.mine(Registry(identity.genesis, identity.chain_id, ready.registry))
    assert row is not None
    assert (row.problem, row.owner) == ("", ready.address)
    assert row.uri == row.wanted == chain.read(ready.registry, "tokenURI(uint256)", ["string"], row.agent)[0]
    assert row.file is not None
    assert read(row.file).name == NAME


def test_without_a_kill_it_is_registered(ready: Ready, tmp_path: Path) -> None:
    counted = registered(ready, tmp_path / "there")
    assert counted is not None
    assert STEPS // 2 < counted < 2 * STEPS


@pytest.mark.parametrize("count", [2, pytest.param(40, marks=pytest.mark.campaign)])
def test_killed_at_some_step_it_is_registered_once(ready: Ready, tmp_path: Path, count: int) -> None:
    chance = random.Random(SEED)
    for number in range(count):
        kill = Kill(chance.randint(1, STEPS), before=chance.random() < 0.5)
        try:
            registered(ready, tmp_path / str(number), kill)
        except AssertionError as broken:
            raise AssertionError(f"killed at {kill}") from broken


@pytest.mark.campaign
@pytest.mark.parametrize("before", [True, False])
def test_killed_at_every_step_it_is_registered_once(ready: Ready, tmp_path: Path, before: bool) -> None:
    for number in range(1, 2 * STEPS):
        if registered(ready, tmp_path / str(number), Kill(number, before=before)) is not None:
            break
