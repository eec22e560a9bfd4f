"""The validation registry of ERC-8004, rule by rule."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.contracts.world import (
    CLIENT,
    DEPLOYER,
    NOBODY,
    PROVIDER,
    RIVAL,
    STRANGER,
    VALIDATOR,
    WHY,
    World,
    refused,
)

REQUEST = keccak(text="a request")


@pytest.fixture
def agent(world: World) -> int:
    made: int = world.identity.register(by=PROVIDER)
    return made


def ask(world: World, agent: int, request: bytes = REQUEST, validator: str = VALIDATOR, by: str = PROVIDER) -> None:
    world.validation.validationRequest(validator, agent, "ipfs://request", request, by=by)


def answer(world: World, response: int, request: bytes = REQUEST, tag: str = "", by: str = VALIDATOR) -> None:
    world.validation.validationResponse(request, response, "ipfs://answer", WHY, tag, by=by)


def test_the_deployer_says_once_which_registry_it_is_for(world: World) -> None:
    assert world.validation.getIdentityRegistry() == world.identity.address.lower()
    with refused("initialized already"):
        world.validation.initialize(world.identity.address, by=DEPLOYER)
    fresh = world.deploy("ValidationRegistry")
    with refused("not the deployer"):
        fresh.initialize(world.identity.address, by=STRANGER)


def test_a_request_is_told_and_kept(world: World, agent: int) -> None:
    ask(world, agent)
    assert world.event("ValidationRequest").args == {
        "validatorAddress": VALIDATOR.lower(),
        "agentId": agent,
        "requestURI": "ipfs://request",
        "requestHash": REQUEST,
    }
    assert world.validation.getValidationStatus(REQUEST) == (
        VALIDATOR.lower(), agent, 0, b"\x00" * 32, "", world.evm.now,
    )  # fmt: skip
    assert world.validation.getAgentValidations(agent) == (REQUEST,)
    assert world.validation.getValidatorRequests(VALIDATOR) == (REQUEST,)


def test_owner_and_operators_ask_and_nobody_else(world: World, agent: int) -> None:
    with refused("not allowed"):
        ask(world, agent, by=STRANGER)
    world.identity.setApprovalForAll(STRANGER, True, by=PROVIDER)
    world.identity.approve(RIVAL, agent, by=PROVIDER)
    ask(world, agent, by=STRANGER)
    ask(world, agent, keccak(text="another"), by=RIVAL)


def test_an_agent_that_does_not_exist_asks_nothing(world: World) -> None:
    with refused("no such agent"):
        ask(world, 9)


def test_nobody_is_no_validator(world: World, agent: int) -> None:
    with refused("no validator"):
        ask(world, agent, validator=NOBODY)


def test_a_request_is_made_once(world: World, agent: int) -> None:
    ask(world, agent)
    with refused("requested already"):
        ask(world, agent, validator=RIVAL)


def test_the_answer_is_told_and_kept(world: World, agent: int) -> None:
    ask(world, agent)
    world.wait(60)
    answer(world, 87, tag="soft finality")
    assert world.event("ValidationResponse").args == {
        "validatorAddress": VALIDATOR.lower(), "agentId": agent, "requestHash": REQUEST, "response": 87,
        "responseURI": "ipfs://answer", "responseHash": WHY, "tag": "soft finality",
    }  # fmt: skip
    assert world.validation.getValidationStatus(REQUEST) == (
        VALIDATOR.lower(), agent, 87, WHY, "soft finality", world.evm.now,
    )  # fmt: skip


@pytest.mark.parametrize("caller", [PROVIDER, CLIENT, STRANGER])
def test_nobody_but_the_validator_that_was_asked_answers(world: World, agent: int, caller: str) -> None:
    ask(world, agent)
    with refused("not the validator"):
        answer(world, 87, by=caller)


@pytest.mark.parametrize(("response", "fits"), [(0, True), (100, True), (101, False), (255, False)])
def test_an_answer_is_between_0_and_100(world: World, agent: int, response: int, fits: bool) -> None:
    ask(world, agent)
    if fits:
        answer(world, response)
    else:
        with refused("above 100"):
            answer(world, response)


def test_a_later_answer_replaces_an_earlier_one_upwards_and_downwards(world: World, agent: int) -> None:
    ask(world, agent)
    for response in (50, 100, 0):
        answer(world, response)
        assert world.validation.getValidationStatus(REQUEST)[2] == response
    assert world.validation.getSummary(agent, [], "") == (1, 0)


def test_what_was_never_asked_has_no_status_and_no_answer(world: World) -> None:
    with refused("no such request"):
        world.validation.getValidationStatus(REQUEST)
    with refused("no such request"):
        answer(world, 87)


def test_a_summary_is_of_what_was_answered(world: World, agent: int) -> None:
    first, second, third, unanswered = (keccak(text=word) for word in ("1", "2", "3", "4"))
    ask(world, agent, first)
    ask(world, agent, second)
    ask(world, agent, third, validator=RIVAL)
    ask(world, agent, unanswered)
    answer(world, 100, first, "hard")
    answer(world, 51, second, "soft")
    answer(world, 0, third, "hard", by=RIVAL)
    summary = world.validation.getSummary
    assert summary(agent, [], "") == (3, 50)
    assert summary(agent, [VALIDATOR], "") == (2, 75)
    assert summary(agent, [], "hard") == (2, 50)
    assert summary(agent, [RIVAL, STRANGER], "hard") == (1, 0)
    assert summary(agent, [STRANGER], "") == (0, 0)
    assert summary(agent + 1, [], "") == (0, 0)
