"""Hostile programs in the sandbox: none gets what it came for, each ends within its limits, nothing stays behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from skills.outcome import Failed, Finished, Outcome, Suspended
from skills.sandbox import Sandbox
from tests.unit.hostile_programs import PROGRAMS, WON, Hostile
from tests.unit.sandbox_fixtures import GRANTED, LIMITS, run, to_the_end

HARD = replace(LIMITS, seconds=0.3)
SECONDS = 6.0  # of wall clock for one program, with the grace that Monty gives


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One pool for all, so that each may find what the one before it left."""
    with Sandbox() as made:
        yield made


def attempt(sandbox: Sandbox, hostile: Hostile) -> tuple[Outcome, list[str]]:
    """How it ended, and what was called; every granted call is answered with None."""
    called = []
    outcome = run(sandbox, hostile.body, HARD)
    while isinstance(outcome, Suspended):
        called.append(f"{outcome.call} {outcome.args} {outcome.kwargs}")
        outcome = sandbox.resume(outcome.dump, None)
    return outcome, called


@pytest.mark.parametrize("hostile", PROGRAMS, ids=lambda hostile: hostile.tries)
def test_it_does_not_succeed_and_ends_within_its_limits(sandbox: Sandbox, hostile: Hostile) -> None:
    start = time.monotonic()
    outcome, called = attempt(sandbox, hostile)
    assert time.monotonic() - start < SECONDS
    ended = outcome.code if isinstance(outcome, Failed) else "finished"
    assert ended in hostile.ends, outcome
    assert WON not in str([outcome, called])
    assert {call.split()[0] for call in called} <= set(GRANTED)
    assert len(called) <= HARD.calls


def test_there_are_at_least_sixty_and_no_two_are_the_same() -> None:
    assert len({hostile.body for hostile in PROGRAMS}) == len(PROGRAMS) >= 60


LEAVING = (
    "global left_over\nleft_over = 'secret of one run'\nreturn 1",
    "import random\nrandom.seed(5)\nreturn 1",
    "import os\nos.chdir('/secret')\nreturn 1",
    "global search\nsearch = 7\nreturn 1",
)
LOOKING = """
import random, os
found = [os.getcwd(), random.random()]
try: found.append(left_over)
except NameError: pass
search()
return found
"""


@pytest.mark.parametrize("leaving", LEAVING)
def test_nothing_is_left_over_between_two_runs(leaving: str) -> None:
    with Sandbox() as fresh:
        expected = to_the_end(fresh, run(fresh, LOOKING))
    with Sandbox() as used:
        to_the_end(used, run(used, leaving))
        assert to_the_end(used, run(used, LOOKING)) == expected
    assert isinstance(expected, Finished)


def test_a_run_that_was_never_answered_leaves_nothing(sandbox: Sandbox) -> None:
    run(sandbox, "global left_over\nleft_over = 'x'\nsearch()")
    outcome = run(sandbox, "return left_over")
    assert isinstance(outcome, Failed)


def test_after_every_hostile_end_the_next_run_works(sandbox: Sandbox) -> None:
    for body in ("while True: pass", "x = 'a'\nwhile True: x += x", "while True: print('x')", "raise SystemExit(1)"):
        run(sandbox, body, HARD)
        assert run(sandbox, "return 1") == Finished(1)
