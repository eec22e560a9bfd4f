"""A node is killed in the middle of a task and started again: the task goes on or ends, alike on both sides."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.faults.pair import FINAL, Pair, Side, until

SEED = 20261122
campaign = pytest.mark.campaign


def killed(side: Side) -> None:
    side.kill()
    side.start()


@campaign
@pytest.mark.parametrize("who", ["alice", "bob"])
def test_killed_before_the_choice_the_task_is_done(nodes: Pair, who: str) -> None:
    begun = nodes.bob.begun
    task = nodes.alice.announce("--award", "ask")
    until(lambda: nodes.alice.bid(task))
    killed(getattr(nodes, who))
    nodes.alice.nuee.said("task", "award", task, "Bob")
    assert nodes.both_ended(task) == ("done", "done")
    assert nodes.bob.begun == begun + 1


@pytest.mark.parametrize(("who", "how"), [("bob", "failed"), pytest.param("alice", "done", marks=campaign)])
def test_killed_during_the_work_both_agree_on_the_end(nodes: Pair, who: str, how: str) -> None:
    """Work that was cut short has failed, and is not begun a second time."""
    begun = nodes.bob.begun
    nodes.bob.hold()
    task = nodes.alice.announce()
    until(lambda: nodes.bob.begun > begun)
    killed(getattr(nodes, who))
    nodes.bob.let_go()
    assert nodes.both_ended(task) == (how, how)
    assert nodes.bob.begun == begun + 1


def test_killed_with_a_result_that_was_not_delivered_the_result_is_delivered(nodes: Pair) -> None:
    begun = nodes.bob.begun
    nodes.bob.hold()
    task = nodes.alice.announce()
    until(lambda: nodes.bob.begun > begun)
    nodes.link.cut()
    nodes.bob.let_go()
    until(lambda: nodes.bob.state(task) in FINAL)
    killed(nodes.bob)
    nodes.link.heal()
    assert nodes.both_ended(task) == ("done", "done")
    assert nodes.bob.begun == begun + 1


@campaign
def test_a_node_that_stood_still_goes_on(nodes: Pair) -> None:
    begun = nodes.bob.begun
    nodes.bob.hold()
    task = nodes.alice.announce()
    until(lambda: nodes.bob.begun > begun)
    nodes.bob.kill(signal.SIGSTOP)
    start = time.monotonic()
    until(lambda: not nodes.alice.connected())
    print(f"frozen: given up after {time.monotonic() - start:.1f} s")
    nodes.bob.let_go()
    nodes.bob.kill(signal.SIGCONT)
    assert nodes.both_ended(task) == ("done", "done")
    assert nodes.bob.begun == begun + 1


@campaign
@pytest.mark.timeout(3600)
def test_killed_at_any_moment_both_agree_on_the_end(nodes: Pair) -> None:
    chance = random.Random(SEED)
    for number in range(20):
        begun = nodes.bob.begun
        task = nodes.alice.announce()
        time.sleep(chance.random() / 2)
        killed(chance.choice((nodes.alice, nodes.bob)))
        ours, theirs = nodes.both_ended(task)
        until(lambda task=task: nodes.alice.state(task) == nodes.bob.state(task))  # type: ignore[misc]
        assert ours in ("done", "failed"), (number, ours, theirs)
        assert nodes.bob.begun <= begun + 1
