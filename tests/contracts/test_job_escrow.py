"""The rules of ERC-8183, each by name, on a job without a hook."""

from __future__ import annotations

import pytest

from tests.contracts.world import (
    ARBITER,
    CLIENT,
    COMPLETED,
    EXPIRED,
    FUNDED,
    NOBODY,
    OPEN,
    PLENTY,
    PROVIDER,
    REJECTED,
    RIVAL,
    STRANGER,
    SUBMITTED,
    WHY,
    WORK,
    World,
    refused,
)

EVERYBODY = (CLIENT, PROVIDER, ARBITER, STRANGER)


def in_state(world: World, state: int, **created: object) -> int:
    """A job that the arbiter evaluates, in this state; it expires in 1,000 seconds."""
    terms = {"evaluator": ARBITER, **created}
    if state == OPEN:
        return world.created(**terms)  # type: ignore[arg-type]
    begin = world.funded if state in (FUNDED, EXPIRED) else world.submitted
    job = begin(**terms)  # type: ignore[arg-type]
    if state == COMPLETED:
        world.kernel.complete(job, by=ARBITER)
    if state == REJECTED:
        world.kernel.reject(job, by=ARBITER)
    if state == EXPIRED:
        world.wait(1000)
        world.kernel.claimRefund(job, by=STRANGER)
    assert world.status(job) == state
    return job


# createJob


def test_a_new_job_is_open_and_says_what_was_asked_for(world: World) -> None:
    job = world.kernel.createJob(PROVIDER, ARBITER, world.evm.now + 9, "a brief", by=CLIENT)
    assert world.kernel.getJob(job) == (
        job, CLIENT.lower(), PROVIDER.lower(), ARBITER.lower(), "a brief", 0, world.evm.now + 9, OPEN, NOBODY,
    )  # fmt: skip


def test_creating_a_job_is_told_with_its_parties(world: World) -> None:
    job = world.kernel.createJob(PROVIDER, ARBITER, world.evm.now + 9, "a brief", NOBODY, by=CLIENT)
    assert world.told == ["JobCreated"]
    assert world.event("JobCreated").args == {
        "jobId": job,
        "client": CLIENT.lower(),
        "provider": PROVIDER.lower(),
        "evaluator": ARBITER.lower(),
        "expiredAt": world.evm.now + 9,
    }


def test_ids_are_counted_from_one(world: World) -> None:
    assert [world.created(), world.created(), world.kernel.jobCounter()] == [1, 2, 2]


def test_a_job_without_an_evaluator_is_refused(world: World) -> None:
    with refused("no evaluator"):
        world.created(evaluator=NOBODY)


@pytest.mark.parametrize(("lasts", "fits"), [(-1, False), (0, False), (1, True)])
def test_expired_at_lies_in_the_future(world: World, lasts: int, fits: bool) -> None:
    if fits:
        assert world.created(lasts=lasts)
    else:
        with refused("expired"):
            world.created(lasts=lasts)


def test_a_provider_may_be_named_later(world: World) -> None:
    assert world.kernel.getJob(world.created(provider=NOBODY))[2] == NOBODY


def test_a_hook_that_is_no_contract_is_refused(world: World) -> None:
    with refused("no hook"):
        world.created(hook=STRANGER)


def test_a_job_that_was_never_created_is_not_found(world: World) -> None:
    for call in (world.kernel.getJob, world.kernel.claimRefund):
        with refused("no such job"):
            call(99, by=CLIENT)


# setProvider


def test_the_client_names_the_provider_later(world: World) -> None:
    job = world.created(provider=NOBODY)
    world.kernel.setProvider(job, PROVIDER, by=CLIENT)
    assert world.kernel.getJob(job)[2] == PROVIDER.lower()
    assert world.event("ProviderSet").args == {"jobId": job, "provider": PROVIDER.lower()}


@pytest.mark.parametrize("caller", [PROVIDER, ARBITER, STRANGER])
def test_nobody_but_the_client_names_the_provider(world: World, caller: str) -> None:
    with refused("not the client"):
        world.kernel.setProvider(world.created(provider=NOBODY), caller, by=caller)


def test_a_provider_is_not_replaced(world: World) -> None:
    with refused("provider set"):
        world.kernel.setProvider(world.created(), RIVAL, by=CLIENT)


def test_nobody_is_no_provider(world: World) -> None:
    with refused("no provider"):
        world.kernel.setProvider(world.created(provider=NOBODY), NOBODY, by=CLIENT)


def test_a_provider_is_named_while_the_job_is_open_only(world: World) -> None:
    job = world.created(provider=NOBODY)
    world.kernel.reject(job, by=CLIENT)
    with refused("not open"):
        world.kernel.setProvider(job, PROVIDER, by=CLIENT)


# setBudget


@pytest.mark.parametrize("party", [CLIENT, PROVIDER])
def test_client_and_provider_set_the_budget(world: World, party: str) -> None:
    job = world.created()
    world.kernel.setBudget(job, 70, by=party)
    assert world.kernel.getJob(job)[5] == 70
    assert world.event("BudgetSet").args == {"jobId": job, "amount": 70}


@pytest.mark.parametrize("caller", [ARBITER, STRANGER])
def test_nobody_else_sets_the_budget(world: World, caller: str) -> None:
    with refused("not a party"):
        world.kernel.setBudget(world.created(evaluator=ARBITER), 70, by=caller)


def test_a_budget_without_a_provider_is_set_by_the_client_alone(world: World) -> None:
    job = world.created(provider=NOBODY)
    world.kernel.setBudget(job, 70, by=CLIENT)
    with refused("not a party"):
        world.kernel.setBudget(job, 71, by=PROVIDER)


@pytest.mark.parametrize("state", [FUNDED, SUBMITTED, COMPLETED, REJECTED, EXPIRED])
def test_a_budget_is_set_while_the_job_is_open_only(world: World, state: int) -> None:
    job = in_state(world, state)
    for party in (CLIENT, PROVIDER):
        with refused("not open"):
            world.kernel.setBudget(job, 1, by=party)


# fund


def test_funding_takes_the_budget_into_escrow(world: World) -> None:
    job = world.created()
    world.kernel.setBudget(job, 70, by=CLIENT)
    world.kernel.fund(job, 70, by=CLIENT)
    assert world.status(job) == FUNDED
    assert (world.has(CLIENT), world.has(world.kernel.address)) == (-70, 70)
    assert world.told == ["JobFunded"]
    assert world.event("JobFunded").args == {"jobId": job, "client": CLIENT.lower(), "amount": 70}


@pytest.mark.parametrize("caller", [PROVIDER, ARBITER, STRANGER])
def test_nobody_but_the_client_funds(world: World, caller: str) -> None:
    job = world.created()
    world.kernel.setBudget(job, 70, by=CLIENT)
    with refused("not the client"):
        world.kernel.fund(job, 70, by=caller)


def test_a_job_without_a_provider_is_not_funded(world: World) -> None:
    job = world.created(provider=NOBODY)
    world.kernel.setBudget(job, 70, by=CLIENT)
    with refused("no provider"):
        world.kernel.fund(job, 70, by=CLIENT)


def test_a_job_without_a_budget_is_not_funded(world: World) -> None:
    with refused("no budget"):
        world.kernel.fund(world.created(), 0, by=CLIENT)


def test_a_budget_raised_just_before_is_not_paid(world: World) -> None:
    """Front-running: the client has seen 70, and the provider's 7,000 is mined first."""
    job = world.created()
    world.kernel.setBudget(job, 70, by=CLIENT)
    world.kernel.setBudget(job, 7000, by=PROVIDER)
    with refused("another budget"):
        world.kernel.fund(job, 70, by=CLIENT)
    assert world.has(CLIENT) == 0


def test_a_budget_lowered_just_before_is_not_paid(world: World) -> None:
    job = world.created()
    world.kernel.setBudget(job, 70, by=CLIENT)
    world.kernel.setBudget(job, 7, by=PROVIDER)
    with refused("another budget"):
        world.kernel.fund(job, 70, by=CLIENT)


@pytest.mark.parametrize(("after", "fits"), [(999, True), (1000, False), (1001, False)])
def test_funding_ends_at_the_second_of_expiry(world: World, after: int, fits: bool) -> None:
    job = world.created(lasts=1000)
    world.kernel.setBudget(job, 70, by=CLIENT)
    world.wait(after)
    if fits:
        world.kernel.fund(job, 70, by=CLIENT)
    else:
        with refused("expired"):
            world.kernel.fund(job, 70, by=CLIENT)


def test_a_job_is_funded_once(world: World) -> None:
    with refused("not open"):
        world.kernel.fund(world.funded(70), 70, by=CLIENT)


def test_funding_without_the_money_changes_nothing(world: World) -> None:
    job = world.created()
    world.kernel.setBudget(job, PLENTY + 1, by=CLIENT)
    with refused():
        world.kernel.fund(job, PLENTY + 1, by=CLIENT)
    assert (world.status(job), world.has(CLIENT)) == (OPEN, 0)


# submit


def test_the_provider_submits(world: World) -> None:
    job = world.funded()
    world.kernel.submit(job, WORK, by=PROVIDER)
    assert world.status(job) == SUBMITTED
    assert world.event("JobSubmitted").args == {"jobId": job, "provider": PROVIDER.lower(), "deliverable": WORK}


@pytest.mark.parametrize("caller", [CLIENT, ARBITER, STRANGER])
def test_nobody_but_the_provider_submits(world: World, caller: str) -> None:
    with refused("not the provider"):
        world.kernel.submit(world.funded(), WORK, by=caller)


@pytest.mark.parametrize("state", [OPEN, SUBMITTED, COMPLETED, REJECTED, EXPIRED])
def test_only_a_funded_job_is_submitted(world: World, state: int) -> None:
    with refused("not funded"):
        world.kernel.submit(in_state(world, state), WORK, by=PROVIDER)


# complete


def test_completing_pays_the_provider_in_full(world: World) -> None:
    job = world.submitted(70, evaluator=ARBITER)
    world.kernel.complete(job, WHY, by=ARBITER)
    assert world.status(job) == COMPLETED
    assert (world.has(PROVIDER), world.has(world.kernel.address)) == (70, 0)
    assert world.told == ["JobCompleted", "PaymentReleased"]
    assert world.event("JobCompleted").args == {"jobId": job, "evaluator": ARBITER.lower(), "reason": WHY}
    assert world.event("PaymentReleased").args == {"jobId": job, "provider": PROVIDER.lower(), "amount": 70}


@pytest.mark.parametrize("caller", [CLIENT, PROVIDER, STRANGER])
def test_nobody_but_the_evaluator_completes(world: World, caller: str) -> None:
    with refused("not the evaluator"):
        world.kernel.complete(world.submitted(evaluator=ARBITER), by=caller)


@pytest.mark.parametrize("state", [OPEN, FUNDED, COMPLETED, REJECTED, EXPIRED])
def test_only_a_submitted_job_is_completed(world: World, state: int) -> None:
    job = in_state(world, state)
    before = world.has(PROVIDER)
    with refused("not submitted"):
        world.kernel.complete(job, by=ARBITER)
    assert world.has(PROVIDER) == before


# reject


def test_the_client_rejects_an_open_job(world: World) -> None:
    job = in_state(world, OPEN)
    world.kernel.reject(job, WHY, by=CLIENT)
    assert world.status(job) == REJECTED
    assert world.told == ["JobRejected"]
    assert world.event("JobRejected").args == {"jobId": job, "rejector": CLIENT.lower(), "reason": WHY}


@pytest.mark.parametrize("caller", [PROVIDER, ARBITER, STRANGER])
def test_nobody_else_rejects_an_open_job(world: World, caller: str) -> None:
    with refused("not the client"):
        world.kernel.reject(in_state(world, OPEN), by=caller)


@pytest.mark.parametrize("state", [FUNDED, SUBMITTED])
def test_the_evaluator_rejects_and_the_client_is_refunded(world: World, state: int) -> None:
    job = in_state(world, state)
    world.kernel.reject(job, WHY, by=ARBITER)
    assert world.status(job) == REJECTED
    assert (world.has(CLIENT), world.has(world.kernel.address)) == (0, 0)
    assert world.told == ["Refunded", "JobRejected"]
    assert world.event("Refunded").args == {"jobId": job, "client": CLIENT.lower(), "amount": 100}


@pytest.mark.parametrize("state", [FUNDED, SUBMITTED])
@pytest.mark.parametrize("caller", [CLIENT, PROVIDER, STRANGER])
def test_once_funded_nobody_else_rejects(world: World, state: int, caller: str) -> None:
    with refused("not the evaluator"):
        world.kernel.reject(in_state(world, state), by=caller)


@pytest.mark.parametrize("state", [COMPLETED, REJECTED, EXPIRED])
def test_what_has_ended_is_not_rejected(world: World, state: int) -> None:
    job = in_state(world, state)
    for caller in EVERYBODY:
        with refused("ended"):
            world.kernel.reject(job, by=caller)


# claimRefund


@pytest.mark.parametrize("state", [FUNDED, SUBMITTED])
@pytest.mark.parametrize("caller", EVERYBODY)
def test_anybody_returns_an_expired_escrow_to_the_client(world: World, state: int, caller: str) -> None:
    job = in_state(world, state)
    world.wait(1000)
    world.kernel.claimRefund(job, by=caller)
    assert world.status(job) == EXPIRED
    assert (world.has(CLIENT), world.has(world.kernel.address)) == (0, 0)
    assert world.told == ["Refunded", "JobExpired"]
    assert world.event("JobExpired").args == {"jobId": job}


@pytest.mark.parametrize("state", [FUNDED, SUBMITTED])
@pytest.mark.parametrize(("after", "due"), [(999, False), (1000, True), (1001, True)])
def test_the_refund_is_due_at_the_second_of_expiry(world: World, state: int, after: int, due: bool) -> None:
    job = in_state(world, state)
    world.wait(after)
    if due:
        world.kernel.claimRefund(job, by=STRANGER)
    else:
        with refused("not expired"):
            world.kernel.claimRefund(job, by=STRANGER)


@pytest.mark.parametrize("state", [OPEN, COMPLETED, REJECTED, EXPIRED])
def test_nothing_is_refunded_twice_or_for_nothing(world: World, state: int) -> None:
    job = in_state(world, state)
    other = world.funded(50, lasts=100_000)
    world.wait(5000)
    before = world.has(CLIENT)
    with refused("nothing held"):
        world.kernel.claimRefund(job, by=CLIENT)
    assert (world.has(CLIENT), world.status(other)) == (before, FUNDED)


def test_a_submission_is_still_completed_after_expiry_until_the_refund_is_claimed(world: World) -> None:
    job = in_state(world, SUBMITTED)
    world.wait(1000)
    world.kernel.complete(job, by=ARBITER)
    assert world.status(job) == COMPLETED


# The arguments that the prose calls optional


def test_optional_arguments_may_be_left_out(world: World) -> None:
    job = world.kernel.createJob(NOBODY, CLIENT, world.evm.now + 9, "", by=CLIENT)
    world.kernel.setProvider(job, PROVIDER, b"", by=CLIENT)
    world.kernel.setBudget(job, 5, b"", by=PROVIDER)
    world.kernel.fund(job, 5, b"", by=CLIENT)
    world.kernel.submit(job, WORK, b"", by=PROVIDER)
    world.kernel.complete(job, WHY, b"", by=CLIENT)
    rejected = world.created()
    world.kernel.reject(rejected, WHY, b"", by=CLIENT)
    assert (world.status(job), world.status(rejected)) == (COMPLETED, REJECTED)


def test_the_escrow_is_for_one_token_that_exists(world: World) -> None:
    assert world.kernel.paymentToken() == world.token.address.lower()
    with refused("no token"):
        world.deploy("JobEscrow", STRANGER)
