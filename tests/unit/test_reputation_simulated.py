"""Honest agents and as many sybils, few and seeded: the score finds the good ones, the plain average does not."""

from __future__ import annotations

from functools import cache

import pytest

import p2p.reputation
from benchmarks import reputation
from benchmarks.reputation import ATTACKS, Outcome, run, spearman

AGENTS, OBSERVERS, SEED = 100, 2, 11


@cache
def _found() -> dict[str, Outcome]:
    return run(AGENTS, AGENTS, OBSERVERS, SEED)


@pytest.mark.parametrize("attack", ATTACKS)
def test_under_each_attack_the_score_ranks_by_true_quality(attack: str) -> None:
    one = _found()[attack]

    assert one.ours[1] > 0.6
    assert one.ours_honest[1] > 0.7


@pytest.mark.parametrize("attack", [name for name in ATTACKS if name != "champions"])
def test_the_plain_average_is_far_behind_where_sybils_praise_one_another(attack: str) -> None:
    one = _found()[attack]

    assert one.ours[1] > one.plain + 1.0


def test_no_ring_looks_good_to_anybody_while_the_plain_average_praises_all_of_it() -> None:
    for name in ("ring", "paid ring"):
        assert _found()[name].reached == 0
        assert _found()[name].praised == 1


def test_slander_by_small_jobs_leaves_the_order_of_honest_agents_as_it_was() -> None:
    before, after = _found()["none"], _found()["slander"]

    assert after.ours_honest[0] > before.ours_honest[0] - 0.05


def test_a_new_name_is_no_better_than_none() -> None:
    """Whitewashing: who worked badly and comes back praised by friends of the same kind is not taken for good."""
    assert _found()["whitewash"].reached < 0.02


def test_a_score_that_counted_open_averages_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claims above are worth something: with everybody's word counted in full they do not hold."""
    honest_way = p2p.reputation.standing

    def weakened(own: object, said: object, _weight: object, contacts: object) -> object:
        return honest_way(own, said, lambda _: 1.0, contacts)  # type: ignore[arg-type]

    monkeypatch.setattr(reputation, "standing", weakened)
    one = run(AGENTS, AGENTS, 1, SEED)["paid ring"]

    assert one.ours[1] < 0.1


def test_the_same_seed_gives_the_same_figures() -> None:
    assert run(40, 40, 1, 5) == run(40, 40, 1, 5)


def test_equal_values_share_their_rank() -> None:
    assert spearman([1, 1, 2, 3], [1, 1, 2, 3]) == 1
    assert spearman([1, 2, 3], [3, 2, 1]) == -1
    assert spearman([1, 1, 1], [1, 2, 3]) == 0
