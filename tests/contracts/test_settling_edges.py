"""What can come between: bids that lapse, money that is not there, crashes, old news, wrong clocks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2p import jobs
from p2p.job_seen import Status
from p2p.settling import (
    GRACE,
    POLL,
    Do,
    Plan,
    Problem,
    Refunded,
    Rejected,
    Settled,
    Void,
    Wait,
    bidder,
    noted,
    ready,
    step,
)
from p2p.settling_plan import LONGEST_PAUSE, ended
from tests.contracts.settling_world import AMOUNT, LASTS, WINDOW, Deal, Party, signed_bid
from tests.contracts.test_settling import NOTHING, PAID, paid
from tests.contracts.world import CFP, CLIENT, PLENTY, PROVIDER, RIVAL, STRANGER, WORK, World

DAY = 24 * 3600

# Bids


def test_a_better_bid_takes_the_place_of_one_that_the_chain_has_not(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.client.say(bid=signed_bid(deal.call, world.evm.now, amount=150), amount=150, cfp=CFP)
    deal.awards()
    deal.client.run()
    assert world.has(CLIENT) == -AMOUNT


def test_a_bid_that_is_taken_back_is_void(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.provider.say(stopped=True)
    assert deal.provider.run() == Void("called-off")
    deal.awards()
    last = deal.call.expires - deal.call.needed
    assert deal.client.run() == Problem("bid-revoked", last + 1)
    deal.wait(last + 1 - world.evm.now)
    assert deal.client.run() == Rejected()


def test_a_bid_binds_until_its_last_second(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    deal.wait(2000)
    deal.client.run()
    assert world.has(CLIENT) == -AMOUNT


def test_a_bid_that_lapsed_is_said_and_not_sent(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    deal.wait(2001)
    told = deal.client.run()
    assert isinstance(told, Problem)
    assert (told.code, deal.chain.refusals) == ("bid-late", [])
    assert deal.provider.run() == Void("unawarded")


def test_a_job_that_somebody_else_got_is_nobody_s_loss(world: World) -> None:
    deal = Deal(world, hooked=False)
    deal.bids()
    world.kernel.setProvider(deal.call.job, RIVAL, by=CLIENT)
    world.kernel.setBudget(deal.call.job, 5, by=RIVAL)
    world.token.approve(world.kernel.address, 5, by=CLIENT)
    world.kernel.fund(deal.call.job, 5, by=CLIENT)
    assert deal.provider.run() == Void("unawarded")


# The money


def test_a_client_without_money_says_so_and_goes_on_when_it_has_some(world: World) -> None:
    deal = Deal(world)
    world.token.transfer(STRANGER, PLENTY - AMOUNT + 1, by=CLIENT)
    deal.bids()
    deal.awards()
    assert deal.client.run() == Problem("settle-funds", world.evm.now + POLL)
    world.token.transfer(CLIENT, 1, by=STRANGER)
    deal.client.run()
    assert world.token.balanceOf(world.kernel.address) == AMOUNT


@pytest.mark.parametrize("left", [7, AMOUNT + 1, PLENTY])
def test_what_the_kernel_may_take_is_exactly_the_price(world: World, left: int) -> None:
    deal = Deal(world)
    world.token.approve(world.kernel.address, left, by=CLIENT)
    deal.funds()
    assert world.token.allowance(CLIENT, world.kernel.address) == 0
    assert paid(world) == (0, -AMOUNT)
    assert {"t/approve-zero", "t/approve"} <= deal.chain.sent.keys()


def test_a_printed_budget_that_was_raised_just_before_is_not_paid(world: World) -> None:
    deal = Deal(world, "printed")
    deal.bids()
    deal.awards()
    deal.client.run()
    deal.provider.run()
    while "t/approve" not in deal.chain.sent:
        deal.client.turn()
    before = deal.client.seen()
    dearer = jobs.kernel(deal.call).set_budget(deal.call, AMOUNT + 1)
    deal.chain.send("dearer", dearer, deal.call, PROVIDER)
    assert isinstance(deal.client.turn(before), Do)
    assert paid(world) == NOTHING


def test_a_provider_does_not_work_for_less_than_it_bid(world: World) -> None:
    deal = Deal(world, hooked=False)
    deal.bids()
    deal.awards()
    deal.client.say(amount=AMOUNT - 1)
    deal.client.run()
    assert ready(deal.provider.plan, deal.provider.seen(), deal.provider.now) == "job-terms"
    deal.provider.say(result=WORK)
    assert isinstance(deal.provider.run(), Wait)


def test_a_provider_that_keeps_changing_the_budget_is_left(world: World) -> None:
    """Without a hook nothing holds it to its bid; what is paid in is what was bid, or nothing."""
    deal = Deal(world, hooked=False)
    deal.bids()
    deal.awards()
    for _ in range(40):
        deal.client.turn()
        if deal.client.seen().provider == PROVIDER.lower():  # type: ignore[union-attr]  # the job is there
            world.kernel.setBudget(deal.call.job, AMOUNT + 1, by=PROVIDER)
        deal.wait(LONGEST_PAUSE)
    assert isinstance(deal.client.last, Problem)
    assert (deal.client.last.code, paid(world)) == ("settle-repeated", NOTHING)
    deal.wait(LASTS)
    assert deal.client.run() == Rejected()


def test_an_allowance_that_never_stands_is_not_paid_for_over_and_over(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    for _ in range(60):
        deal.client.turn()
        world.token.approve(world.kernel.address, 0, by=CLIENT)
        deal.wait(LONGEST_PAUSE)
    assert deal.client.last == Problem("settle-repeated", deal.client.now - LONGEST_PAUSE + POLL)
    deal.wait(LASTS)
    assert deal.client.run() == Rejected()


def test_two_jobs_of_one_account_are_paid_one_after_the_other(world: World) -> None:
    """What `alone` is for: between approval and payment no other job touches the allowance."""
    deal = Deal(world)
    deal.bids()
    deal.awards()
    alone = []
    while isinstance(done := deal.client.turn(), Do):
        alone.append((done.key, done.alone))
    assert alone == [("t/set-provider", False), ("t/set-budget", False), ("t/approve", True), ("t/fund", True)]


# Crashes and failures


def test_a_call_that_is_made_again_after_a_crash_is_the_same_call(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    while True:
        before = deal.client.plan
        if not isinstance(deal.client.turn(), Do):
            break
        key = deal.client.last.key if isinstance(deal.client.last, Do) else ""
        deal.client.plan = replace(before, doing=key)
        deal.client.turn()
        sent = list(deal.chain.sent)
        assert len(sent) == len(set(sent))
    assert paid(world) == (0, -AMOUNT)
    assert deal.chain.refusals == []


def test_what_failed_is_tried_again_under_another_name_and_not_at_once(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.wait(WINDOW)
    plan = ended(deal.provider.plan, "t/settle", deal.provider.now, ok=False)
    seen = deal.provider.seen()
    assert step(plan, seen, plan.until - 1) == Wait(plan.until)
    again = step(plan, seen, plan.until)
    assert isinstance(again, Do)
    assert again.key == "t/settle/1"


def test_a_payment_that_is_due_is_tried_until_the_job_ends(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.wait(WINDOW)
    plan, tries = deal.provider.plan, 0
    while plan.until < deal.call.expires:
        again = step(plan, deal.provider.seen(), plan.until)
        assert isinstance(again, Do)
        plan, tries = ended(plan, again.key, plan.until, ok=False, block=deal.chain.number), tries + 1
    assert tries > 600 // LONGEST_PAUSE


@pytest.mark.parametrize("role", ["client", "provider", "arbiter"])
def test_a_plan_that_was_kept_is_the_plan(world: World, role: str) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    party: Party = getattr(deal, role)
    assert Plan.from_map(party.plan.to_map()) == party.plan


# What the chain shows


def test_news_that_are_older_than_what_was_done_are_none(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    old = deal.client.seen()
    deal.client.turn()
    assert isinstance(deal.client.turn(old), Wait)
    assert ready(deal.client.plan, old, deal.client.now) == "job-absent"


def test_what_a_reorganisation_undid_is_done_again(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    with world.evm.undone():
        deal.client.run()
        assert paid(world) == (0, -AMOUNT)
    assert paid(world) == NOTHING
    deal.wait(1)
    deal.client.run()
    assert paid(world) == (0, -AMOUNT)
    assert ready(deal.provider.plan, deal.provider.seen(), deal.provider.now) is None


def test_a_submission_that_a_reorganisation_undid_is_made_again(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    deal.provider.say(result=WORK)
    with world.evm.undone():
        deal.provider.run()
    deal.wait(1)
    deal.provider.run()
    deal.wait(WINDOW)
    assert deal.provider.run() == Settled()


def test_a_number_that_a_reorganisation_gave_to_somebody_else_is_not_ours(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.awards()
    seen = deal.client.seen()
    assert seen is not None
    theirs = replace(seen, client=RIVAL.lower())
    for party in (deal.client, deal.provider):
        now = party.now
        assert step(party.plan, theirs, now) == Problem("job-changed", now + POLL)
        assert step(party.plan, theirs, deal.call.expires) == Void("changed")
        assert ready(party.plan, theirs, now) == "job-changed"


def test_a_job_that_is_submitted_or_over_is_not_begun_again(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    assert ready(deal.provider.plan, deal.provider.seen(), deal.provider.now) == "job-ended"
    deal.client.say(result=WORK)
    deal.client.run()
    assert ready(deal.client.plan, deal.client.seen(), deal.client.now) == "job-ended"


def test_a_job_that_is_gone_is_waited_for_until_its_end(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    assert isinstance(step(deal.provider.plan, None, deal.call.expires - 1), Wait)
    assert step(deal.provider.plan, None, deal.call.expires) == Void("changed")


def test_an_end_and_a_payment_are_believed_after_their_confirmations(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    deal.provider.say(confirmations=3)
    for believed in (False, False, True):
        seen = deal.provider.seen()
        deal.provider.plan = noted(deal.provider.plan, seen)
        assert (ready(deal.provider.plan, seen, deal.provider.now) is None) is believed
        deal.wait(1)
    deal.provider.say(stopped=True)
    deal.provider.turn()
    ends = []
    for _ in range(3):
        ends.append(deal.provider.turn())
        deal.wait(1)
    assert [isinstance(end, Refunded) for end in ends] == [False, False, True]


def test_an_end_that_a_reorganisation_took_back_is_counted_anew(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    plan, seen = deal.client.plan, deal.client.seen()
    assert seen is not None
    plan = replace(plan, confirmations=2)
    paid_out = replace(seen, status=Status.COMPLETED, block=seen.block + 1)
    plan = noted(noted(plan, paid_out), replace(seen, block=seen.block + 2))
    plan = noted(plan, replace(paid_out, block=seen.block + 3))
    assert isinstance(step(plan, replace(paid_out, block=seen.block + 3), deal.client.now), Wait)


# Clocks


@pytest.mark.parametrize("skew", [-DAY, DAY])
def test_a_wrong_clock_disputes_and_is_paid_all_the_same(world: World, skew: int) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.skew = deal.provider.skew = deal.arbiter.skew = skew
    deal.wait(WINDOW // 2)
    deal.client.turn()
    deal.arbiter.say(ruling="complete")
    deal.arbiter.turn()
    assert deal.provider.run() == Settled()
    assert paid(world) == PAID
    assert bidder(deal.client.plan) == PROVIDER.lower()


def test_a_fast_clock_gives_up_no_work_that_is_in_time(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    deal.provider.skew = DAY
    deal.provider.say(result=WORK)
    deal.provider.turn()
    assert "t/submit" in deal.chain.sent


def test_where_blocks_come_on_demand_a_provider_gives_back_what_nobody_claimed(world: World) -> None:
    """The newest block is from before the job's end, and will be until somebody sends something."""
    deal = Deal(world)
    deal.chain.lazy = True
    deal.funds()
    world.wait(LASTS + GRACE - 1)
    assert isinstance(deal.provider.run(), Wait)
    world.wait(1)
    assert deal.provider.run() == Refunded()
    assert paid(world) == NOTHING


def test_where_blocks_come_on_demand_a_late_result_is_tried_and_the_job_given_back(world: World) -> None:
    deal = Deal(world)
    deal.chain.lazy = True
    deal.funds()
    world.wait(LASTS - deal.call.needed + 1)
    deal.provider.say(result=WORK)
    for _ in range(4):
        deal.provider.run()
        world.wait(LONGEST_PAUSE)
    assert deal.provider.run() == Refunded()
    assert deal.chain.refusals == ["submit: too late"] * 3


def test_a_fast_clock_finds_a_payment_by_silence_soon_after_it_is_due(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.provider.skew = DAY
    for _ in range(WINDOW // LONGEST_PAUSE + 10):
        deal.provider.turn()
        deal.wait(LONGEST_PAUSE)
    assert deal.provider.run() == Settled()
