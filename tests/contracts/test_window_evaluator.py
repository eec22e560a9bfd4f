"""After a submission: the client's window, the arbiter's window, silence. Who may call what, to the second."""

from __future__ import annotations

import pytest

from tests.contracts.world import (
    ARBITER,
    CLIENT,
    COMPLETED,
    EXPIRED,
    FUNDED,
    PROVIDER,
    REJECTED,
    RIVAL,
    STRANGER,
    SUBMITTED,
    VALIDATOR,
    WHY,
    WORK,
    World,
    all_refused,
    refused,
)

DISPUTE, ARBITRATION, LASTS = 3600, 1800, 100_000  # seconds, as the world's offers and jobs have them
UNDISPUTED = b"undisputed".ljust(32, b"\x00")
UNRULED = b"unruled".ljust(32, b"\x00")


def holds(world: World, job: int, status: int, *, client: int, provider: int) -> None:
    assert (world.status(job), world.has(CLIENT), world.has(PROVIDER)) == (status, client, provider)
    assert world.has(world.kernel.address) == -client - provider


# Content


def test_a_client_who_is_content_does_not_wait(world: World) -> None:
    job = world.delivered()
    world.evaluator.accept(job, WHY, by=CLIENT)
    assert world.event("JobCompleted").args["reason"] == WHY
    holds(world, job, COMPLETED, client=-100, provider=100)


def test_a_client_who_disputed_may_come_round(world: World) -> None:
    job = world.disputed()
    world.evaluator.accept(job, by=CLIENT)
    holds(world, job, COMPLETED, client=-100, provider=100)


@pytest.mark.parametrize("caller", [PROVIDER, ARBITER, VALIDATOR, STRANGER])
def test_nobody_but_the_client_is_content(world: World, caller: str) -> None:
    with refused("not the client"):
        world.evaluator.accept(world.delivered(), by=caller)


def test_nothing_is_accepted_before_it_was_submitted(world: World) -> None:
    with refused("not submitted"):
        world.evaluator.accept(world.paid_in(), by=CLIENT)


# The provider gives up


@pytest.mark.parametrize("state", [FUNDED, SUBMITTED])
def test_a_provider_who_gives_up_returns_the_money_at_once(world: World, state: int) -> None:
    job = world.paid_in() if state == FUNDED else world.disputed()
    world.evaluator.decline(job, WHY, by=PROVIDER)
    assert world.event("JobRejected").args == {
        "jobId": job,
        "rejector": world.evaluator.address.lower(),
        "reason": WHY,
    }
    holds(world, job, REJECTED, client=0, provider=0)


@pytest.mark.parametrize("caller", [CLIENT, ARBITER, STRANGER])
def test_nobody_gives_up_for_the_provider(world: World, caller: str) -> None:
    job = world.delivered()
    with refused("not the provider"):
        world.evaluator.decline(job, by=caller)


def test_the_client_does_not_take_the_work_and_keep_the_money(world: World) -> None:
    """Nothing a client can call, before the refund is due, ends with both."""
    job = world.delivered()
    all_refused(
        None,
        lambda: world.kernel.reject(job, by=CLIENT),
        lambda: world.kernel.claimRefund(job, by=CLIENT),
        lambda: world.evaluator.decline(job, by=CLIENT),
        lambda: world.evaluator.rule(job, False, WHY, by=CLIENT),
    )
    world.evaluator.dispute(job, WHY, by=CLIENT)
    with refused("not the arbiter"):
        world.evaluator.rule(job, False, WHY, by=CLIENT)
    world.wait(DISPUTE + ARBITRATION)
    world.evaluator.settle(job, by=PROVIDER)
    holds(world, job, COMPLETED, client=-100, provider=100)


# Silence of the client


@pytest.mark.parametrize("caller", [CLIENT, PROVIDER, ARBITER, STRANGER])
def test_silence_completes_whoever_says_so(world: World, caller: str) -> None:
    job = world.delivered()
    world.wait(DISPUTE)
    world.evaluator.settle(job, by=caller)
    assert world.event("Settled").args == {"jobId": job, "caller": caller.lower(), "reason": UNDISPUTED}
    assert world.event("JobCompleted").args["reason"] == UNDISPUTED
    holds(world, job, COMPLETED, client=-100, provider=100)


@pytest.mark.parametrize(("early", "open_"), [(1, True), (0, False), (-1, False)])
def test_at_every_second_either_a_dispute_or_the_settlement_is_possible(world: World, early: int, open_: bool) -> None:
    job = world.delivered()
    world.wait(DISPUTE - early)
    with world.evm.undone():
        if open_:
            world.evaluator.dispute(job, WHY, by=CLIENT)
        else:
            with refused("window closed"):
                world.evaluator.dispute(job, WHY, by=CLIENT)
    if open_:
        with refused("window open"):
            world.evaluator.settle(job, by=PROVIDER)
    else:
        world.evaluator.settle(job, by=PROVIDER)


@pytest.mark.parametrize("state", [FUNDED, COMPLETED])
def test_only_a_submission_is_settled_or_disputed(world: World, state: int) -> None:
    job = world.paid_in() if state == FUNDED else world.delivered()
    if state == COMPLETED:
        world.evaluator.accept(job, by=CLIENT)
    world.wait(DISPUTE)
    with refused("not submitted"):
        world.evaluator.settle(job, by=PROVIDER)
    with refused("not submitted"):
        world.evaluator.dispute(job, WHY, by=CLIENT)


def test_the_latest_submission_is_settled_before_the_refund_is_due(world: World) -> None:
    """Submitted in the last second, disputed in the last second, unruled: ten minutes are left to settle."""
    job = world.paid_in()
    expires = world.kernel.getJob(job)[6]
    world.evm.now = expires - DISPUTE - ARBITRATION - 600
    world.kernel.submit(job, WORK, by=PROVIDER)
    world.wait(DISPUTE - 1)
    world.evaluator.dispute(job, WHY, by=CLIENT)
    world.evm.now = expires - 600
    with world.evm.undone(), refused("not expired"):
        world.kernel.claimRefund(job, by=CLIENT)
    world.evaluator.settle(job, by=PROVIDER)
    holds(world, job, COMPLETED, client=-100, provider=100)


# A dispute


def test_a_dispute_is_told_to_the_arbiter_with_its_deadline(world: World) -> None:
    job = world.delivered()
    submitted = world.evm.now
    world.wait(10)
    world.evaluator.dispute(job, WHY, by=CLIENT)
    assert world.event("Disputed").args == {
        "jobId": job,
        "client": CLIENT.lower(),
        "arbiter": ARBITER.lower(),
        "reason": WHY,
        "rulingBy": submitted + DISPUTE + ARBITRATION,
    }
    assert world.evaluator.disputed(job)


@pytest.mark.parametrize("caller", [PROVIDER, ARBITER, VALIDATOR, STRANGER])
def test_nobody_but_the_client_disputes(world: World, caller: str) -> None:
    job = world.delivered()
    with refused("not the client"):
        world.evaluator.dispute(job, WHY, by=caller)


def test_a_job_is_disputed_once(world: World) -> None:
    job = world.disputed()
    with refused("disputed already"):
        world.evaluator.dispute(job, WHY, by=CLIENT)


@pytest.mark.parametrize(("completed", "status"), [(True, COMPLETED), (False, REJECTED)])
def test_the_arbiter_decides(world: World, completed: bool, status: int) -> None:
    job = world.disputed()
    world.evaluator.rule(job, completed, WHY, by=ARBITER)
    assert world.event("Ruled").args == {
        "jobId": job,
        "arbiter": ARBITER.lower(),
        "completed": completed,
        "reason": WHY,
    }
    holds(world, job, status, client=-100 * completed, provider=100 * completed)


@pytest.mark.parametrize("caller", [CLIENT, PROVIDER, VALIDATOR, STRANGER, RIVAL])
@pytest.mark.parametrize("completed", [True, False])
def test_nobody_but_the_arbiter_decides(world: World, caller: str, completed: bool) -> None:
    job = world.disputed()
    with refused("not the arbiter"):
        world.evaluator.rule(job, completed, WHY, by=caller)


def test_an_arbiter_whom_nobody_asked_decides_nothing(world: World) -> None:
    job = world.delivered()
    for completed in (True, False):
        with refused("not disputed"):
            world.evaluator.rule(job, completed, WHY, by=ARBITER)


@pytest.mark.parametrize(("early", "open_"), [(1, True), (0, False), (-1, False)])
def test_at_every_second_either_a_ruling_or_the_settlement_is_possible(world: World, early: int, open_: bool) -> None:
    job = world.disputed()
    world.wait(DISPUTE + ARBITRATION - early)
    with world.evm.undone():
        if open_:
            world.evaluator.rule(job, False, WHY, by=ARBITER)
        else:
            with refused("window closed"):
                world.evaluator.rule(job, False, WHY, by=ARBITER)
    if open_:
        with refused("before the arbiter"):
            world.evaluator.settle(job, by=PROVIDER)
    else:
        world.evaluator.settle(job, by=PROVIDER)
        assert world.event("Settled").args["reason"] == UNRULED
        holds(world, job, COMPLETED, client=-100, provider=100)


def test_a_ruling_is_the_last_word(world: World) -> None:
    job = world.disputed()
    world.evaluator.rule(job, False, WHY, by=ARBITER)
    world.wait(LASTS)
    all_refused(
        None,
        lambda: world.evaluator.rule(job, True, WHY, by=ARBITER),
        lambda: world.evaluator.settle(job, by=PROVIDER),
        lambda: world.evaluator.accept(job, by=CLIENT),
        lambda: world.evaluator.decline(job, by=PROVIDER),
        lambda: world.kernel.claimRefund(job, by=CLIENT),
    )
    holds(world, job, REJECTED, client=0, provider=0)


# Refunds


@pytest.mark.parametrize("state", ["paid_in", "delivered", "disputed"])
def test_nobody_here_stands_between_a_client_and_an_expired_escrow(world: World, state: str) -> None:
    job = getattr(world, state)()
    world.wait(LASTS)
    world.kernel.claimRefund(job, by=STRANGER)
    holds(world, job, EXPIRED, client=0, provider=0)


def test_an_unwritten_ending_is_the_first_of_two(world: World) -> None:
    """At expiry a submission that nobody settled may be settled or refunded; the second of them finds nothing."""
    job = world.delivered()
    world.wait(LASTS)
    with world.evm.undone():
        world.evaluator.settle(job, by=PROVIDER)
        with refused("nothing held"):
            world.kernel.claimRefund(job, by=CLIENT)
    world.kernel.claimRefund(job, by=CLIENT)
    with refused("not submitted"):
        world.evaluator.settle(job, by=PROVIDER)


# What it is not asked


def test_a_job_of_another_evaluator_is_none_of_its_business(world: World) -> None:
    job = world.submitted(evaluator=CLIENT)
    all_refused(
        "another evaluator",
        lambda: world.evaluator.accept(job, by=CLIENT),
        lambda: world.evaluator.dispute(job, WHY, by=CLIENT),
        lambda: world.evaluator.settle(job, by=CLIENT),
        lambda: world.evaluator.decline(job, by=PROVIDER),
        lambda: world.evaluator.deadlines(job, by=CLIENT),
    )


def test_the_deadlines_are_those_of_the_bid(world: World) -> None:
    job = world.paid_in()
    expires = world.kernel.getJob(job)[6]
    assert world.evaluator.deadlines(job) == (0, 0, expires)
    world.wait(50)
    world.kernel.submit(job, WORK, by=PROVIDER)
    now = world.evm.now
    assert world.evaluator.deadlines(job) == (now + DISPUTE, now + DISPUTE + ARBITRATION, expires)


def test_an_evaluator_is_for_one_kernel_that_exists(world: World) -> None:
    assert world.evaluator.kernel() == world.kernel.address.lower()
    with refused("no kernel"):
        world.deploy("WindowEvaluator", STRANGER)
