"""The reputation registry of ERC-8004, rule by rule."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.contracts.world import CLIENT, DEPLOYER, NOBODY, PROVIDER, RIVAL, STRANGER, WHY, World, all_refused, refused


@pytest.fixture
def agent(world: World) -> int:
    made: int = world.identity.register(by=PROVIDER)
    return made


def give(
    world: World,
    agent: int,
    value: int = 90,
    decimals: int = 0,
    tag1: str = "starred",
    tag2: str = "",
    by: str = CLIENT,
) -> None:
    world.reputation.giveFeedback(agent, value, decimals, tag1, tag2, "", "ipfs://file", WHY, by=by)


# Which registry it is for


def test_the_deployer_says_once_which_registry_it_is_for(world: World) -> None:
    assert world.reputation.getIdentityRegistry() == world.identity.address.lower()
    with refused("initialized already"):
        world.reputation.initialize(world.identity.address, by=DEPLOYER)
    fresh = world.deploy("ReputationRegistry")
    with refused("not the deployer"):
        fresh.initialize(world.identity.address, by=STRANGER)
    with refused("no registry"):
        fresh.initialize(STRANGER, by=DEPLOYER)


# Giving


def test_feedback_is_told_and_kept(world: World, agent: int) -> None:
    world.reputation.giveFeedback(agent, -32, 1, "yield", "day", "https://a.example", "ipfs://f", WHY, by=CLIENT)
    assert world.event("NewFeedback").args == {
        "agentId": agent, "clientAddress": CLIENT.lower(), "feedbackIndex": 1, "value": -32, "valueDecimals": 1,
        "indexedTag1": keccak(text="yield"), "tag1": "yield", "tag2": "day", "endpoint": "https://a.example",
        "feedbackURI": "ipfs://f", "feedbackHash": WHY,
    }  # fmt: skip
    assert world.reputation.readFeedback(agent, CLIENT, 1) == (-32, 1, "yield", "day", False)


def test_indices_are_counted_from_one_for_each_client(world: World, agent: int) -> None:
    give(world, agent)
    give(world, agent)
    give(world, agent, by=RIVAL)
    last = [world.reputation.getLastIndex(agent, who) for who in (CLIENT, RIVAL, STRANGER)]
    assert last == [2, 1, 0]
    assert world.reputation.getClients(agent) == (CLIENT.lower(), RIVAL.lower())


def test_an_agent_that_does_not_exist_gets_no_feedback(world: World) -> None:
    with refused("no such agent"):
        give(world, 9)


@pytest.mark.parametrize(("decimals", "fits"), [(18, True), (19, False)])
def test_decimals_are_eighteen_at_most(world: World, agent: int, decimals: int, fits: bool) -> None:
    if fits:
        give(world, agent, decimals=decimals)
    else:
        with refused("too many decimals"):
            give(world, agent, decimals=decimals)


def test_nobody_praises_their_own_agent(world: World, agent: int) -> None:
    world.identity.setApprovalForAll(RIVAL, True, by=PROVIDER)
    world.identity.approve(STRANGER, agent, by=PROVIDER)
    for who in (PROVIDER, RIVAL, STRANGER):
        with refused("own feedback"):
            give(world, agent, by=who)


# Taking back


def test_feedback_is_taken_back_by_who_gave_it(world: World, agent: int) -> None:
    give(world, agent)
    world.reputation.revokeFeedback(agent, 1, by=CLIENT)
    assert world.event("FeedbackRevoked").args == {
        "agentId": agent,
        "clientAddress": CLIENT.lower(),
        "feedbackIndex": 1,
    }
    assert world.reputation.readFeedback(agent, CLIENT, 1)[4] is True
    with refused("revoked already"):
        world.reputation.revokeFeedback(agent, 1, by=CLIENT)


@pytest.mark.parametrize("index", [0, 2])
def test_what_was_not_given_is_not_taken_back_read_or_answered(world: World, agent: int, index: int) -> None:
    give(world, agent)
    all_refused(
        "no such feedback",
        lambda: world.reputation.revokeFeedback(agent, index, by=CLIENT),
        lambda: world.reputation.readFeedback(agent, CLIENT, index),
        lambda: world.reputation.appendResponse(agent, CLIENT, index, "u", WHY, by=STRANGER),
        lambda: world.reputation.revokeFeedback(agent, 1, by=STRANGER),
    )


# Answering


def test_anybody_answers_and_that_is_told(world: World, agent: int) -> None:
    give(world, agent)
    world.reputation.appendResponse(agent, CLIENT, 1, "ipfs://answer", WHY, by=STRANGER)
    assert world.event("ResponseAppended").args == {
        "agentId": agent, "clientAddress": CLIENT.lower(), "feedbackIndex": 1, "responder": STRANGER.lower(),
        "responseURI": "ipfs://answer", "responseHash": WHY,
    }  # fmt: skip


def test_an_answer_without_a_file_is_none(world: World, agent: int) -> None:
    give(world, agent)
    with refused("no response"):
        world.reputation.appendResponse(agent, CLIENT, 1, "", WHY, by=STRANGER)


def test_answers_are_counted_by_what_is_named(world: World, agent: int) -> None:
    give(world, agent)
    give(world, agent)
    give(world, agent, by=RIVAL)
    for client, index, responder in [(CLIENT, 1, PROVIDER), (CLIENT, 1, PROVIDER), (CLIENT, 1, STRANGER),
                                     (CLIENT, 2, STRANGER), (RIVAL, 1, STRANGER)]:  # fmt: skip
        world.reputation.appendResponse(agent, client, index, "u", WHY, by=responder)
    count = world.reputation.getResponseCount
    assert count(agent, CLIENT, 1, []) == 3
    assert count(agent, CLIENT, 1, [PROVIDER]) == 2
    assert count(agent, CLIENT, 0, []) == 4
    assert count(agent, CLIENT, 0, [STRANGER]) == 2
    assert count(agent, NOBODY, 0, []) == 5
    assert count(agent, NOBODY, 1, [STRANGER]) == 3
    assert count(agent, NOBODY, 0, [STRANGER, PROVIDER]) == 5
    assert count(agent, NOBODY, 0, [NOBODY]) == 0


# Reading


def test_a_summary_names_its_clients(world: World, agent: int) -> None:
    with refused("no clients"):
        world.reputation.getSummary(agent, [], "", "")


def test_a_summary_counts_those_clients_only_and_nothing_revoked(world: World, agent: int) -> None:
    give(world, agent, 90)
    give(world, agent, 70)
    give(world, agent, 10)
    give(world, agent, 0, by=STRANGER)
    world.reputation.revokeFeedback(agent, 3, by=CLIENT)
    assert world.reputation.getSummary(agent, [CLIENT], "", "") == (2, 80, 0)
    assert world.reputation.getSummary(agent, [CLIENT, STRANGER], "", "") == (3, 53, 0)
    assert world.reputation.getSummary(agent, [RIVAL], "", "") == (0, 0, 0)


def test_a_summary_is_filtered_by_tags(world: World, agent: int) -> None:
    give(world, agent, 10, tag1="starred", tag2="day")
    give(world, agent, 20, tag1="starred", tag2="week")
    give(world, agent, 40, tag1="uptime", tag2="week")
    summary = world.reputation.getSummary
    assert summary(agent, [CLIENT], "starred", "") == (2, 15, 0)
    assert summary(agent, [CLIENT], "", "week") == (2, 30, 0)
    assert summary(agent, [CLIENT], "starred", "week") == (1, 20, 0)


def test_a_summary_has_the_decimals_that_most_have_and_the_fewest_of_those(world: World, agent: int) -> None:
    give(world, agent, 9977, 2)
    give(world, agent, 9925, 2)
    give(world, agent, 100, 0)
    assert world.reputation.getSummary(agent, [CLIENT], "", "") == (3, 9967, 2)
    give(world, agent, 100, 0)
    assert world.reputation.getSummary(agent, [CLIENT], "", "") == (4, 99, 0)


def test_a_summary_of_losses_is_negative(world: World, agent: int) -> None:
    give(world, agent, -32, 1)
    give(world, agent, -33, 1)
    assert world.reputation.getSummary(agent, [CLIENT], "", "") == (2, -32, 1)


@pytest.mark.parametrize("value", [-(2**127), 2**127 - 1])
def test_the_largest_values_do_not_overflow_a_summary(world: World, agent: int, value: int) -> None:
    give(world, agent, value)
    give(world, agent, value)
    assert world.reputation.getSummary(agent, [CLIENT], "", "") == (2, value, 0)


def test_everything_is_read_in_order_without_what_was_revoked(world: World, agent: int) -> None:
    give(world, agent, 90, 0, "starred", "a")
    give(world, agent, 5, 1, "uptime", "b")
    give(world, agent, 70, 0, "starred", "c", by=RIVAL)
    world.reputation.revokeFeedback(agent, 1, by=RIVAL)
    one, two = CLIENT.lower(), RIVAL.lower()
    read = world.reputation.readAllFeedback
    assert read(agent, [], "", "", False) == (
        (one, one), (1, 2), (90, 5), (0, 1), ("starred", "uptime"), ("a", "b"), (False, False),
    )  # fmt: skip
    assert read(agent, [], "", "", True)[0] == (one, one, two)
    assert read(agent, [RIVAL], "", "", True) == ((two,), (1,), (70,), (0,), ("starred",), ("c",), (True,))
    assert read(agent, [], "starred", "", True)[1] == (1, 1)


def test_more_than_one_answer_holds_is_refused_and_read_by_naming_clients(world: World, agent: int) -> None:
    for _ in range(256):
        give(world, agent)
    assert len(world.reputation.readAllFeedback(agent, [], "", "", False)[0]) == 256
    give(world, agent, by=RIVAL)
    with refused("too many: name fewer clients"):
        world.reputation.readAllFeedback(agent, [], "", "", False)
    assert len(world.reputation.readAllFeedback(agent, [CLIENT], "", "", False)[0]) == 256
    assert world.reputation.getSummary(agent, [CLIENT, RIVAL], "", "")[0] == 257


def test_a_crowd_keeps_nobody_from_giving_feedback(world: World, agent: int) -> None:
    crowd = [f"0x{number:040x}" for number in range(1, 41)]
    for member in crowd:
        give(world, agent, 1, by=member)
    give(world, agent, 90)
    assert world.reputation.getClients(agent) == (*crowd, CLIENT.lower())
    assert world.reputation.getSummary(agent, [CLIENT], "", "") == (1, 90, 0)
