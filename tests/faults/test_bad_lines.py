"""Two nodes on a line that loses, delays, reorders, repeats and damages packets: tasks are done, once.

What is measured here is printed with `-s` and stands in docs/figures.md.
"""

from __future__ import annotations

import time

import pytest

from tests.faults.link import Faults
from tests.faults.pair import Pair

WORST = [
    pytest.param(Faults(loss=0.05), id="5 % lost"),
    pytest.param(Faults(loss=0.2), id="20 % lost"),
    pytest.param(Faults(delay=0.3, jitter=0.1), id="300 ms and jitter"),
    pytest.param(Faults(delay=0.01, jitter=0.1, duplicate=0.3), id="out of order and repeated"),
    pytest.param(Faults(corrupt=0.1), id="10 % damaged"),
    pytest.param(Faults(bandwidth=4096, delay=0.05), id="4 KiB a second", marks=pytest.mark.campaign),
]


def done(nodes: Pair) -> float:
    """One task on the line as it is now; how long it took."""
    begun, start = nodes.bob.begun, time.monotonic()
    task = nodes.alice.announce()
    assert nodes.both_ended(task) == ("done", "done")
    took = time.monotonic() - start
    assert nodes.bob.begun == begun + 1
    return took


@pytest.mark.parametrize("faults", WORST)
def test_a_task_is_done_once_on_a_bad_line(nodes: Pair, faults: Faults) -> None:
    nodes.link.set(faults)
    print(f"{faults}: {done(nodes):.1f} s")


@pytest.mark.parametrize("faults", [pytest.param(Faults(loss=0.05, delay=0.02, jitter=0.05), id="5 % lost")])
def test_a_letter_arrives_once_on_a_bad_line(nodes: Pair, faults: Faults) -> None:
    nodes.link.set(faults)
    nodes.alice.nuee.said("messages", "send", "Bob", "Over a bad line.")
    assert nodes.bob.received("Over a bad line.") == 1


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("loss", [0.0, 0.05, 0.1, 0.2, 0.3])
def test_ten_tasks_are_done_at_every_loss(nodes: Pair, loss: float) -> None:
    nodes.link.set(Faults(loss=loss, delay=0.01, jitter=0.01))
    took = sorted(done(nodes) for _ in range(10))
    print(f"loss {loss:.0%}: median {took[5]:.1f} s, longest {took[-1]:.1f} s")
