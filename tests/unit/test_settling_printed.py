"""Priced tasks between two whole nodes over a kernel that speaks the ABI which ERC-8183 printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from app.actions import receipts, tasks
from app.node import Node
from app.results import CommandFailed
from app.swarm.settled import Kept
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.printed_fixtures import fees, printed_market
from tests.unit.settle_fixtures import (
    ARBITER,
    TOKEN,
    WEALTH,
    Market,
    becomes,
    bids_of,
    ended,
    quick,
    settled,
    settlement,
    until,
)

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)
PRICE = 5 * TOKEN // 2


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


def theirs(there: Market, task: str) -> str:
    """What Bob calls it."""
    return f"{there.alice.vault.peer_id}/{task}"


async def on_the_chain(node: Node, folder: Path, task: str) -> str:
    """The name of a task's receipt, which says how its job ended and stands on the chain in all it says."""

    async def there() -> bool:
        return any(row.settled for row in await receipts.receipts(node, task))

    await until(there)
    (row,) = await receipts.receipts(node, task)
    saved = await receipts.save_receipt(node, row.name, str(folder))
    found = await receipts.verify_receipt(node, saved.path, chain=True)
    assert found.holds
    assert found.chain is not None
    assert found.chain.wrong == ()
    return row.name


async def test_work_that_is_done_is_paid_and_both_receipts_stand_on_the_chain(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        task = await there.announce()
        assert await ended(there.alice, task) == "done"
        assert await settled(there.alice, task) == "settled"
        assert await settled(there.bob, theirs(there, task)) == "settled"
        assert await there.tokens(there.alice) == WEALTH - PRICE
        assert await there.tokens(there.bob) == WEALTH + PRICE
        assert await there.held() == 0
        ours = await on_the_chain(there.alice, tmp_path / "alice", task)
        assert await on_the_chain(there.bob, tmp_path / "bob", theirs(there, task)) == ours


async def test_work_that_fails_is_not_paid(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        there.model.fails = True
        task = await there.announce()
        assert await ended(there.alice, task) == "failed"
        assert await settled(there.alice, task) == "refunded"
        assert await settled(there.bob, theirs(there, task)) == "refunded"
        assert await there.tokens(there.alice) == WEALTH
        assert await there.held() == 0
        await on_the_chain(there.alice, tmp_path / "alice", task)


async def test_what_nobody_does_for_the_price_is_taken_back(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        task = await there.announce(pay="1")
        assert await ended(there.alice, task) == "refused"
        assert await settled(there.alice, task) == "rejected"
        assert await there.tokens(there.alice) == WEALTH


async def test_a_job_that_is_awarded_to_nobody_is_taken_back(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        task = await there.announce(award="ask")
        await bids_of(there.alice, task)
        await tasks.award_task(there.alice, task, ())
        assert await settled(there.alice, task) == "rejected"
        assert await settled(there.bob, theirs(there, task)) in ("rejected", "void")


async def test_what_is_paid_in_and_never_done_comes_back_when_the_time_is_over(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        there.model.gate = trio.Event()  # nothing is ever said
        task = await there.announce()
        await becomes(there.alice, task, "funded")
        await until(lambda: _begun(there))
        await trio.to_thread.run_sync(anvil.later, 2 * 3600)
        assert await settled(there.alice, task) == "refunded"
        assert await settled(there.bob, theirs(there, task)) == "refunded"
        assert await there.tokens(there.alice) == WEALTH
        there.model.gate.set()


async def _begun(there: Market) -> bool:
    return bool(there.model.begun)


async def test_an_arbiter_is_not_named_where_nobody_would_hear_them(tmp_path: Path, anvil: Anvil) -> None:
    """Without a hook no contract of ours can judge: the client does, for contacts only."""
    async with printed_market(tmp_path, anvil) as there:
        with pytest.raises(CommandFailed) as failed:
            await there.announce(arbiter=ARBITER)
        assert failed.value.key == "settle-no-judge"


async def test_a_large_price_is_asked_once(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil, "150") as there:
        task = await there.announce(pay="200")

        async def waits() -> bool:
            view = (await tasks.task(there.alice, task)).settlement
            return view is not None and view.problem == "wallet-approval"

        await until(waits)
        asks = there.alice.vault.vault.wallet_asks
        (ask,) = await there.alice.blocking(asks.waiting)
        await there.alice.blocking(asks.decide, ask.digest, True)
        assert await settled(there.alice, task) == "settled"
        assert await there.tokens(there.bob) == WEALTH + 150 * TOKEN


async def test_who_works_gets_what_they_ask_where_the_escrow_keeps_a_part(tmp_path: Path, anvil: Anvil) -> None:
    """2.5 % for whoever runs it, 1 % for the evaluator, which is the client."""
    async with printed_market(tmp_path, anvil, platform=250, evaluator=100) as there:
        task = await there.announce()
        assert await settled(there.alice, task) == "settled"
        assert await settled(there.bob, theirs(there, task)) == "settled"
        price = -(-PRICE * 10_000 // 9_650)
        got = price - price * 250 // 10_000 - price * 100 // 10_000
        assert await there.tokens(there.bob) == WEALTH + got >= WEALTH + PRICE
        assert await there.tokens(there.alice) == WEALTH - price + price * 100 // 10_000
        ours = await on_the_chain(there.alice, tmp_path / "alice", task)
        assert await on_the_chain(there.bob, tmp_path / "bob", theirs(there, task)) == ours
        settlement = (await receipts.receipt(there.alice, ours)).settlement
        assert (settlement["outcome"], settlement["paid"]) == ("settled", got)
        view = (await tasks.task(there.bob, theirs(there, task))).settlement
        assert view is not None
        assert view.paid.startswith("2.5")


async def test_who_would_get_less_than_they_ask_refuses(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil, platform=5_001) as there:
        task = await there.announce()
        assert await ended(there.alice, task) == "refused"
        (bid,) = (await tasks.task(there.alice, task)).bids
        assert bid.reason == "price"
        assert await settled(there.alice, task) == "rejected"


async def test_who_would_get_less_since_their_bid_does_not_begin(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        task = await there.announce(award="ask")
        await bids_of(there.alice, task)
        await trio.to_thread.run_sync(fees, anvil, there.contracts["kernel"], 1_000)

        async def told() -> bool:
            row = await settlement(there.bob, theirs(there, task))
            return row is not None and row.problem == "settle-toll"

        async with trio.open_nursery() as nursery:
            nursery.start_soon(_awarded, there, task)
            await until(told)
            assert await there.held() == 0
            await there.alice.swarm.settling.step(task, _given_up)
        assert await settled(there.alice, task) == "rejected"
        assert there.model.begun == 0
        assert await there.tokens(there.alice) == WEALTH


async def _awarded(there: Market, task: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        await tasks.award_task(there.alice, task, ("Bob",))
    assert failed.value.key == "settle-unpaid"


def _given_up(kept: Kept) -> Kept:
    """As when the time for the award is over."""
    return replace(kept, plan=replace(kept.plan, stopped=True))
