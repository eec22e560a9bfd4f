"""What is kept of a priced task's job besides its plan."""

from __future__ import annotations

from dataclasses import replace

import cbor2
import pytest

from app.swarm.job_view import state_of
from app.swarm.settled import Kept, given_up, kept_of, looked, with_kept
from p2p.contractnet_terms import BrokenState
from p2p.job_seen import Agreed, JobSeen, Status
from p2p.settlement_terms import BidTerms, CallTerms
from p2p.settling_plan import Plan
from storage.settlements import Settlement

CLIENT, PROVIDER, JUDGE = ("0x" + digit * 40 for digit in "123")
KERNEL, TOKEN, HOOK, EVALUATOR = ("0x" + digit * 40 for digit in "4567")
CODE = dict.fromkeys(("kernel", "token", "hook", "evaluator"), bytes(32))
CALL = CallTerms(
    31337, bytes(32), "prose", KERNEL, TOKEN, HOOK, EVALUATOR, CODE, CLIENT, 2_000_000_000, JUDGE, 3600, 3600, 7
)
BID = BidTerms(PROVIDER, 1_900_000_000, signature=bytes(65))
PLAN = Plan("peer/task", "provider", CALL, amount=2_500_000, cfp=bytes(32), bid=BID)
KEPT = Kept(PLAN, "anvil", 6, "NREH", announced=True, calls={"bob": bytes(32)}, transactions=("0x" + "ab" * 32,))
ROW = Settlement("peer/task", "participant", "peer", 31337, "0x00", None, 5_000_000, "", KEPT.to_bytes())
SEEN = JobSeen(7, 9, 1_800_000_000, Status.FUNDED, CLIENT, PROVIDER, EVALUATOR, HOOK, 2_500_000, CALL.expires, TOKEN)


def test_what_is_kept_is_read_as_it_was() -> None:
    assert Kept.from_bytes(KEPT.to_bytes()) == KEPT


@pytest.mark.parametrize(
    "changed", [{"version": 2}, {"paid": "-1"}, {"paid": 1}, {"chain": 7}, {"more": True}, {"plan": {}}]
)
def test_what_another_version_wrote_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(BrokenState):
        Kept.from_bytes(cbor2.dumps({**cbor2.loads(KEPT.to_bytes()), **changed}))


@pytest.mark.parametrize("paid", [0, 7, 2**255])
def test_what_was_paid_out_is_kept(paid: int) -> None:
    kept = replace(KEPT, paid=paid)
    assert Kept.from_bytes(kept.to_bytes()) == kept


def test_what_an_older_program_kept_says_nothing_of_what_was_paid_out() -> None:
    stored = cbor2.loads(KEPT.to_bytes())
    del stored["paid"]
    assert Kept.from_bytes(cbor2.dumps(stored)) == KEPT


def test_the_row_says_in_columns_what_is_looked_for() -> None:
    row = with_kept(ROW, KEPT)
    assert (row.job, row.amount, row.token) == (7, 2_500_000, TOKEN)
    assert kept_of(row) == KEPT


def test_before_a_price_is_agreed_to_the_row_says_the_most_that_is_paid() -> None:
    assert with_kept(ROW, replace(KEPT, plan=replace(PLAN, amount=0))).amount == 5_000_000


def test_a_provider_gives_back_a_job_whose_conversation_is_over() -> None:
    assert given_up(replace(KEPT, over=True), SEEN).plan.stopped


@pytest.mark.parametrize("seen", [None, replace(SEEN, provider=JUDGE)])
def test_a_bid_that_nobody_took_just_ends(seen: JobSeen | None) -> None:
    assert not given_up(replace(KEPT, over=True), seen).plan.stopped


def test_a_window_that_runs_is_told_and_one_that_is_over_is_not() -> None:
    agreed = Agreed(PROVIDER, 2_500_000, bytes(32), JUDGE, JUDGE, 3600, 1800, 1_800_000_000)
    submitted = replace(SEEN, status=Status.SUBMITTED, agreed=agreed)
    assert looked(KEPT, submitted).due == 1_800_003_600
    assert looked(KEPT, replace(submitted, disputed=True)).due == 1_800_005_400
    assert looked(KEPT, replace(submitted, status=Status.COMPLETED)).due == 0


@pytest.mark.parametrize(
    ("status", "disputed", "state"),
    [
        (-1, False, "offered"),
        (0, False, "offered"),
        (1, False, "funded"),
        (2, False, "submitted"),
        (2, True, "disputed"),
    ],
)
def test_a_job_is_told_in_one_word(status: int, disputed: bool, state: str) -> None:
    kept = replace(KEPT, plan=replace(PLAN, status=status), disputed=disputed)
    assert state_of(with_kept(ROW, kept), kept) == state
