"""What is remembered of a job on chain: it comes back as it was kept, and counts what ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from p2p.canonical import decode, encode
from p2p.contractnet_terms import BrokenState
from p2p.settling_plan import LONGEST_PAUSE, Plan, awarded, begun, ended
from tests.unit.test_settlement_terms import AMOUNT, BID, CALL, CFP, NOW

PLAN = Plan("t", "client", CALL, "a brief")
FULL = replace(
    awarded(PLAN, BID, 2**255, CFP),
    stopped=True, failed=True, result=bytes(32), verdict="dispute", ruling="reject", reason=b"\x01" * 32,
    doing="t/fund", rounds=(("approve", 2, 1), ("create", 1, 1)), held="approve", until=NOW, block=7, since=3,
    funded=True, status=2, status_block=9, confirmations=12,
)  # fmt: skip


@pytest.mark.parametrize("plan", [PLAN, FULL, replace(FULL, role="provider"), replace(PLAN, role="arbiter")])
def test_a_plan_comes_back_as_it_was_kept(plan: Plan) -> None:
    assert Plan.from_map(decode(encode(plan.to_map()))) == plan  # type: ignore[arg-type]  # plain values


WRONG: list[dict[str, Any]] = [
    {"version": 2}, {"role": "other"}, {"verdict": "maybe"}, {"ruling": "both"}, {"amount": "-1"}, {"amount": 1},
    {"amount": ""}, {"amount": "9" * 79}, {"rounds": [["approve", 1]]}, {"rounds": [["approve", 1, True]]},
    {"rounds": ["approve"]}, {"result": "text"}, {"stopped": 1}, {"more": 1}, {"until": None}, {"bid": {}},
    {"bid": {**FULL.to_map()["bid"], "provider": "0x1"}}, {"call": {}},  # type: ignore[dict-item]
    {"call": {**FULL.to_map()["call"], "dispute_window": 1}}, {"block": True},  # type: ignore[dict-item]
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_anything_else_is_no_plan(wrong: dict[str, Any]) -> None:
    with pytest.raises(BrokenState):
        Plan.from_map({**FULL.to_map(), **wrong})


@pytest.mark.parametrize("stored", [None, [], {}, b""])
def test_what_is_no_map_is_no_plan(stored: object) -> None:
    with pytest.raises(BrokenState):
        Plan.from_map(stored)


def test_a_call_has_one_key_until_it_has_ended() -> None:
    assert PLAN.key("fund") == begun(PLAN, "t/fund").key("fund") == "t/fund"
    assert ended(PLAN, "t/fund", NOW, ok=True, block=5).key("fund") == "t/fund/1"
    assert ended(PLAN, "t/fund", NOW, ok=True, block=5).key("approve") == "t/approve"


def test_a_task_may_have_any_name() -> None:
    plan = replace(PLAN, task="a/b")
    assert ended(plan, plan.key("fund"), NOW, ok=True, block=1).tried("fund") == (1, 1)


def test_what_stood_in_no_block_cost_nothing() -> None:
    plan = ended(ended(PLAN, "t/fund", NOW, ok=False), "t/fund/1", NOW, ok=False, block=4)
    assert plan.tried("fund") == (2, 1)


def test_what_failed_pauses_longer_each_time_and_never_too_long() -> None:
    plan, pauses = PLAN, []
    for _ in range(6):
        plan = ended(plan, plan.key("settle"), NOW, ok=False)
        pauses.append(plan.until - NOW)
    assert pauses == [15, 30, 60, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_what_went_well_the_first_time_does_not_pause() -> None:
    assert ended(PLAN, "t/approve", NOW, ok=True, block=4).until == NOW


def test_only_money_that_went_in_was_paid() -> None:
    assert not ended(PLAN, "t/fund", NOW, ok=False, block=4).funded
    assert not ended(PLAN, "t/approve", NOW, ok=True, block=4).funded
    assert ended(PLAN, "t/fund", NOW, ok=True, block=4).funded


def test_a_creation_gives_the_job_its_number() -> None:
    plan = ended(replace(PLAN, call=replace(CALL, job=0)), "t/create", NOW, ok=True, block=4, job=11)
    assert (plan.call.job, plan.since, plan.block) == (11, 4, 4)
    assert awarded(plan, BID, AMOUNT, CFP).amount == AMOUNT


def test_a_plan_of_an_older_program_wanted_all_of_the_price() -> None:
    stored = PLAN.to_map()
    del stored["least"]
    assert Plan.from_map(stored).least == 0
