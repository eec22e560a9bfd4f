"""The initiator's own part of a task: a fault in it ends this task and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.actions.tasks import announce_and_wait
from app.swarm.kinds.inference import Inference
from app.swarm.kinds.port import Awarded
from app.swarm.negotiating import Terms
from p2p.contents import Proposal
from storage.tasks import Task, TaskState
from tests.fakes import ScriptedLlm
from tests.unit.fault_fixtures import PATIENCE, given_model, two_nodes

PROMPT = {"prompt": "Hi"}


class Faulty(Inference):
    """What a bug in a kind, met by what a peer said, may do."""

    ends = 0

    def choose(
        self,
        task: Task,
        bids: Sequence[tuple[str, Proposal]],
    ) -> tuple[tuple[str, ...], Mapping[str, Any]] | None:
        return None

    async def gather(self, task: Task, awarded: Sequence[Awarded]) -> None:
        raise ZeroDivisionError

    async def ended(self, task: Task, awarded: Sequence[Awarded]) -> None:
        self.ends += 1
        raise ZeroDivisionError

    def verdict(
        self,
        task: str,
        spec: Mapping[str, Any],
        outcome: TaskState,
        ends: Sequence[str],
    ) -> tuple[TaskState, str]:
        return outcome, ""


async def test_a_fault_in_gathering_calls_its_task_off_and_the_next_one_is_done(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        kinds: Any = alice.swarm.kinds()
        usual, faulty = kinds["inference"], Faulty(lambda: ScriptedLlm([]), lambda: True)
        kinds["inference"] = faulty
        first = await announce_and_wait(alice, "inference", PROMPT, ("Bob",), Terms(seconds=PATIENCE))
        kinds["inference"] = usual
        second = await announce_and_wait(alice, "inference", PROMPT, ("Bob",), Terms(seconds=PATIENCE))
    assert first.state in ("done", "cancelled", "failed")  # the result may have been there first
    assert (second.state, faulty.ends > 0) == ("done", True)
