"""Two whole nodes settle a priced task over a chain; one is killed at a step and started again.

However it goes, the job ends on chain as settled, refunded or taken back, both vaults know it, and no money is lost.
"""

from __future__ import annotations

import random
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import pytest
import trio

from app.actions import offers
from app.swarm.pricing import WINDOW
from p2p.chain import Chain, topic
from p2p.job_seen import Status
from p2p.jobs import CREATED
from p2p.settlement_terms import Dialect
from storage import keys
from storage.vault import Vault
from tests.crash.forking import FORKING
from tests.crash.settling import ROLES, Kill, Stands, run
from tests.unit.anvil_fixtures import Anvil, running
from tests.unit.fault_fixtures import PASSPHRASE, acquaint, open_profile
from tests.unit.printed_fixtures import deployed_printed
from tests.unit.settle_fixtures import ARBITER, TOKEN, WEALTH, deployed, joins

PATIENCE = 300.0  # seconds without news
PAID = 5 * TOKEN // 2
SEED = 20261122
STEPS = {"alice": 75, "bob": 40}  # transactions of either side, about; later ones kill nobody
pytestmark = pytest.mark.timeout(7200)


@dataclass(frozen=True)
class Ready:
    """Two profiles that can begin, as often as copied; the chain is put back to where they begin."""

    folder: Path
    anvil: Anvil
    contracts: dict[str, str]
    addresses: dict[str, str]
    dialect: Dialect


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    with running() as anvil:
        yield trio.run(_made, tmp_path_factory.mktemp("ready"), anvil, deployed(anvil), "prose")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ready]:
    """The same over a kernel that speaks the ABI which the ERC printed."""
    with running() as anvil:
        yield trio.run(_made, tmp_path_factory.mktemp("printed"), anvil, deployed_printed(anvil), "printed")


async def _made(folder: Path, anvil: Anvil, contracts: dict[str, str], dialect: Dialect) -> Ready:
    listens = {role: f"/ip4/127.0.0.1/tcp/{_free()}" for role in ROLES}
    addresses = {}
    async with (
        open_profile(folder / "alice", listens["alice"]) as alice,
        open_profile(folder / "bob", listens["bob"]) as bob,
    ):
        await acquaint(alice, bob)
        for role, node in (("alice", alice), ("bob", bob)):
            addresses[role] = await joins(node, anvil, contracts, dialect=dialect)
        await offers.set_offer(bob, "inference", settings={"token_price": "2.5"})
    return Ready(folder, anvil, contracts, addresses, dialect)


def _free() -> int:
    """A port that nobody has now; both sides keep theirs over restarts."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Side:
    """A process that is started again when its kill has come."""

    def __init__(self, home: Path, role: str, arbiter: str, kill: Kill | None) -> None:
        self._home, self.role, self._arbiter, self._kill = home, role, arbiter, kill
        self.killed = False
        self.stands = Stands(0, calm=False, over=False)
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = FORKING.Pipe(duplex=False)
        kill, self._kill = self._kill, None
        self.process = FORKING.Process(target=run, args=(self._home, self.role, self._arbiter, kill, theirs))
        self.process.start()
        theirs.close()

    def look(self) -> None:
        """It says how it stands, or was killed."""
        try:
            if self.pipe.poll():
                self.stands = self.pipe.recv()
        except EOFError:
            self.process.join(PATIENCE)
            assert self.process.exitcode == -9, "the process broke"
            self.killed = True
            self.pipe.close()
            self._start()

    def stop(self) -> None:
        self.process.kill()
        self.process.join(PATIENCE)
        self.process.close()
        self.pipe.close()


def settled(ready: Ready, folder: Path, arbiter: str, **kills: Kill) -> dict[str, Side]:
    """Let both sides go on until neither has anything left to do.  Where only time is waited for, it passes."""
    for role in ROLES:
        shutil.copytree(ready.folder / role, folder / role, symlinks=True)
    snapshot = ready.anvil.snapshot()
    sides = {role: Side(folder / role, role, arbiter, kills.get(role)) for role in ROLES}
    try:
        try:
            _until_over(ready.anvil, list(sides.values()))
        finally:
            for side in sides.values():
                side.stop()
        holds(ready, folder)
    finally:
        ready.anvil.revert(snapshot)
        shutil.rmtree(folder)
    return sides


def _until_over(anvil: Anvil, sides: list[Side]) -> None:
    news = passed = time.monotonic()
    while not all(side.stands.over for side in sides):
        now = time.monotonic()
        assert now - news < PATIENCE, [side.stands for side in sides]
        if wait([side.pipe for side in sides], 1.0):
            news = passed = time.monotonic()
            for side in sides:
                side.look()
        elif all(side.stands.calm for side in sides) and now - passed > 3.0:
            anvil.later(WINDOW // 2)
            passed = now


def holds(ready: Ready, folder: Path) -> None:
    """What must hold whatever happened."""
    chain, has = ready.anvil.chain(), {}
    for role, address in ready.addresses.items():
        has[role] = _tokens(chain, ready, address)
    assert _tokens(chain, ready, ready.contracts["kernel"]) == 0
    paid = has["bob"] - WEALTH
    assert (has["alice"], paid in (0, PAID)) == (WEALTH - paid, True)
    ends = _ends(chain, ready)
    assert all(end.ended for end in ends), ends
    assert len(ends) <= 1
    assert ends.count(Status.COMPLETED) == (paid == PAID)
    (ours,), theirs = (_outcomes(folder / role) for role in ROLES)
    assert (ours == "void") == (not ends)
    assert (ours == "settled") == (paid == PAID)
    assert (theirs == ["settled"]) == (paid == PAID)
    assert len(theirs) <= 1


def _outcomes(home: Path) -> list[str]:
    """How the jobs ended, as this side's vault has it; it is whole."""
    with Vault.open(home / "vault.nuee", bytes(keys.open_file(home / "key.nuee", PASSPHRASE).vault_key)) as vault:
        vault.check()
        return [job.outcome for job in vault.settlements.list()]


def _tokens(chain: Chain, ready: Ready, address: str) -> int:
    return int(chain.read(ready.contracts["token"], "balanceOf(address)", ["uint256"], address)[0])


def _ends(chain: Chain, ready: Ready) -> list[Status]:
    """How each job stands that was created."""
    kernel, job = ready.contracts["kernel"], "(uint256,address,address,address,string,uint256,uint256,uint8,address)"
    logs = chain.logs(kernel, [topic(CREATED[ready.dialect])], 0, chain.head().number)
    numbers = [int.from_bytes(log.topics[1], "big") for log in logs]
    return [Status(chain.read(kernel, "getJob(uint256)", [job], number)[0][7]) for number in numbers]


def test_without_a_kill_it_is_paid(ready: Ready, tmp_path: Path) -> None:
    sides = settled(ready, tmp_path / "there", ARBITER)
    assert all(STEPS[role] // 2 < side.stands.transactions < 2 * STEPS[role] for role, side in sides.items()), sides


@pytest.mark.parametrize("count", [2, pytest.param(60, marks=pytest.mark.campaign)])
def test_killed_at_some_step_it_ends(ready: Ready, tmp_path: Path, count: int) -> None:
    chance = random.Random(SEED)
    for number in range(count):
        sides = chance.choice((ROLES[:1], ROLES[1:], ROLES))
        kills = {role: Kill(chance.randint(1, STEPS[role]), before=chance.random() < 0.5) for role in sides}
        arbiter = chance.choice(("", ARBITER))
        try:
            settled(ready, tmp_path / str(number), arbiter, **kills)
        except AssertionError as broken:
            raise AssertionError(f"killed at {kills}, arbiter {arbiter}") from broken


@pytest.mark.parametrize("count", [1, pytest.param(20, marks=pytest.mark.campaign)])
def test_killed_at_some_step_over_a_printed_kernel_it_ends(printed: Ready, tmp_path: Path, count: int) -> None:
    chance = random.Random(SEED + 1)
    for number in range(count):
        kills = {role: Kill(chance.randint(1, STEPS[role]), before=chance.random() < 0.5) for role in ROLES}
        try:
            settled(printed, tmp_path / str(number), "", **kills)
        except AssertionError as broken:
            raise AssertionError(f"killed at {kills}") from broken


@pytest.mark.campaign
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("role", ROLES)
def test_killed_at_every_step_it_ends(ready: Ready, tmp_path: Path, role: str, before: bool) -> None:
    for number in range(1, 2 * STEPS[role]):
        sides = settled(ready, tmp_path / str(number), ARBITER, **{role: Kill(number, before=before)})
        if not sides[role].killed:
            break
