"""How tasks go and end for the person who waits for them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import trio

from app.actions import offers, tasks
from app.actions.tasks_cli import PRINTERS
from app.results import as_json
from app.swarm.explaining import explained, reason
from app.swarm.negotiating import Terms
from app.texts import LANGUAGES, catalogue
from p2p.content_fields import Price
from p2p.contents import CallForProposals, Disclosure, Refusal
from p2p.deciding import Bidding, Call
from storage.tasks import FINAL
from tests.unit.fault_fixtures import given_model
from tests.unit.swarm_fixtures import CUT_OFF, alone, contacts, reaches, theirs

pytestmark = CUT_OFF
PROMPT = {"prompt": "Why is the sky blue?", "max_tokens": 20}
BOB = "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq"
FAR = 2**53 - 1


async def test_the_person_chooses_among_the_bids(tmp_path: Path) -> None:
    async with contacts(tmp_path, 3) as (asker, one, two):
        for node in (one, two):
            given_model(node)
        row = await tasks.announce(asker, "inference", PROMPT, ("contacts",), Terms(seconds=120, award="ask"))
        assert (await reaches(asker, row.id, "choosing")).state == "choosing"
        view = await tasks.task(asker, row.id)
        out = io.StringIO()
        PRINTERS["task"](as_json(view), "en", out, "")
        assert f"nuee task award {row.id[:8]}" in out.getvalue()
        assert {bid.state for bid in view.bids} == {"proposed"}
        await tasks.award_task(asker, row.id[:8], ("peer2",))
        done = await reaches(asker, row.id)
        assert (done.state, done.provider) == ("done", two.vault.peer_id)
        assert (await theirs(one, "cancelled", "refused")).provider == ""


async def test_who_no_longer_waits_for_a_task_has_it_called_off_on_both_sides(tmp_path: Path) -> None:
    async with contacts(tmp_path) as (asker, provider):
        given_model(provider).gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tasks.announce_and_wait, asker, "inference", PROMPT, ("contacts",))
            await theirs(provider, "working")
            nursery.cancel_scope.cancel()
        (ours,) = await tasks.tasks(asker)
        assert ours.state == "cancelled"
        assert (await theirs(provider, "cancelled")).state == "cancelled"


async def test_what_costs_something_is_proposed_to_who_pays_and_what_is_free_to_everybody(tmp_path: Path) -> None:
    async with alone(tmp_path) as node:
        given_model(node)
        node.vault.vault.peers.add(BOB, "Bob", ())
        await node.swarm.reload()
        bid = node.swarm.negotiating.decisions.bid

        def call(number: int, most: int) -> Call:
            price = Price(most, "credit" if most else "none")
            spec = CallForProposals({"max-tokens": 5, "prompt-bytes": 3}, FAR, price, Disclosure.TYPED)
            return Call(f"{number:032x}", BOB, "inference", spec, FAR)

        free = await bid(call(1, 9))
        await offers.set_offer(node, "inference", price=5)
        dear, enough = await bid(call(2, 4)), await bid(call(3, 5))
        assert isinstance(free, Bidding)
        assert isinstance(enough, Bidding)
        assert [one.proposal.price.amount for one in (free, enough)] == [0, 5]
        assert dear == Refusal("price")


@pytest.mark.parametrize(
    ("streamed", "then"), [("", "Good day.\n"), ("Good", " day.\n"), ("Good day.", "\n"), ("Bad", "\nGood day.\n")]
)
def test_what_was_not_streamed_of_a_result_is_printed_with_its_end(streamed: str, then: str) -> None:
    result = {"id": "a" * 32, "state": "done", "provider": BOB, "result": {"text": "Good day."}, "ms": 1000}
    out = io.StringIO()
    PRINTERS["task-announce"](result, "en", out, streamed)
    assert out.getvalue() == f"{then}Task aaaaaaaa is done, in 1.0 s.\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_said_in_words(language: str) -> None:
    ours = ("calling", "choosing", "working", "cancelling", *FINAL)
    others = ("deciding", "offered", "working", *FINAL)
    for role, states in (("initiator", ours), ("participant", others)):
        for state in states:
            row = {"id": "a" * 32, "role": role, "state": state, "provider_name": "", "detail": "busy", "ms": 1500}
            said = explained(row, language, "ask", "Ada")
            assert said.endswith(reason("busy", language))
            assert "busy" not in said


def test_a_word_of_a_peer_that_nobody_knows_is_shown_as_its_word() -> None:
    assert reason("made-up\x1b", "en") == "The reason given: made-up⟦U+001B⟧."
    assert "because.made-up" not in catalogue()
