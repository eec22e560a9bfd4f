"""Tokens and hooks that mean harm: what they can do to a job, and that they can do nothing to a refund."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.evm import Contract
from tests.contracts.world import (
    CLIENT,
    COMPLETED,
    DEPLOYER,
    EXPIRED,
    FUNDED,
    NOBODY,
    OPEN,
    PROVIDER,
    REJECTED,
    STRANGER,
    SUBMITTED,
    WHY,
    WORK,
    World,
    refused,
)

# What `be` takes, of tokens and of hooks.
HONEST, SAYS_NO, REVERTS, TAKES_A_FEE, CALLS_BACK = range(5)
LETS_PASS, REVERTS_BEFORE, REVERTS_AFTER, BURNS_GAS, CALLS_BACK_BEFORE, CALLS_BACK_AFTER = range(6)
HARM = [REVERTS_BEFORE, REVERTS_AFTER, BURNS_GAS]


def with_token(world: World, name: str = "hostile_token") -> tuple[World, Contract]:
    """The same world with an escrow over this token; client and hostile token itself have plenty."""
    other = object.__new__(World)
    other.__dict__ = dict(world.__dict__)
    other.token = world.hostile(name)
    other.kernel = world.deploy("JobEscrow", other.token.address)
    other.token.mint(CLIENT, 1_000_000, by=CLIENT)
    other.token.approve(other.kernel.address, 1_000_000, by=CLIENT)
    return other, other.token


def hooked(world: World) -> Contract:
    return world.hostile("hostile_hook")


# Tokens


@pytest.mark.parametrize("harm", [SAYS_NO, REVERTS, TAKES_A_FEE])
def test_a_token_that_does_not_pay_in_full_funds_nothing(world: World, harm: int) -> None:
    other, token = with_token(world)
    job = other.created()
    other.kernel.setBudget(job, 100, by=CLIENT)
    token.be(harm, NOBODY, b"", by=STRANGER)
    with refused():
        other.kernel.fund(job, 100, by=CLIENT)
    assert (other.status(job), token.balanceOf(CLIENT)) == (OPEN, 1_000_000)


@pytest.mark.parametrize("harm", [SAYS_NO, REVERTS])
def test_a_payment_that_fails_leaves_the_job_as_it_was(world: World, harm: int) -> None:
    other, token = with_token(world)
    job = other.submitted()
    token.be(harm, NOBODY, b"", by=STRANGER)
    with refused():
        other.kernel.complete(job, by=CLIENT)
    with refused():
        other.kernel.reject(job, by=CLIENT)
    other.wait(1000)
    with refused():
        other.kernel.claimRefund(job, by=CLIENT)
    assert (other.status(job), token.balanceOf(other.kernel.address)) == (SUBMITTED, 100)
    token.be(HONEST, NOBODY, b"", by=STRANGER)
    other.kernel.claimRefund(job, by=CLIENT)
    assert (other.status(job), token.balanceOf(CLIENT)) == (EXPIRED, 1_000_000)


def test_a_token_whose_transfers_return_nothing_is_paid_with(world: World) -> None:
    other, token = with_token(world, "mute_token")
    job = other.submitted()
    other.kernel.complete(job, by=CLIENT)
    assert (token.balanceOf(PROVIDER), token.balanceOf(other.kernel.address)) == (100, 0)


def entrances(world: World, job: int) -> list[bytes]:
    """Every call that moves money or a job, as bytes."""
    kernel = world.kernel
    return [
        kernel.data("claimRefund", job),
        kernel.data("complete", job),
        kernel.data("reject", job),
        kernel.data("submit", job, WORK),
        kernel.data("fund", job, 100),
        kernel.data("setBudget", job, 1),
        kernel.data("setProvider", job, STRANGER),
        kernel.data("createJob", STRANGER, STRANGER, 2**40, ""),
    ]


def test_a_token_that_calls_back_while_it_pays_gets_nowhere(world: World) -> None:
    """The token is the client, the provider and the evaluator of a second job, so that only the lock is in its way."""
    other, token = with_token(world)
    first = other.created(evaluator=CLIENT)
    other.kernel.setBudget(first, 100, by=CLIENT)
    token.mint(token.address, 1000, by=CLIENT)
    own = other.kernel.createJob(token.address, token.address, other.evm.now + 10, "", by=token.address)
    other.kernel.setBudget(own, 100, by=token.address)
    token.approve(other.kernel.address, 1000, by=token.address)
    for call in entrances(other, own):
        with other.evm.undone():
            token.be(CALLS_BACK, other.kernel.address, call, by=STRANGER)
            other.kernel.fund(first, 100, by=CLIENT)
            assert (token.calledBack(), token.got_through()) == (1, 0)
    other.kernel.fund(first, 100, by=CLIENT)
    other.kernel.fund(own, 100, by=token.address)
    other.kernel.submit(first, WORK, by=PROVIDER)
    other.wait(1000)
    for call in entrances(other, own):
        for paying in ("claimRefund", "complete", "reject"):
            with other.evm.undone():
                token.be(CALLS_BACK, other.kernel.address, call, by=STRANGER)
                getattr(other.kernel, paying)(first, by=CLIENT)
                assert (token.calledBack(), token.got_through()) == (1, 0)
                assert token.balanceOf(other.kernel.address) == 100


# Hooks


def calls(world: World) -> list[tuple[str, str, tuple[Any, ...], str, bytes]]:
    """Each hookable call: its name, who makes it, its arguments, the longest form, and how its data is encoded."""
    nothing = b"for the hook"
    return [
        ("setProvider", CLIENT, (PROVIDER, nothing), "setProvider(uint256,address,bytes)",
         encode(["address", "bytes"], [PROVIDER, nothing])),
        ("setBudget", PROVIDER, (100, nothing), "setBudget(uint256,uint256,bytes)",
         encode(["uint256", "bytes"], [100, nothing])),
        ("fund", CLIENT, (100, nothing), "fund(uint256,uint256,bytes)", nothing),
        ("submit", PROVIDER, (WORK, nothing), "submit(uint256,bytes32,bytes)",
         encode(["bytes32", "bytes"], [WORK, nothing])),
        ("complete", CLIENT, (WHY, nothing), "complete(uint256,bytes32,bytes)",
         encode(["bytes32", "bytes"], [WHY, nothing])),
        ("reject", CLIENT, (WHY, nothing), "reject(uint256,bytes32,bytes)",
         encode(["bytes32", "bytes"], [WHY, nothing])),
    ]  # fmt: skip


def test_a_hook_is_told_before_and_after_with_selector_and_data_of_the_standard(world: World) -> None:
    hook = hooked(world)
    job = world.created(provider=NOBODY, hook=hook.address)
    after = [OPEN, OPEN, FUNDED, SUBMITTED, COMPLETED]
    before = [OPEN, OPEN, OPEN, FUNDED, SUBMITTED]
    for (name, caller, arguments, form, data), was, becomes in zip(calls(world)[:5], before, after, strict=True):
        getattr(world.kernel, name)(job, *arguments, by=caller)
        told = [event.args for event in world.evm.events if event.name == "Told"]
        assert [(one["before"], one["jobId"], one["data"]) for one in told] == [(True, job, data), (False, job, data)]
        assert {one["selector"] for one in told} == {keccak(text=form)[:4]}
        assert [one["status"] for one in told] == [was, becomes]


def test_a_rejection_is_told_to_the_hook(world: World) -> None:
    hook = hooked(world)
    job = world.created(hook=hook.address)
    name, caller, arguments, form, data = calls(world)[5]
    getattr(world.kernel, name)(job, *arguments, by=caller)
    told = [event.args for event in world.evm.events if event.name == "Told"]
    assert [(one["before"], one["selector"], one["data"], one["status"]) for one in told] == [
        (True, keccak(text=form)[:4], data, OPEN),
        (False, keccak(text=form)[:4], data, REJECTED),
    ]


def test_the_short_form_tells_the_hook_the_same_selector(world: World) -> None:
    hook = hooked(world)
    job = world.created(hook=hook.address)
    world.kernel.setBudget(job, 100, by=CLIENT)
    told = [event.args for event in world.evm.events if event.name == "Told"]
    assert {one["selector"] for one in told} == {keccak(text="setBudget(uint256,uint256,bytes)")[:4]}
    assert {one["data"] for one in told} == {encode(["uint256", "bytes"], [100, b""])}


def test_neither_the_creation_nor_a_refund_is_told_to_a_hook(world: World) -> None:
    hook = hooked(world)
    job = world.created(hook=hook.address)
    assert world.told == ["JobCreated"]
    world.kernel.setBudget(job, 100, by=CLIENT)
    world.kernel.fund(job, 100, by=CLIENT)
    world.wait(1000)
    world.kernel.claimRefund(job, by=STRANGER)
    assert world.told == ["Refunded", "JobExpired"]


@pytest.mark.parametrize("harm", HARM)
def test_a_hook_blocks_what_is_hooked_and_changes_nothing(world: World, harm: int) -> None:
    hook = hooked(world)
    job = world.created(provider=NOBODY, hook=hook.address)
    for name, caller, arguments, _, _ in calls(world)[:5]:
        hook.be(harm, NOBODY, b"", by=STRANGER)
        before = world.kernel.getJob(job)
        with refused():
            getattr(world.kernel, name)(job, *arguments, by=caller)
        assert world.kernel.getJob(job) == before
        hook.be(LETS_PASS, NOBODY, b"", by=STRANGER)
        getattr(world.kernel, name)(job, *arguments, by=caller)


@pytest.mark.parametrize("harm", [*HARM, CALLS_BACK_BEFORE, CALLS_BACK_AFTER])
@pytest.mark.parametrize("state", [FUNDED, SUBMITTED])
def test_no_hook_stands_between_a_client_and_an_expired_escrow(world: World, state: int, harm: int) -> None:
    hook = hooked(world)
    job = world.funded(hook=hook.address) if state == FUNDED else world.submitted(hook=hook.address)
    hook.be(harm, world.kernel.address, world.kernel.data("reject", job), by=STRANGER)
    world.wait(1000)
    world.kernel.claimRefund(job, by=STRANGER)
    assert (world.status(job), world.has(CLIENT)) == (EXPIRED, 0)


def test_a_hook_that_burns_gas_burns_no_more_than_its_share(world: World) -> None:
    hook = hooked(world)
    job = world.created(hook=hook.address)
    hook.be(BURNS_GAS, NOBODY, b"", by=STRANGER)
    with refused():
        world.kernel.setBudget(job, 100, by=CLIENT)
    assert 1_000_000 < world.evm.gas_used < 1_200_000


@pytest.mark.parametrize("when", [CALLS_BACK_BEFORE, CALLS_BACK_AFTER])
def test_a_hook_that_calls_back_gets_nowhere(world: World, when: int) -> None:
    """The hook is client, provider and evaluator of its own job, which has expired: only the lock is in its way."""
    hook = hooked(world)
    job = world.created(hook=hook.address)
    own = world.kernel.createJob(hook.address, hook.address, world.evm.now + 10, "", by=hook.address)
    world.token.mint(hook.address, 1000, by=DEPLOYER)
    world.token.approve(world.kernel.address, 1000, by=hook.address)
    world.kernel.setBudget(own, 100, by=hook.address)
    world.kernel.fund(own, 100, by=hook.address)
    world.wait(20)
    for target in (job, own):
        for call in entrances(world, target):
            with world.evm.undone():
                hook.be(when, world.kernel.address, call, by=STRANGER)
                world.kernel.setBudget(job, 100, by=CLIENT)
                assert hook.got_through() == 0
                assert world.has(world.kernel.address) == 100


def test_a_hook_may_not_leave_the_money_where_it_was_not_meant_to_go(world: World) -> None:
    """A hook that reverts after the payment takes the payment back with it."""
    hook = hooked(world)
    job = world.submitted(hook=hook.address)
    hook.be(REVERTS_AFTER, NOBODY, b"", by=STRANGER)
    with refused("hostile"):
        world.kernel.complete(job, by=CLIENT)
    assert (world.status(job), world.has(PROVIDER), world.has(world.kernel.address)) == (SUBMITTED, 0, 100)
