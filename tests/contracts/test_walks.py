"""Whatever everybody tries, in whatever order and at whatever second: the rules hold and no money is made or lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.walking import over
from tests.contracts.world import World

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def walks(examples: int, steps: int, *, derandomize: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=derandomize,
        suppress_health_check=QUIET,
    )


def test_a_walk_holds_the_rules(world: World) -> None:
    run_state_machine_as_test(over(world), settings=walks(10, 20, derandomize=True))


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_long_walk_holds_the_rules(world: World) -> None:
    run_state_machine_as_test(over(world), settings=walks(1500, 60, derandomize=False))
