"""Reconcilers of both sides bring a job on the real contracts to its end, whatever happens."""

from __future__ import annotations

import pytest

from p2p.settlement_terms import Dialect
from p2p.settling import Settled, ready
from tests.contracts.settling_world import AMOUNT, Deal
from tests.contracts.world import CLIENT, PROVIDER, WORK, World

FORMS: list[tuple[Dialect, bool]] = [("prose", False), ("prose", True), ("printed", True)]


@pytest.mark.parametrize(("dialect", "alone"), FORMS)
def test_good_work_is_paid(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.delivers(WORK)
    deal.client.say(result=WORK)
    assert deal.client.run() == deal.provider.run() == Settled()
    assert (world.has(PROVIDER), world.has(CLIENT)) == (AMOUNT, -AMOUNT)


@pytest.mark.parametrize(("dialect", "alone"), FORMS)
def test_nobody_begins_before_the_money_is_there(world: World, dialect: Dialect, alone: bool) -> None:
    deal = Deal(world, dialect, alone)
    deal.bids()
    deal.awards()
    sides = (deal.client, deal.provider)
    while any(ready(side.plan, side.seen(), side.now) for side in sides):
        assert world.has(CLIENT) == 0
        [side.turn() for side in sides]
    assert world.has(CLIENT) == -AMOUNT
