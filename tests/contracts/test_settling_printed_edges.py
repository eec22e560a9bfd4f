"""What can come between where a kernel speaks the printed ABI: budgets, fees and code that change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p import jobs
from p2p.job_seen import Status, Toll
from p2p.settling import POLL, Do, Problem, Refunded, Rejected, Settled, ready
from tests.contracts.evm import Contract
from tests.contracts.settling_world import AMOUNT, Deal
from tests.contracts.test_settling import NOTHING, paid
from tests.contracts.world import CLIENT, DEPLOYER, PROVIDER, RIVAL, WORK, World


def kernel(deal: Deal) -> Contract:
    return Contract(deal.world.evm, deal.call.kernel, deal.world.hostile("printed_kernel").abi)


def keeps(deal: Deal, platform: int, evaluator: int = 0) -> None:
    kernel(deal).setPlatformFee(platform, RIVAL, by=DEPLOYER)
    kernel(deal).setEvaluatorFee(evaluator, by=DEPLOYER)


def awarded(world: World) -> Deal:
    deal = Deal(world, "printed")
    deal.bids()
    deal.provider.say(least=AMOUNT)
    deal.awards()
    deal.client.run()
    return deal


def test_a_budget_lowered_just_before_is_paid_in_awarded_to_nobody_and_taken_back(world: World) -> None:
    deal = awarded(world)
    deal.provider.run()
    while "t/approve" not in deal.chain.sent:
        deal.client.turn()
    before = deal.client.seen()
    cheaper = jobs.kernel(deal.call).set_budget(deal.call, 1)
    deal.chain.send("cheaper", cheaper, deal.call, PROVIDER)
    assert isinstance(deal.client.turn(before), Do)
    assert paid(world) == (0, -1)
    assert ready(deal.client.plan, deal.client.seen(), deal.client.now) == "job-terms"
    assert ready(deal.provider.plan, deal.provider.seen(), deal.provider.now) == "job-terms"
    deal.client.say(stopped=True, failed=True)
    assert deal.client.run() == Refunded()
    assert paid(world) == NOTHING


def test_what_was_allowed_and_is_not_paid_in_is_taken_back(world: World) -> None:
    deal = awarded(world)
    deal.provider.run()
    while "t/approve" not in deal.chain.sent:
        deal.client.turn()
    assert world.token.allowance(CLIENT, deal.call.kernel) == AMOUNT
    deal.client.say(stopped=True)
    assert deal.client.run() == Rejected()
    assert world.token.allowance(CLIENT, deal.call.kernel) == 0


def test_what_was_allowed_for_another_job_stays(world: World) -> None:
    deal = awarded(world)
    deal.provider.run()
    world.token.approve(deal.call.kernel, AMOUNT, by=CLIENT)
    deal.client.say(stopped=True)
    assert deal.client.run() == Rejected()
    assert world.token.allowance(CLIENT, deal.call.kernel) == AMOUNT


def test_work_that_was_submitted_for_nothing_is_no_job_that_was_paid(world: World) -> None:
    """The printed kernel takes a submission from Open where no budget is set."""
    deal = awarded(world)
    deal.chain.send("early", jobs.kernel(deal.call).submit(deal.call, WORK), deal.call, PROVIDER)
    seen = deal.client.seen()
    assert seen is not None
    assert seen.status is Status.SUBMITTED
    assert ready(deal.client.plan, seen, deal.client.now) == "job-terms"
    deal.client.say(stopped=True, failed=True)
    assert deal.client.run() == Rejected()


def test_a_kernel_that_keeps_a_part_is_seen_to(world: World) -> None:
    deal = awarded(world)
    keeps(deal, 250, 100)
    seen = deal.provider.seen()
    assert seen is not None
    assert seen.toll == Toll(250, 100)


def test_whoever_would_get_less_than_they_ask_sets_no_budget(world: World) -> None:
    deal = awarded(world)
    keeps(deal, 100)
    assert deal.provider.run() == Problem("settle-toll", deal.provider.now + POLL)
    keeps(deal, 0)
    deal.provider.run()
    assert "t/set-budget" in deal.chain.sent


def test_whoever_would_get_less_than_they_ask_does_not_begin(world: World) -> None:
    deal = awarded(world)
    deal.provider.run()
    deal.client.run()
    assert ready(deal.provider.plan, deal.provider.seen(), deal.provider.now) is None
    keeps(deal, 100)
    assert ready(deal.provider.plan, deal.provider.seen(), deal.provider.now) == "job-terms"


def test_fees_that_rise_after_the_work_keep_nobody_from_the_end(world: World) -> None:
    deal = Deal(world, "printed")
    deal.delivers(WORK)
    keeps(deal, 100)
    deal.client.say(result=WORK)
    assert deal.client.run() == Settled()
    assert deal.provider.run() == Settled()
    assert world.has(PROVIDER) == AMOUNT - 1


@pytest.mark.parametrize(("platform", "evaluator"), [(0, 0), (250, 100), (3_333, 3_333), (9_999, 0)])
@pytest.mark.parametrize("wanted", [1, 7, 99, 2_500_000, 10**15 + 1])
def test_a_price_leaves_what_is_wanted(platform: int, evaluator: int, wanted: int) -> None:
    toll = Toll(platform, evaluator)
    price = toll.price(wanted)
    assert price is not None
    assert toll.paid_out(price) >= wanted
    least = 10_000 // (10_000 - platform - evaluator) + 1  # what the smallest unit more costs
    assert toll.paid_out(max(0, price - 4 * least)) < wanted


def test_where_everything_is_kept_no_price_is_large_enough() -> None:
    assert Toll(9_000, 1_000).price(1) is None


def test_nothing_is_paid_in_where_other_code_runs(world: World) -> None:
    deal = awarded(world)
    deal.provider.run()
    seen = deal.client.seen()
    assert seen is not None
    deal.client.turn(replace(seen, same_code=False))
    assert deal.client.run() == Rejected()
    assert paid(world) == NOTHING


def test_nobody_begins_where_other_code_runs(world: World) -> None:
    deal = awarded(world)
    deal.provider.run()
    deal.client.run()
    seen = deal.provider.seen()
    assert seen is not None
    assert ready(deal.provider.plan, replace(seen, same_code=False), deal.provider.now) == "job-changed"
    assert world.has(CLIENT) == -AMOUNT
