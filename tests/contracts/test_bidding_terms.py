"""When a bid binds and what follows from it: time, replacement, the budget, the call, and who judges."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.test_bidding_hook import award
from tests.contracts.world import (
    CFP,
    CLIENT,
    NOBODY,
    PROVIDER,
    RIVAL,
    STRANGER,
    SUBMITTED,
    WORK,
    Offer,
    World,
    refused,
)

# Time


@pytest.mark.parametrize(("late", "binds"), [(-1, True), (0, True), (1, False)])
def test_a_bid_binds_up_to_and_including_its_last_second(world: World, late: int, binds: bool) -> None:
    job = world.called()
    bid = world.bid(job, Offer(expiry=world.evm.now + 50))
    world.wait(50 + late)
    if binds:
        award(world, job, bid)
    else:
        with refused("bid expired"):
            award(world, job, bid)


@pytest.mark.parametrize(("slack", "fits"), [(0, True), (-1, False)])
def test_a_job_whose_windows_do_not_end_before_the_refund_is_refused_at_the_award(
    world: World, slack: int, fits: bool
) -> None:
    job = world.called(lasts=3600 + 1800 + 600 + slack)
    bid = world.bid(job, Offer())
    if fits:
        award(world, job, bid)
    else:
        with refused("too late"):
            award(world, job, bid)


@pytest.mark.parametrize(("slack", "fits"), [(0, True), (-1, False)])
def test_a_job_that_could_no_longer_be_submitted_is_not_funded(world: World, slack: int, fits: bool) -> None:
    job = world.awarded(lasts=10_000)
    world.kernel.setBudget(job, 100, by=CLIENT)
    world.wait(10_000 - 6000 - slack)
    if fits:
        world.kernel.fund(job, 100, by=CLIENT)
    else:
        with refused("too late"):
            world.kernel.fund(job, 100, by=CLIENT)


@pytest.mark.parametrize(("slack", "fits"), [(0, True), (-1, False)])
def test_a_submission_comes_in_time_for_both_windows_or_not_at_all(world: World, slack: int, fits: bool) -> None:
    job = world.paid_in(lasts=10_000)
    world.wait(10_000 - 6000 - slack)
    if fits:
        world.kernel.submit(job, WORK, by=PROVIDER)
        assert world.hook.terms(job)[7] == world.evm.now
    else:
        with refused("too late"):
            world.kernel.submit(job, WORK, by=PROVIDER)


@pytest.mark.parametrize("window", ["dispute_window", "arbitration_window"])
def test_a_window_that_lasts_longer_than_time_itself_is_refused(world: World, window: str) -> None:
    job = world.called()
    offer = replace(Offer(), **{window: 2**64 - 1})  # type: ignore[arg-type]
    with refused("too late"):
        award(world, job, world.bid(job, offer))


# Bids that were replaced


def test_a_revoked_bid_is_refused_and_the_one_that_replaces_it_is_not(world: World) -> None:
    job = world.called()
    old, new = world.bid(job, Offer(nonce=0)), world.bid(job, Offer(amount=120, nonce=1))
    world.hook.revokeBids(job, 1, by=PROVIDER)
    assert world.event("BidsRevoked").args == {"jobId": job, "provider": PROVIDER.lower(), "below": 1}
    with refused("bid revoked"):
        award(world, job, old)
    award(world, job, new)
    assert world.hook.terms(job)[1] == 120


def test_a_revocation_is_the_providers_own_and_for_one_job(world: World) -> None:
    job, other = world.called(), world.called()
    world.hook.revokeBids(job, 1, by=RIVAL)
    world.hook.revokeBids(other, 1, by=PROVIDER)
    award(world, job, world.bid(job, Offer()))
    assert world.kernel.getJob(job)[2] == PROVIDER.lower()


def test_what_was_revoked_does_not_come_back(world: World) -> None:
    job = world.called()
    world.hook.revokeBids(job, 5, by=PROVIDER)
    for below in (0, 4, 5):
        with refused("revoked already"):
            world.hook.revokeBids(job, below, by=PROVIDER)


def test_an_accepted_bid_is_not_replaced(world: World) -> None:
    job = world.awarded()
    world.hook.revokeBids(job, 9, by=PROVIDER)
    cheaper = Offer(amount=50, nonce=9)
    with refused("provider set"):
        award(world, job, world.bid(job, cheaper))
    with refused("not the bid's amount"):
        world.kernel.setBudget(job, 50, world.bid(job, cheaper), by=CLIENT)
    assert world.hook.terms(job)[1] == 100


# The budget


@pytest.mark.parametrize("amount", [0, 99, 101])
@pytest.mark.parametrize("party", [CLIENT, PROVIDER])
def test_the_budget_is_what_was_bid(world: World, party: str, amount: int) -> None:
    job = world.awarded()
    with refused("not the bid's amount"):
        world.kernel.setBudget(job, amount, by=party)
    world.kernel.setBudget(job, 100, by=party)


def test_a_budget_set_before_the_award_is_not_what_is_paid(world: World) -> None:
    job = world.called()
    world.kernel.setBudget(job, 5, by=CLIENT)
    award(world, job, world.bid(job, Offer()))
    with refused("not the bid's amount"):
        world.kernel.fund(job, 5, by=CLIENT)


@pytest.mark.parametrize("party", [CLIENT, PROVIDER])
def test_a_provider_whom_the_job_was_created_with_has_not_bid(world: World, party: str) -> None:
    """Neither side could see, in the other's `setBudget`, which arbiter it is paying under."""
    job = world.called(provider=PROVIDER)
    for bid in (b"", world.bid(job, Offer())):
        with refused("no bid"):
            world.kernel.setBudget(job, 100, bid, by=party)
    with refused("no budget"):
        world.kernel.fund(job, 0, by=CLIENT)


# Opening the bidding on chain


def opened(world: World, deadline: int, cfp: bytes = CFP) -> int:
    job = world.called()
    world.kernel.setBudget(job, 500, encode(["uint256", "bytes32"], [deadline, cfp]), by=CLIENT)
    return job


def test_a_client_may_fix_the_call_and_its_deadline(world: World) -> None:
    deadline = world.evm.now + 60
    job = opened(world, deadline)
    assert world.hook.opening(job) == (deadline, CFP)
    assert world.event("BiddingOpened").args == {"jobId": job, "deadline": deadline, "cfpHash": CFP}


@pytest.mark.parametrize(("early", "may"), [(1, False), (0, True), (-1, True)])
def test_nobody_is_awarded_before_the_deadline(world: World, early: int, may: bool) -> None:
    job = opened(world, world.evm.now + 60)
    bid = world.bid(job, Offer())
    world.wait(60 - early)
    if may:
        award(world, job, bid)
    else:
        with refused("bidding open"):
            award(world, job, bid)


def test_a_bid_for_another_call_is_refused(world: World) -> None:
    job = opened(world, world.evm.now + 60)
    world.wait(60)
    with refused("another call"):
        award(world, job, world.bid(job, Offer(cfp_hash=b"\x01" * 32)))


def test_what_was_opened_is_not_opened_again(world: World) -> None:
    job = opened(world, world.evm.now + 60)
    with refused("opened already"):
        world.kernel.setBudget(job, 500, encode(["uint256", "bytes32"], [world.evm.now + 1, CFP]), by=CLIENT)


def test_a_deadline_lies_in_the_future(world: World) -> None:
    with refused("deadline passed"):
        opened(world, world.evm.now)


# Who judges


@pytest.mark.parametrize("arbiter", [NOBODY, CLIENT, PROVIDER])
def test_an_arbiter_is_a_third(world: World, arbiter: str) -> None:
    job = world.called()
    with refused("no arbiter" if arbiter == NOBODY else "a party as arbiter"):
        award(world, job, world.bid(job, Offer(arbiter=arbiter)))


@pytest.mark.parametrize("window", ["dispute_window", "arbitration_window"])
@pytest.mark.parametrize(("seconds", "fits"), [(0, False), (59, False), (60, True)])
def test_a_window_is_long_enough_to_be_used(world: World, window: str, seconds: int, fits: bool) -> None:
    job = world.called()
    bid = world.bid(job, replace(Offer(), **{window: seconds}))  # type: ignore[arg-type]
    if fits:
        award(world, job, bid)
    else:
        with refused("window too short"):
            award(world, job, bid)


ALONE = Offer(arbiter=NOBODY, dispute_window=0, arbitration_window=0)


def test_a_client_who_judges_alone_is_bid_to_in_those_words(world: World) -> None:
    job = world.paid_in(ALONE, evaluator=CLIENT, lasts=20)
    world.wait(19)
    world.kernel.submit(job, WORK, by=PROVIDER)
    assert world.status(job) == SUBMITTED


@pytest.mark.parametrize("offer", [Offer(), replace(ALONE, dispute_window=60), replace(ALONE, arbitration_window=60)])
def test_a_client_who_judges_alone_promises_no_arbiter_and_no_window(world: World, offer: Offer) -> None:
    job = world.called(evaluator=CLIENT)
    with refused():
        award(world, job, world.bid(job, offer))


def test_any_other_evaluator_is_refused(world: World) -> None:
    job = world.called(evaluator=STRANGER)
    with refused("unknown evaluator"):
        award(world, job, world.bid(job, ALONE))


# The hook itself


@pytest.mark.parametrize("method", ["beforeAction", "afterAction"])
def test_only_the_kernel_calls_the_hook(world: World, method: str) -> None:
    job = world.delivered()
    selector = keccak(text="submit(uint256,bytes32,bytes)")[:4]
    world.wait(50)
    for caller in (CLIENT, PROVIDER, world.evaluator.address):
        with refused("not the kernel"):
            getattr(world.hook, method)(job, selector, b"", by=caller)


def test_the_hook_says_that_it_is_one(world: World) -> None:
    before = int.from_bytes(keccak(text="beforeAction(uint256,bytes4,bytes)")[:4], "big")
    after = int.from_bytes(keccak(text="afterAction(uint256,bytes4,bytes)")[:4], "big")
    assert world.hook.supportsInterface((before ^ after).to_bytes(4, "big"))
    assert world.hook.supportsInterface(bytes.fromhex("01ffc9a7"))
    assert not world.hook.supportsInterface(b"\xff\xff\xff\xff")


def test_the_hook_says_what_it_is_bound_to(world: World) -> None:
    bound = (world.hook.kernel(), world.hook.evaluator(), world.hook.token())
    assert bound == tuple(one.address.lower() for one in (world.kernel, world.evaluator, world.token))


def test_a_client_rejects_an_open_job_and_the_hook_lets_it(world: World) -> None:
    job = world.awarded()
    world.kernel.reject(job, by=CLIENT)
    assert world.has(CLIENT) == 0
