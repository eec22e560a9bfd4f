"""A kernel that speaks the ABI which ERC-8183 printed: what a client's second adapter is tested with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_utils.crypto import keccak

from p2p.contracts import artefacts
from p2p.contracts.transcribed import nameless, signature
from tests.contracts.evm import Contract
from tests.contracts.world import (
    CLIENT,
    COMPLETED,
    DEPLOYER,
    EXPIRED,
    NOBODY,
    PROVIDER,
    RIVAL,
    STRANGER,
    WHY,
    WORK,
    World,
    hostile,
    refused,
)


@pytest.fixture
def kernel(world: World) -> Contract:
    made = world.hostile("printed_kernel")
    made.initialize(world.token.address, RIVAL, by=DEPLOYER)
    world.token.approve(made.address, 1000, by=CLIENT)
    return made


def bid(world: World, kernel: Contract, amount: int = 100) -> int:
    """A job whose provider has set the budget, which is its bid."""
    job: int = kernel.createJob(NOBODY, CLIENT, world.evm.now + 1000, "a brief", NOBODY, by=CLIENT)
    kernel.setProvider(job, PROVIDER, by=CLIENT)
    kernel.setBudget(job, amount, b"", by=PROVIDER)
    return job


def test_it_has_every_call_and_event_that_was_printed() -> None:
    printed = [entry for entry in artefacts.interface("IErc8183Printed") if entry["type"] != "error"]
    has = nameless(hostile("printed_kernel")[1])
    assert [signature(entry) for entry in printed if nameless(entry) not in has] == []


def test_the_providers_budget_is_the_bid(world: World, kernel: Contract) -> None:
    job = bid(world, kernel)
    assert kernel.jobHasBudget(job)
    with refused(""):
        kernel.setBudget(job, 50, b"", by=CLIENT)
    kernel.fund(job, b"", by=CLIENT)
    kernel.submit(job, WORK, b"", by=PROVIDER)
    kernel.complete(job, WHY, b"", by=CLIENT)
    assert kernel.getJob(job)[7] == COMPLETED
    assert world.has(PROVIDER) == 100


def test_fees_are_taken_from_what_the_provider_gets(world: World, kernel: Contract) -> None:
    kernel.setPlatformFee(250, RIVAL, by=DEPLOYER)
    job = bid(world, kernel)
    kernel.fund(job, b"", by=CLIENT)
    kernel.submit(job, WORK, b"", by=PROVIDER)
    kernel.complete(job, WHY, b"", by=CLIENT)
    assert (world.has(PROVIDER), world.has(RIVAL)) == (98, 2)


def test_an_expired_job_is_refunded(world: World, kernel: Contract) -> None:
    job = bid(world, kernel)
    kernel.fund(job, b"", by=CLIENT)
    world.wait(1000)
    kernel.claimRefund(job, by=STRANGER)
    assert (kernel.getJob(job)[7], world.has(CLIENT)) == (EXPIRED, 0)


def test_a_refusal_is_one_of_the_printed_errors(world: World, kernel: Contract) -> None:
    errors = [entry for entry in artefacts.interface("IErc8183Printed") if entry["type"] == "error"]
    names = {keccak(text=signature(entry))[:4]: entry["name"] for entry in errors}
    job = bid(world, kernel)
    refusals: list[tuple[Callable[[], object], str]] = [
        (lambda: kernel.fund(job, b"", by=STRANGER), "Unauthorized"),
        (lambda: kernel.submit(job, WORK, b"", by=PROVIDER), "WrongStatus"),
        (lambda: kernel.claimRefund(99, by=STRANGER), "InvalidJob"),
        (lambda: kernel.createJob(NOBODY, CLIENT, world.evm.now + 300, "", NOBODY, by=CLIENT), "ExpiryTooShort"),
        (lambda: kernel.createJob(NOBODY, CLIENT, 2**40, "", world.hook.address, by=CLIENT), "HookNotWhitelisted"),
    ]
    for call, says in refusals:
        with refused():
            call()
        assert names[world.evm.said] == says


def test_a_hook_on_the_list_is_told_with_the_caller(world: World, kernel: Contract) -> None:
    with refused():
        kernel.setHookWhitelist(world.hook.address, True, by=STRANGER)
    kernel.setHookWhitelist(world.hook.address, True, by=DEPLOYER)
    assert world.event("HookWhitelistUpdated").args == {"hook": world.hook.address.lower(), "status": True}
    with refused("not the kernel"):
        kernel.createJob(NOBODY, CLIENT, 2**40, "", world.hook.address, by=CLIENT)
