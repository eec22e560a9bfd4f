"""What validators found who did a peer's work again: whose word counts for its reputation, and how much."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chain import validating
from app.chain.reputation import known
from app.node import Node
from p2p.reputation import Own, Redone, Standing, standing
from p2p.trust import Paid, trusted
from p2p.validation import TAG
from tests.unit.chains_fixtures import profile, rehearsing
from tests.unit.reputation_fixtures import Person, believed, person

BOB, CAROL = "12D3KooWBob", "12D3KooWCarol"


def seen(*redone: Redone, contacts: tuple[str, ...] = (), trust: float = 0.0) -> Standing:
    return standing(Own(), [], lambda _: 0.0, contacts, redone, lambda _: trust)


def test_a_contact_who_did_it_again_counts_once_however_often() -> None:
    found = seen(*[Redone("carol", 1.0)] * 30, contacts=("carol",))

    assert [(one.code, one.values) for one in found.reasons] == [("redone", {"count": 1, "mean": 1.0})]
    assert found.weight == 1


def test_what_came_out_otherwise_counts_against_it() -> None:
    assert seen(Redone("carol", 0.0), contacts=("carol",)).likely < 0.5


def test_validators_whom_nobody_trusts_are_named_and_count_for_nothing() -> None:
    found = seen(*[Redone(f"s{n}", 1.0) for n in range(500)])

    assert [(one.code, one.values) for one in found.reasons] == [("nothing", {}), ("redone-strangers", {"count": 500})]
    assert found.weight == 0


def test_a_trusted_stranger_counts_by_the_part_of_their_answers_that_is_about_this_agent() -> None:
    (reason,) = seen(Redone("dave", 1.0, share=0.8), trust=0.9).reasons

    assert reason.code == "redone-paid"
    assert reason.values["weight"] == pytest.approx(0.72)


def test_a_faint_validator_is_left_out() -> None:
    assert seen(Redone("dave", 1.0, share=0.1), trust=0.9).weight == 0


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 20), st.integers(1, 3))
def test_what_bought_validators_vouch_for_is_limited_by_the_money_that_honest_people_paid_them(
    agents: int, bought: int
) -> None:
    """One who is trusted a little and answers for a ring of agents splits that among them."""
    jobs = [Paid("me", f"h{n}", 20, 1.0) for n in range(8)]
    jobs += [Paid(f"h{n}", "validator", 1, 1.0) for n in range(bought)]
    jobs += [Paid("validator", f"a{n}", 10**6, 1.0) for n in range(agents)]
    trust = trusted("me", [], jobs)

    counted = sum(
        seen(Redone("validator", 1.0, share=1 / agents), trust=trust.beside(f"a{n}")("validator")).weight
        for n in range(agents)
    )

    assert counted <= trust.whole * trust.visits["validator"] + 1e-6


def test_an_agent_brings_no_validator_trust_by_paying_it() -> None:
    trust = trusted("me", [], [Paid("me", "bob", 10, 1.0), Paid("bob", "puppet", 10**6, 1.0)])

    assert trust.beside("bob")("puppet") == pytest.approx(0, abs=1e-3)


@pytest.fixture(name="node")
async def node_fixture(tmp_path: Path) -> AsyncIterator[Node]:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        yield node


async def redone(
    node: Node, bob: Person, agent: int, by: Person, response: int, tag: str = TAG, number: int = 1
) -> None:
    """Bob asks `by`, who answers."""
    name = number.to_bytes(32)
    await node.chains.thread(bob.does, "validation", validating.ASK, by.address, agent, "data:,", name)
    await node.chains.thread(by.does, "validation", validating.ANSWER, name, response, "", bytes(32), tag)


async def test_of_the_registry_only_those_one_trusts_are_counted(node: Node) -> None:
    """Carol is a contact.  Erin is nobody; what Bob says of himself, and what is no re-execution, is not even named."""
    bob, carol, erin = [await person(node, name) for name in ("bob", "carol", "erin")]
    agent = await believed(node, BOB, bob)
    await believed(node, CAROL, carol, "Carol")
    await redone(node, bob, agent, carol, 100, number=1)
    await redone(node, bob, agent, erin, 100, number=2)
    await redone(node, bob, agent, bob, 100, number=3)
    await redone(node, bob, agent, carol, 0, tag="uptime", number=4)

    found = (await known(node, BOB)).standing

    assert [(one.code, one.values["count"]) for one in found.reasons] == [("redone", 1), ("redone-strangers", 1)]
    assert found.weight == 1
    assert found.likely == pytest.approx(2 / 3)
