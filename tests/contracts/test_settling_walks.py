"""In whatever order the nodes act, crash, hear old news or fall silent: every job ends, and nobody honest loses."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.settling_walk import over
from tests.contracts.test_walks import walks
from tests.contracts.world import World


def test_every_job_comes_to_its_end(world: World) -> None:
    run_state_machine_as_test(over(world), settings=walks(25, 15, derandomize=True))


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_every_job_comes_to_its_end_in_a_long_walk(world: World) -> None:
    run_state_machine_as_test(over(world), settings=walks(1500, 30, derandomize=False))
