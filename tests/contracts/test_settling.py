"""Reconcilers of all sides bring a job on the real contracts to its end, whatever happens (docs/contracts.md)."""

from __future__ import annotations

import pytest

from p2p.settlement_terms import Dialect
from p2p.settling import GRACE, Do, Refunded, Rejected, Settled, Void, Wait, ready
from tests.contracts.settling_world import AMOUNT, LASTS, RULING, WINDOW, Deal
from tests.contracts.world import CLIENT, PROVIDER, WORK, World

FORMS: list[tuple[Dialect, bool]] = [("prose", False), ("prose", True), ("printed", True)]
OTHER = b"\x0e" * 32
NOTHING, PAID = (0, 0), (AMOUNT, -AMOUNT)
every_form = pytest.mark.parametrize(("dialect", "alone"), FORMS)


def paid(world: World) -> tuple[int, int]:
    """What provider and client have more than before."""
    return world.has(PROVIDER), world.has(CLIENT)


# As it should go


@every_form
def test_good_work_is_paid(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.delivers(WORK)
    deal.client.say(result=WORK)
    assert deal.client.run() == deal.provider.run() == Settled()
    assert paid(world) == PAID


@every_form
def test_nobody_begins_before_the_money_is_there(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.bids()
    deal.awards()
    sides = (deal.client, deal.provider)
    for _ in range(12):
        begins = [ready(side.plan, side.seen(), side.now) is None for side in sides]
        assert begins == [world.has(CLIENT) == -AMOUNT] * 2
        [side.turn() for side in sides]
    assert world.has(CLIENT) == -AMOUNT


@every_form
def test_a_job_waits_for_its_award(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.bids()
    assert isinstance(deal.client.run(), Wait)
    assert isinstance(deal.provider.run(), Wait)


# Before the money is there


@every_form
def test_what_nobody_is_awarded_is_rejected(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.bids()
    deal.client.say(stopped=True)
    assert deal.client.run() == Rejected()
    assert deal.provider.run() == Void("unawarded")


@every_form
def test_a_job_that_is_called_off_before_it_is_paid_in_is_rejected(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.bids()
    deal.awards()
    while "t/set-provider" not in deal.chain.sent:
        deal.client.turn()
    deal.client.say(stopped=True)
    assert deal.client.run() == deal.provider.run() == Rejected()
    assert paid(world) == NOTHING


def test_a_job_that_was_never_created_leaves_nothing(world: World) -> None:
    deal = Deal(world)
    deal.client.say(stopped=True)
    assert deal.client.run() == Void("called-off")
    assert deal.chain.sent == {}


def test_a_job_that_may_be_on_its_way_is_brought_to_its_number_and_rejected(world: World) -> None:
    deal = Deal(world)
    before = deal.client.plan
    deal.client.turn()
    deal.client.plan = before
    deal.client.say(doing="t/create", stopped=True)
    assert deal.client.run() == Rejected()
    assert world.kernel.jobCounter() == 1


def test_a_job_without_time_for_the_work_is_not_created(world: World) -> None:
    deal = Deal(world, lasts=WINDOW + RULING + 599)
    assert deal.client.run() == Void("late")
    assert deal.chain.sent == {}


def test_a_job_that_can_no_longer_be_awarded_is_rejected(world: World) -> None:
    deal = Deal(world)
    deal.bids()
    deal.wait(LASTS - deal.call.needed)
    assert isinstance(deal.client.run(), Wait)
    deal.wait(1)
    assert deal.client.run() == Rejected()


# The provider does not deliver


def test_a_provider_that_gives_up_sends_the_money_back_at_once(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    deal.provider.say(stopped=True)
    assert deal.provider.run() == deal.client.run() == Refunded()
    assert paid(world) == NOTHING


def test_a_provider_may_give_up_what_it_submitted(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.provider.say(stopped=True)
    assert deal.provider.run() == deal.client.run() == Refunded()


@pytest.mark.parametrize("dialect", ["prose", "printed"])
def test_a_client_who_judges_takes_back_what_failed(world: World, dialect: Dialect) -> None:
    deal = Deal(world, dialect, alone=True)
    deal.funds()
    deal.client.say(failed=True)
    assert deal.client.run() == deal.provider.run() == Refunded()
    assert paid(world) == NOTHING


@every_form
def test_a_provider_that_says_nothing_costs_nothing(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.funds()
    deal.wait(LASTS - 1)
    assert deal.client.run() == Wait(deal.call.expires)
    deal.wait(1)
    assert deal.client.run() == Refunded()
    assert deal.chain.refusals == []
    assert paid(world) == NOTHING


def test_a_result_that_comes_too_late_sends_the_money_back(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    deal.wait(LASTS - deal.call.needed + 1)
    deal.provider.say(result=WORK)
    assert deal.provider.run() == Refunded()
    assert paid(world) == NOTHING


def test_a_provider_gives_back_what_it_can_no_longer_be_paid_for(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    last = deal.call.expires - deal.call.needed
    assert deal.provider.run() == Wait(last + 1)
    deal.wait(last + 1 - world.evm.now)
    assert deal.provider.run() == deal.client.run() == Refunded()


def test_a_result_in_the_last_second_is_submitted(world: World) -> None:
    deal = Deal(world)
    deal.funds()
    deal.wait(LASTS - deal.call.needed)
    deal.provider.say(result=WORK)
    deal.provider.run()
    assert "t/submit" in deal.chain.sent


@pytest.mark.parametrize("alone", [False, True])
def test_a_provider_waits_for_a_client_that_does_not_pay_in_and_not_for_ever(world: World, alone: bool) -> None:
    deal = Deal(world, alone=alone)
    deal.bids()
    deal.awards()
    while "t/set-budget" not in deal.chain.sent:
        deal.client.turn()
    deal.wait(LASTS + GRACE - 1)
    assert isinstance(deal.provider.run(), Wait)
    deal.wait(1)
    assert deal.provider.run() == Void("unpaid")


# The client does not pay


def test_silence_pays(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.wait(WINDOW - 1)
    assert isinstance(deal.provider.run(), Wait)
    deal.wait(1)
    assert deal.provider.run() == Settled()
    assert deal.chain.refusals == []
    assert paid(world) == PAID


def test_a_person_who_looks_first_and_says_nothing_pays_by_silence(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.say(result=WORK, verdict="wait")
    for _ in range(3):
        assert isinstance(deal.client.run(), Wait)
        deal.wait(WINDOW // 3)
    assert deal.provider.run() == deal.client.run() == Settled()


def test_who_has_the_work_and_said_nothing_pays_even_after_the_job_s_end(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.say(result=WORK, verdict="wait")
    deal.wait(LASTS)
    assert deal.client.run() == Settled()
    assert paid(world) == PAID


@pytest.mark.parametrize("alone", [False, True])
def test_another_result_than_the_submitted_one_is_not_paid(world: World, alone: bool) -> None:
    deal = Deal(world, alone=alone)
    deal.delivers(WORK)
    deal.client.say(result=OTHER)
    deal.client.run()
    deal.arbiter.say(ruling="reject")
    deal.arbiter.run()
    assert deal.client.run() == deal.provider.run() == Refunded()
    assert paid(world) == NOTHING


def test_a_submission_without_a_result_is_disputed_in_time(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    wait = deal.client.run()
    assert isinstance(wait, Wait)
    deal.wait(wait.until - world.evm.now)
    deal.client.run()
    seen = deal.client.seen()
    assert seen is not None
    assert (seen.disputed, wait.until) == (True, seen.dispute_by - WINDOW // 2)


@pytest.mark.parametrize(("ruling", "money"), [("complete", PAID), ("reject", NOTHING)])
def test_a_dispute_goes_as_the_arbiter_says(world: World, ruling: str, money: tuple[int, int]) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.say(result=WORK, verdict="dispute")
    assert isinstance(deal.client.run(), Wait)
    deal.wait(WINDOW)
    assert isinstance(deal.provider.run(), Wait)
    deal.arbiter.say(ruling=ruling)
    deal.arbiter.run()
    assert deal.client.run() == deal.provider.run() == deal.arbiter.run()
    assert paid(world) == money


def test_an_arbiter_that_says_nothing_leaves_the_work_paid(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.say(verdict="dispute")
    deal.client.run()
    deal.wait(WINDOW + RULING - 1)
    assert deal.provider.run() == Wait(world.evm.now + 1)
    deal.wait(1)
    assert deal.arbiter.run() == Void("late")
    assert deal.provider.run() == Settled()
    assert deal.chain.refusals == []


def test_a_client_who_comes_round_pays_at_once(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.say(verdict="dispute")
    deal.client.run()
    deal.client.say(verdict="accept")
    assert deal.client.run() == Settled()


def test_what_a_provider_never_settled_comes_back(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.client.say(verdict="dispute")
    deal.client.run()
    deal.wait(LASTS)
    assert deal.client.run() == deal.provider.run() == Refunded()
    assert paid(world) == NOTHING


@pytest.mark.parametrize("dialect", ["prose", "printed"])
def test_a_client_who_judges_and_says_nothing_is_not_waited_for_for_ever(world: World, dialect: Dialect) -> None:
    deal = Deal(world, dialect, alone=True)
    deal.delivers(WORK)
    deal.wait(LASTS + GRACE - 1)
    assert isinstance(deal.provider.run(), Wait)
    deal.wait(1)
    assert deal.provider.run() == Void("unpaid")


def test_nothing_is_asked_of_an_arbiter_that_nobody_disputes_before(world: World) -> None:
    deal = Deal(world)
    deal.delivers(WORK)
    deal.arbiter.say(ruling="reject")
    assert not isinstance(deal.arbiter.turn(), Do)
