"""Priced tasks between two whole nodes on one chain: the money follows the work."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import trio

from app.actions import peers, settling, tasks
from app.swarm.negotiating import Terms
from app.swarm.pricing import WINDOW
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.chains_fixtures import profile
from tests.unit.settle_fixtures import (
    ARBITER,
    TOKEN,
    WEALTH,
    Market,
    becomes,
    ended,
    joins,
    market,
    quick,
    settled,
    settlement,
    until,
)

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def test_work_that_is_done_is_paid(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        task = await there.announce()
        assert await ended(there.alice, task) == "done"
        assert await settled(there.alice, task) == "settled"
        assert await settled(there.bob, f"{there.alice.vault.peer_id}/{task}") == "settled"
        assert await there.tokens(there.alice) == WEALTH - 5 * TOKEN // 2
        assert await there.tokens(there.bob) == WEALTH + 5 * TOKEN // 2
        assert await there.held() == 0
        view = (await tasks.task(there.alice, task)).settlement
        assert view is not None
        assert view.judged_by == "client"
        await until(partial(_same_receipt, there))


async def _same_receipt(there: Market) -> bool:
    """Both hold one that names the job as it ended."""
    kept = [await node.blocking(node.vault.vault.receipts.list) for node in (there.alice, there.bob)]
    return all(one.settled == "settled" for rows in kept for one in rows) and kept[0][0].name == kept[1][0].name


async def test_what_nobody_does_for_the_price_is_taken_back(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        task = await there.announce(pay="1")
        assert await ended(there.alice, task) == "refused"
        assert await settled(there.alice, task) == "rejected"
        assert await there.tokens(there.alice) == WEALTH
        assert await settlement(there.bob, f"{there.alice.vault.peer_id}/{task}") is None


@pytest.mark.parametrize("arbiter", ["", ARBITER])
async def test_work_that_fails_is_not_paid(tmp_path: Path, anvil: Anvil, arbiter: str) -> None:
    async with market(tmp_path, anvil) as there:
        there.model.fails = True
        task = await there.announce(arbiter=arbiter)
        assert await ended(there.alice, task) == "failed"
        assert await settled(there.alice, task) == "refunded"
        assert await settled(there.bob, f"{there.alice.vault.peer_id}/{task}") == "refunded"
        assert await there.tokens(there.alice) == WEALTH
        assert await there.held() == 0


async def test_a_client_who_says_nothing_pays_when_the_window_is_over(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        task = await there.announce(arbiter=ARBITER, look=True)
        theirs = f"{there.alice.vault.peer_id}/{task}"
        await becomes(there.bob, theirs, "submitted")
        await trio.to_thread.run_sync(anvil.later, WINDOW)
        assert await settled(there.bob, theirs) == "settled"
        assert await settled(there.alice, task) == "settled"
        assert await there.tokens(there.bob) == WEALTH + 5 * TOKEN // 2


async def test_a_dispute_ends_as_the_arbiter_says(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there, profile(tmp_path / "judge") as judge:
        address = await joins(judge, anvil, there.contracts)
        task = await there.announce(arbiter=address, look=True)
        await becomes(there.alice, task, "submitted")
        view = await settling.dispute_task(there.alice, task, "It is not what I asked for.")
        assert view.state == "disputed"
        assert view.job is not None
        await settling.rule(judge, view.job, completes=False)
        assert await settled(there.alice, task) == "refunded"
        assert await settled(there.bob, f"{there.alice.vault.peer_id}/{task}") == "refunded"
        assert await there.tokens(there.alice) == WEALTH


async def test_a_result_that_was_looked_at_is_paid(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        task = await there.announce(arbiter=ARBITER, look=True)
        await becomes(there.alice, task, "submitted")
        await tasks.answer_task(there.alice, task, agrees=True)
        assert await settled(there.alice, task) == "settled"


async def test_a_task_that_is_called_off_gives_the_money_back(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        there.model.gate = trio.Event()
        task = await there.announce(arbiter=ARBITER)

        async def begun() -> bool:
            return there.model.begun > 0

        await until(begun)
        await tasks.cancel_task(there.alice, task)
        assert await settled(there.alice, task) == "refunded"
        assert await there.tokens(there.alice) == WEALTH


async def test_a_command_that_waits_for_a_task_waits_for_its_payment_too(tmp_path: Path, anvil: Anvil) -> None:
    """Where the node ends with it."""
    async with market(tmp_path, anvil) as there:
        await peers.turn_swarm(there.alice, on=False)
        terms = Terms(seconds=600.0, reply_seconds=20.0, pay="5")
        given = {"prompt": "Hello?", "max_tokens": 20}
        done = await tasks.announce_and_wait(there.alice, "inference", given, ("Bob",), terms)
        assert done.state == "done"
        row = await settlement(there.alice, done.id)
        assert row is not None
        assert row.outcome == "settled"
