"""Two processes negotiate; one is killed at a step and started again: nothing is lost and nothing is done twice."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import mkdtemp

import pytest

from app.swarm import receipting
from p2p.contractnet import AGREEMENTS
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from p2p.stepping import state_of
from storage.vault import Vault
from tests.crash.forking import FORKING
from tests.crash.negotiating import HOST_KEYS, KIND, PEERS, RESERVED, TASK, USED, Kill, run, vault_of

PATIENCE = 60  # seconds
STEPS = 16  # beyond the transactions that either side makes; later ones kill nobody
ROLES = ("initiator", "participant")
SEED = 20261122
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="nuee-"))
    yield made
    shutil.rmtree(made)


class Side:
    """A process that is started again when its kill has come."""

    def __init__(self, folder: Path, role: str, kills: list[Kill]) -> None:
        self._folder, self.role, self._kills = folder, role, kills
        self.killed = 0
        self.transactions = 0
        self.start()

    def start(self) -> None:
        self.ended = False
        self.pipe, theirs = FORKING.Pipe(duplex=False)
        kill = self._kills.pop(0) if self._kills else None
        self.process = FORKING.Process(target=run, args=(self._folder, self.role, kill, theirs))
        self.process.start()
        theirs.close()

    def look(self) -> None:
        """After something happened: it says that it has nothing left to do, or was killed."""
        try:
            if self.pipe.poll():
                self.transactions = self.pipe.recv()
                self.ended = True
        except EOFError:
            self.process.join(PATIENCE)
            assert self.process.exitcode == -9, "the process broke"
            self.killed += 1
            self.pipe.close()
            self.start()

    def stop(self) -> None:
        self.process.kill()
        self.process.join(PATIENCE)
        self.process.close()
        self.pipe.close()


def negotiated(folder: Path, **kills: list[Kill]) -> dict[str, Side]:
    """Let both sides negotiate until neither has anything left to do; that is where they are killed once more."""
    sides = {role: Side(folder, role, kills.get(role, [])) for role in ROLES}
    try:
        while not all(side.ended for side in sides.values()):
            assert wait([side.pipe for side in sides.values()], PATIENCE), "the negotiation does not end"
            for side in sides.values():
                side.look()
    finally:
        for side in sides.values():
            side.stop()
    return sides


def holds(folder: Path) -> str:
    """What must hold of both vaults whatever happened; how the task ended."""
    with vault_of(folder, "initiator") as ours, vault_of(folder, "participant") as theirs:
        begun = (folder / "worked").read_text("utf-8").split() if (folder / "worked").exists() else []
        assert begun in ([], [TASK])
        for vault in (ours, theirs):
            vault.check()
            assert vault.disclosures.broken() is None
            lines = Counter((line.peer, line.kind, line.task) for line in vault.disclosures.list())
            assert set(lines.values()) <= {1}, lines
        outcome = agreed(ours, theirs)
        used = theirs.offers.used(PEERS["initiator"], KIND)
        assert used == USED if outcome == "done" else used in (0, USED, RESERVED)
        kinds = {line.kind for line in ours.disclosures.list()}
        assert kinds == {f"{KIND}/cfp", f"{KIND}/accept-proposal"}
        receipts_agree(ours, theirs, outcome)
        if outcome == "done":
            assert begun
            assert {line.kind for line in theirs.disclosures.list()} == {f"{KIND}/inform"}
        return outcome


def agreed(ours: Vault, theirs: Vault) -> str:
    (ourselves,), (them,) = ours.tasks.list(), theirs.tasks.list()
    assert ourselves.dialogue is not None
    assert them.dialogue is not None
    initiator = state_of(ours.outbox.get(ourselves.dialogue))
    participant = state_of(theirs.outbox.get(them.dialogue))
    assert isinstance(initiator, Initiator)
    assert isinstance(participant, Participant)
    (leg,) = initiator.legs
    assert participant.phase in AGREEMENTS[leg.standing]
    assert ourselves.state == them.state
    for vault, task in ((ours, ourselves), (theirs, them)):
        said = Counter((one.outgoing, one.performative) for one in vault.tasks.messages(task.id))
        assert set(said.values()) == {1}, said
    return ourselves.state


def receipts_agree(ours: Vault, theirs: Vault, outcome: str) -> None:
    """Each side kept every message that it said and took, so both make the same receipt."""
    for vault, role in ((ours, "initiator"), (theirs, "participant")):
        assert receipting.make(vault, HOST_KEYS[role]) == 1
        assert receipting.make(vault, HOST_KEYS[role]) == 0
    (here,), (there,) = ours.receipts.list(), theirs.receipts.list()
    assert (here.name, here.outcome) == (there.name, outcome)


def test_without_a_kill_it_is_done(folder: Path) -> None:
    sides = negotiated(folder)
    assert holds(folder) == "done"
    assert all(0 < side.transactions <= STEPS for side in sides.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_killed_between_two_steps_it_ends_once(folder: Path, role: str, number: int) -> None:
    """What happened after one transaction and before the next is not known to have happened: it happens again."""
    killed = negotiated(folder, **{role: [Kill(number, before=True)]})[role].killed
    outcome = holds(folder)
    assert outcome in ("done", "failed") if killed and role == "participant" else outcome == "done"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_killed_right_after_a_step_it_ends_once(folder: Path, role: str, number: int) -> None:
    negotiated(folder, **{role: [Kill(number, before=False)]})
    assert holds(folder) in ("done", "failed")


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.campaign)])
def test_both_killed_again_and_again_it_ends_once(rounds: int) -> None:
    chance = random.Random(SEED)
    for _ in range(rounds):
        kills = {
            role: [
                Kill(chance.randint(1, STEPS // 2), before=chance.random() < 0.5) for _ in range(chance.randint(1, 4))
            ]
            for role in ROLES
        }
        folder = Path(mkdtemp(prefix="nuee-"))
        try:
            negotiated(folder, **kills)
            assert holds(folder) in ("done", "failed"), kills
        finally:
            shutil.rmtree(folder)
