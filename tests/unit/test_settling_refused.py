"""What is not believed: calls about another chain or another job, bids for something else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from app.actions import tasks
from app.results import CommandFailed
from app.swarm import preparing
from app.swarm.paying import NotPaid
from p2p.content_fields import Price
from p2p.contents import CallForProposals, Proposal
from p2p.deciding import Call
from p2p.settlement_terms import BidTerms, CallTerms
from p2p.wording import packed, unpacked
from tests.unit.anvil_fixtures import CHAIN_ID, Anvil, anvil_fixture, running
from tests.unit.settle_fixtures import ARBITER, TOKEN, WEALTH, bids_of, deployed, ended, joins, market, quick, settled

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)
TASK = "cd" * 16


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


@pytest.mark.parametrize(("chain_id", "why"), [(1337, "chain-other"), (CHAIN_ID, "chain-genesis")])
async def test_a_provider_on_another_chain_refuses_and_says_why(
    tmp_path: Path, anvil: Anvil, chain_id: int, why: str
) -> None:
    with running(None, "--timestamp", "1700000000", chain_id=chain_id) as elsewhere:
        async with market(tmp_path, anvil) as there:
            contracts = await trio.to_thread.run_sync(deployed, elsewhere)
            await joins(there.bob, elsewhere, contracts, "elsewhere")
            task = await there.announce()
            assert await ended(there.alice, task) == "refused"
            (bid,) = (await tasks.task(there.alice, task)).bids
            assert bid.reason == why
            assert await settled(there.alice, task) == "rejected"


async def test_a_call_is_believed_only_as_the_chain_has_it(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        alice, bob = there.alice, there.bob
        paid = preparing.Paid("5", ARBITER, look=False, strangers=False)
        async with preparing.job_behind(alice, TASK, "inference", paid, 600.0) as behind:
            terms = CallTerms.from_x(behind.x)
            assert terms is not None
            await bob.swarm.negotiating.paying.checked(_call(alice.vault.peer_id, behind.price, behind.x))
            refused = {}
            for name, (price, x) in _tampered(terms, behind.price).items():
                with pytest.raises(NotPaid) as why:
                    await bob.swarm.negotiating.paying.checked(_call(alice.vault.peer_id, price, x))
                refused[name] = why.value.code
        assert refused == {
            "no job": "chain-none",
            "job": "chain-job",
            "end": "chain-job",
            "client": "chain-job",
            "code": "chain-code",
            "kernel": "chain-code",
            "genesis": "chain-genesis",
            "chain": "chain-other",
            "token": "chain-token",
            "window": "chain-window",
        }
        assert await settled(alice, TASK) == "rejected"  # it was not announced


async def test_a_stranger_who_would_judge_its_own_task_is_refused(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        paying = there.bob.swarm.negotiating.paying
        paid = preparing.Paid("5", "", look=False, strangers=False)
        async with preparing.job_behind(there.alice, TASK, "inference", paid, 600.0) as behind:
            call = _call(there.alice.vault.peer_id, behind.price, behind.x)
            await paying.checked(call)  # of a contact
            with pytest.raises(NotPaid) as why:
                await paying.checked(replace(call, peer="12D3KooWStranger"))
        assert why.value.code == "chain-judge"


def _call(peer: str, price: Price, x: Mapping[str, Any]) -> Call:
    content = CallForProposals({}, int(time.time() + 600) * 1000, price, x=x)
    return Call(TASK, peer, "inference", content, content.result_by)


def _tampered(terms: CallTerms, price: Price) -> dict[str, tuple[Price, Mapping[str, Any]]]:
    somebody = "0x" + "77" * 20
    changed = {
        "job": replace(terms, job=terms.job + 1),
        "end": replace(terms, expires=terms.expires + 1),
        "client": replace(terms, client=somebody),
        "code": replace(terms, code={**terms.code, "hook": bytes(32)}),
        "kernel": replace(terms, kernel=somebody),
        "genesis": replace(terms, genesis=bytes(32)),
        "chain": replace(terms, chain_id=terms.chain_id + 1),
    }
    found: dict[str, tuple[Price, Mapping[str, Any]]] = {name: (price, one.to_x()) for name, one in changed.items()}
    other = Price(price.amount, f"eip155:{terms.chain_id}/erc20:{somebody}")
    return {**found, "no job": (price, {}), "token": (other, terms.to_x()), "window": (price, _brief(terms))}


def _brief(terms: CallTerms) -> Mapping[str, Any]:
    """With a time for disputes that no hook takes."""
    x: dict[str, Any] = terms.to_x()
    return {**x, "escrow": {**x["escrow"], "dispute-window": 59}}


async def test_a_bid_is_good_for_exactly_what_was_signed(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        paying = there.alice.swarm.negotiating.paying
        first, second = await there.announce(award="ask"), await there.announce(award="ask")
        (bid,), (other,) = await bids_of(there.alice, first), await bids_of(there.alice, second)
        proposal = Proposal.from_map(unpacked(bid.terms.body))
        terms = BidTerms.from_x(proposal.x)
        assert terms is not None
        cheaper = replace(proposal, price=replace(proposal.price, amount=TOKEN))
        somebody = replace(proposal, x=replace(terms, provider="0x" + "77" * 20).to_x())
        longer = replace(proposal, x=replace(terms, expires=terms.expires + 1).to_x())
        unsigned = replace(proposal, x=replace(terms, signature=b"").to_x())
        nothing = replace(proposal, x={})

        assert await paying.sound(first, [bid]) == [bid]
        for wrong in (cheaper, somebody, longer, unsigned, nothing):
            assert await paying.sound(first, [replace(bid, terms=replace(bid.terms, body=packed(wrong)))]) == []
        assert await paying.sound(second, [bid]) == []  # of another job, for another call
        assert await paying.sound(first, [replace(bid, peer=there.alice.vault.peer_id)]) == []
        assert await paying.sound(second, [other]) == [other]
        for task in (first, second):
            await tasks.award_task(there.alice, task, ())
            assert await settled(there.alice, task) == "rejected"


async def test_a_person_who_chooses_pays(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        task = await there.announce(award="ask")
        await bids_of(there.alice, task)
        await tasks.award_task(there.alice, task, ("Bob",))
        assert await ended(there.alice, task) == "done"
        assert await settled(there.alice, task) == "settled"


async def test_nobody_is_asked_for_more_than_the_wallet_holds(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        with pytest.raises(CommandFailed) as failed:
            await there.announce(pay="1000.1")
        assert failed.value.key == "settle-balance"
        assert await tasks.tasks(there.alice) == ()


async def test_without_a_chain_nobody_works_for_tokens(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        row = await tasks.announce(there.alice, "inference", {"prompt": "Hello?", "max_tokens": 20}, ("Bob",))
        assert await ended(there.alice, row.id) == "refused"
        (bid,) = (await tasks.task(there.alice, row.id)).bids
        assert bid.reason == "price"
        assert await there.tokens(there.alice) == WEALTH
