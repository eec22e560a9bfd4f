"""What is known of a peer: what counts, how much, how surely, and why."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2p.reputation import Own, Said, bounds, expected, standing
from p2p.trust import Paid, _seeds, _visits, trusted

NOBODY = frozenset[str]()
weights = st.floats(0, 1000, allow_nan=False)


def _codes(found: object) -> list[str]:
    return [reason.code for reason in found.reasons]  # type: ignore[attr-defined]


def _none(_rater: str) -> float:
    return 0.0


def _all(_rater: str) -> float:
    return 1.0


def test_of_a_stranger_nothing_is_known_and_that_is_said() -> None:
    found = standing(Own(), [], _none, NOBODY)

    assert (found.word, found.likely, found.low, found.high) == ("unknown", 0.5, 0.0, 1.0)
    assert _codes(found) == ["nothing"]


def test_one_kept_promise_is_not_yet_a_good_name() -> None:
    assert standing(Own(done=1), [], _none, NOBODY).word == "unknown"


def test_many_kept_promises_are_a_good_name_and_many_broken_ones_a_poor_one() -> None:
    assert standing(Own(done=12), [], _none, NOBODY).word == "good"
    assert standing(Own(undone=12), [], _none, NOBODY).word == "poor"
    assert standing(Own(done=6, undone=6), [], _none, NOBODY).word == "mixed"


@given(st.integers(0, 500), st.integers(0, 500))
def test_from_own_tasks_alone_the_estimate_is_laplaces_rule(done: int, undone: int) -> None:
    assert standing(Own(done, undone), [], _none, NOBODY).likely == pytest.approx((done + 1) / (done + undone + 2))


def test_a_task_that_was_done_and_rated_poorly_counts_as_it_was_rated() -> None:
    rated = standing(Own(done=10, rated=(0.1,) * 10), [], _none, NOBODY)

    assert rated.likely == pytest.approx(expected(1, 9))
    assert _codes(rated) == ["own-kept", "own-rated"]


@given(weights, weights)
def test_the_estimate_lies_within_its_bounds(good: float, bad: float) -> None:
    low, high = bounds(good, bad)

    assert 0 <= low <= expected(good, bad) <= high <= 1


@given(weights, weights, st.floats(1.5, 10))
def test_more_of_the_same_evidence_is_surer(good: float, bad: float, times: float) -> None:
    low, high = bounds(good, bad)
    nearer, further = bounds(good * times, bad * times)

    assert further - nearer <= high - low + 1e-9


def test_what_anybody_may_have_written_is_counted_and_moves_nothing() -> None:
    found = standing(Own(), [Said(f"0x{n}", 1.0, "none") for n in range(500)], _all, NOBODY)

    assert (found.likely, found.low, found.high) == (0.5, 0.0, 1.0)
    assert (found.naked.count, found.naked.mean) == (500, 1.0)
    assert _codes(found) == ["nothing", "unproven"]


def test_a_receipt_counts_from_a_contact_and_from_nobody_else() -> None:
    said = [Said("friend", 0.9, "receipt"), Said("other", 0.1, "receipt")]
    found = standing(Own(), said, _all, frozenset({"friend"}))

    assert found.weight == 1.0
    assert _codes(found) == ["contacts", "unproven"]


def test_a_contact_who_proves_nothing_is_not_counted() -> None:
    assert standing(Own(), [Said("friend", 1.0, "none")], _all, frozenset({"friend"})).weight == 0


def test_whoever_says_it_a_hundred_times_says_it_once() -> None:
    once = standing(Own(), [Said("payer", 0.0, "paid", 5)], _all, NOBODY)
    often = standing(Own(), [Said("payer", 0.0, "paid", 5)] * 100, _all, NOBODY)

    assert often.likely == once.likely


def test_a_client_of_many_tasks_speaks_with_the_money_they_were_worth() -> None:
    """A small job made for the sake of a word does not outweigh the large ones."""
    found = standing(Own(), [Said("payer", 1.0, "paid", 99), Said("payer", 0.0, "paid", 1)], _all, NOBODY)

    assert found.likely == pytest.approx(expected(0.99, 0.01))


def test_many_faint_voices_are_no_loud_one() -> None:
    found = standing(Own(), [Said(f"0x{n}", 1.0, "paid", 9) for n in range(400)], lambda _: 0.001, NOBODY)

    assert found.weight == 0
    assert _codes(found) == ["nothing", "strangers"]


def test_payment_without_trust_counts_for_nothing_and_is_named() -> None:
    """People who pay one another prove that they paid, no more."""
    found = standing(Own(), [Said("sybil", 1.0, "paid", 10**9)] * 3, _none, NOBODY)

    assert found.weight == 0
    assert found.reasons[-1].values == {"count": 1}


def test_one_client_who_threatens_with_a_bad_word_takes_little_from_a_good_name() -> None:
    """Extortion: the threat has to be worth little."""
    before = standing(Own(done=3), [Said(f"0x{n}", 0.95, "paid", 20) for n in range(20)], _all, NOBODY)
    said = [Said(f"0x{n}", 0.95, "paid", 20) for n in range(20)] + [Said("angry", 0.0, "paid", 10**6)] * 50
    after = standing(Own(done=3), said, _all, NOBODY)

    assert before.word == after.word == "good"
    assert before.likely - after.likely < 0.05


def test_values_beyond_the_scale_are_taken_as_its_ends() -> None:
    found = standing(Own(), [Said("payer", 90.0, "paid", 5), Said("other", -7.0, "paid", 5)], _all, NOBODY)

    assert found.likely == pytest.approx(expected(1, 1))


def test_trust_goes_from_a_client_to_whom_it_paid_and_on_to_whom_they_paid() -> None:
    trust = trusted("me", [], [Paid("me", "a", 10, 1.0), Paid("a", "b", 10, 1.0), Paid("b", "c", 10, 1.0)])

    assert trust.towards("b")("a") > 0
    assert trust.visits["a"] > trust.visits["b"] > trust.visits["c"] > 0


def test_who_was_not_content_does_not_vouch() -> None:
    assert "bad" not in trusted("me", [], [Paid("me", "bad", 10, 0.3)]).visits


def test_strangers_who_pay_one_another_are_reached_by_nobody() -> None:
    jobs = [Paid("me", "a", 1, 1.0)] + [Paid(f"s{n}", f"s{(n + 1) % 50}", 10**12, 1.0) for n in range(50)]

    assert not any(address.startswith("s") for address in trusted("me", [], jobs).visits)


def test_a_contact_is_where_trust_begins() -> None:
    assert trusted("me", ["friend"], [Paid("friend", "a", 5), Paid("a", "b", 1)]).towards("b")("a") > 0


def test_a_job_for_oneself_or_for_nothing_is_no_way_for_trust() -> None:
    jobs = [Paid("me", "me", 10), Paid("me", "a", 0), Paid("me", "b", -5)]

    assert set(trusted("me", [], jobs).visits) == {"me"}


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 25), st.integers(1, 4), st.integers(0, 2**32))
def test_what_all_sybils_count_is_limited_by_the_money_of_honest_people_not_by_their_number(
    sybils: int, bought: int, seed: int
) -> None:
    """Whatever they pay one another: the sum over all of them and all whom they rate stays below one bound."""
    chance = random.Random(seed)
    honest = [f"h{n}" for n in range(12)]
    jobs = [Paid(chance.choice(honest), chance.choice(honest), chance.randint(10, 30), 1.0) for _ in range(60)]
    jobs += [Paid("me", one, 20, 1.0) for one in honest]
    jobs += [Paid(chance.choice(honest), f"s{chance.randrange(sybils)}", 1, 1.0) for _ in range(bought)]
    ring = [(f"s{chance.randrange(sybils)}", f"s{chance.randrange(sybils)}") for _ in range(sybils * 10)]
    trust = trusted("me", [], [*jobs, *(Paid(one, other, 10**9, 1.0) for one, other in ring)])

    reached = sum(often for address, often in trust.visits.items() if address.startswith("s"))
    heard = {other: trust.towards(other) for _, other in ring}
    counted = sum(heard[other](one) for one, other in set(ring))

    assert reached <= 0.15 * sum(trust.visits.values())
    assert counted <= trust.whole * reached + 1e-6


def test_whoever_is_judged_vouches_for_nobody_who_speaks_of_them() -> None:
    """Puppets that somebody trusted pays, or has pay them, directly or through others, bring no praise by that."""
    jobs = [Paid("me", "bob", 10, 1.0), Paid("bob", "p1", 10**6, 1.0), Paid("p1", "p2", 10**6, 1.0)]
    jobs += [Paid(puppet, "bob", 10**6, 1.0) for puppet in ("p1", "p2", "p3")]
    weight = trusted("me", [], jobs).towards("bob")

    assert [weight(puppet) for puppet in ("p1", "p2", "p3")] == pytest.approx([0, 0, 0], abs=1e-3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 50), st.floats(0, 1)), max_size=60))
def test_without_the_judged_the_walk_is_as_if_they_passed_nothing_on(edges: list[tuple[int, int, int, float]]) -> None:
    jobs = [Paid(str(one), str(other), amount, content) for one, other, amount, content in edges]
    trust = trusted("0", ["1", "2"], jobs)
    cut = {address: ways for address, ways in trust.ways.items() if address != "5"}
    alone = _visits(_seeds("0", ["1", "2"]), cut)

    weight = trust.towards("5")
    for rater in trust.spent:
        if rater != "5" and "5" in trust.spent[rater]:
            share = trust.spent[rater]["5"] / sum(trust.spent[rater].values())
            expected = min(1.0, trust.whole * alone.get(rater, 0.0) * share)
            assert weight(rater) == pytest.approx(expected, abs=trust.whole * 2e-3)
