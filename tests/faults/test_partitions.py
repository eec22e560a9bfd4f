"""A line that is cut in the middle of a task and mended: both sides end the task alike, work is done once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.link import Faults
from tests.faults.pair import FINAL, Pair, until

SEED = 20261122


def before_the_call(nodes: Pair, cut: Callable[[], None]) -> str:
    cut()
    return nodes.alice.announce()


def before_the_proposal(nodes: Pair, cut: Callable[[], None]) -> str:
    """The call has arrived, and its answer takes longer than it takes to cut the line."""
    nodes.link.set(Faults(delay=2), of="b")
    task = nodes.alice.announce()
    until(lambda: nodes.bob.state(task))
    cut()
    nodes.link.set(Faults(cut=True), of="b")
    return task


def before_the_acceptance(nodes: Pair, cut: Callable[[], None]) -> str:
    task = nodes.alice.announce("--award", "ask")
    until(lambda: nodes.alice.bid(task))
    cut()
    nodes.alice.nuee.said("task", "award", task, "Bob")
    return task


def during_the_work(nodes: Pair, cut: Callable[[], None]) -> str:
    begun = nodes.bob.begun
    nodes.bob.hold()
    task = nodes.alice.announce()
    until(lambda: nodes.bob.begun > begun)
    cut()
    return task


def before_the_result(nodes: Pair, cut: Callable[[], None]) -> str:
    task = during_the_work(nodes, cut)
    nodes.bob.let_go()
    until(lambda: nodes.bob.state(task) in FINAL)
    return task


MOMENTS = [before_the_call, before_the_proposal, before_the_acceptance, during_the_work, before_the_result]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_task_goes_on_after_the_line_was_cut(nodes: Pair, moment: Callable[..., str]) -> None:
    begun = nodes.bob.begun
    task = moment(nodes, nodes.link.cut)
    nodes.bob.let_go()
    nodes.link.heal()
    assert nodes.both_ended(task) == ("done", "done")
    assert nodes.bob.begun == begun + 1


@pytest.mark.parametrize("of", ["ab", *(pytest.param(one, marks=pytest.mark.campaign) for one in "ab")])
def test_a_task_goes_on_after_both_sides_gave_the_line_up(nodes: Pair, of: str) -> None:
    """Whichever direction is cut, both notice, and find each other again."""
    begun = nodes.bob.begun
    task = during_the_work(nodes, lambda: nodes.link.cut(of))
    start = time.monotonic()
    until(lambda: not nodes.alice.connected() and not nodes.bob.connected())
    print(f"cut of {of}: given up after {time.monotonic() - start:.1f} s")
    nodes.bob.let_go()
    nodes.link.heal()
    start = time.monotonic()
    assert nodes.both_ended(task) == ("done", "done")
    print(f"done {time.monotonic() - start:.1f} s after the line was mended")
    assert nodes.bob.begun == begun + 1


def test_a_task_whose_deadline_passes_while_the_line_is_cut_ends_on_both_sides(nodes: Pair) -> None:
    begun = nodes.bob.begun
    nodes.bob.hold()
    task = nodes.alice.announce("--deadline", "8", "--bids", "6")
    until(lambda: nodes.bob.begun > begun or nodes.alice.state(task) in FINAL)
    nodes.link.cut()
    ours, theirs = nodes.both_ended(task)  # each by itself
    nodes.bob.let_go()
    nodes.well()
    assert {ours, theirs} <= {"expired", "failed"}  # without a result, each as far as it knows
    until(lambda: nodes.alice.state(task) == nodes.bob.state(task))
    assert nodes.bob.begun <= begun + 1


@pytest.mark.parametrize("side", ["b", pytest.param("a", marks=pytest.mark.campaign)])
def test_a_task_goes_on_after_a_peer_got_another_address(nodes: Pair, side: str) -> None:
    begun = nodes.bob.begun
    task = during_the_work(nodes, lambda: None)
    new = nodes.link.move(side)
    nodes.bob.let_go()
    assert nodes.both_ended(task) == ("done", "done")
    assert nodes.bob.begun == begun + 1
    seen, name = (nodes.bob, "Alice") if side == "a" else (nodes.alice, "Bob")
    until(lambda: any(f"/{new}/" in address for address in seen.addresses_of(name)))


@pytest.mark.campaign
def test_a_letter_waits_for_the_line_and_arrives_once(nodes: Pair) -> None:
    nodes.link.cut()
    nodes.alice.nuee.said("messages", "send", "Bob", "After the storm.")
    nodes.link.heal()
    assert nodes.bob.received("After the storm.") == 1


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_line_that_comes_and_goes_loses_no_task_and_does_none_twice(nodes: Pair) -> None:
    chance = random.Random(SEED)
    begun = nodes.bob.begun
    for number in range(30):
        nodes.link.set(Faults(loss=chance.choice((0, 0.05, 0.2)), delay=chance.random() / 20, jitter=0.02))
        of, wait, away = chance.choice(("a", "b", "ab")), chance.random(), chance.choice((0.5, 2, 6, 15))
        task = nodes.alice.announce()
        time.sleep(wait)
        nodes.link.cut(of)
        time.sleep(away)
        nodes.link.heal()
        start = time.monotonic()
        assert nodes.both_ended(task) == ("done", "done"), (number, of, wait, away)
        print(f"cut of {of} for {away:g} s: done {time.monotonic() - start:.1f} s later")
        assert nodes.bob.begun == begun + number + 1
