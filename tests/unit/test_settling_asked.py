"""Priced tasks where the wallet asks its person first, where nobody answers, and on a chain that a contact hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions import chain as chaining
from app.actions import offers, tasks
from app.results import CommandFailed
from app.swarm import paying_on_chain, preparing
from app.swarm.negotiating import Terms
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.fault_fixtures import given_model, two_nodes
from tests.unit.settle_fixtures import TOKEN, WEALTH, Market, ended, market, quick, settled, settlement, until

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)
MUCH = "150"  # tokens: more than the wallet pays without asking


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def asked(there: Market, task: str) -> str:
    """What waits for Alice's agreement, once something does; her task says so."""

    async def waits() -> bool:
        view = (await tasks.task(there.alice, task)).settlement
        return view is not None and view.problem == "wallet-approval"

    await until(waits)
    (ask,) = await there.alice.blocking(there.alice.vault.vault.wallet_asks.waiting)
    return str(ask.digest)


async def test_a_large_price_is_paid_once_the_person_agreed(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil, MUCH) as there:
        task = await there.announce(pay="200")
        digest = await asked(there, task)
        assert await there.held() == 0
        await there.alice.blocking(there.alice.vault.vault.wallet_asks.decide, digest, True)
        assert await ended(there.alice, task) == "done"
        assert await settled(there.alice, task) == "settled"
        assert await there.tokens(there.bob) == WEALTH + 150 * TOKEN


async def test_who_says_no_pays_nothing_and_nobody_is_awarded(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil, MUCH) as there:
        task = await there.announce(pay="200")
        digest = await asked(there, task)
        await there.alice.blocking(there.alice.vault.vault.wallet_asks.decide, digest, False)
        assert await ended(there.alice, task) == "cancelled"
        assert await settled(there.alice, task) == "rejected"
        assert there.model.begun == 0
        assert await there.tokens(there.alice) == WEALTH


async def test_who_is_away_pays_nothing_and_nobody_is_awarded(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil, MUCH) as there:
        terms = Terms(seconds=20.0, reply_seconds=5.0, pay="200")
        given = {"prompt": "Hello?", "max_tokens": 20}
        task = (await tasks.announce(there.alice, "inference", given, ("Bob",), terms)).id
        assert await ended(there.alice, task) == "cancelled"
        assert await settled(there.alice, task) == "rejected"
        assert await there.tokens(there.alice) == WEALTH
        assert await there.alice.blocking(there.alice.vault.vault.wallet_asks.waiting) == []


async def test_a_task_whose_job_goes_on_is_not_forgotten(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        task = await there.announce(arbiter="0x" + "ab" * 20, look=True)
        assert await ended(there.alice, task) == "done"
        with pytest.raises(CommandFailed) as failed:
            await tasks.remove_task(there.alice, task)
        assert failed.value.key == "settle-goes-on"


async def test_a_job_without_its_call_is_taken_back(tmp_path: Path, anvil: Anvil) -> None:
    """As after a kill between the creation of the job and the announcement."""
    task = "ef" * 16
    async with market(tmp_path, anvil) as there:
        paid = preparing.Paid("5", "", look=False, strangers=False)
        with pytest.raises(ZeroDivisionError):
            async with preparing.job_behind(there.alice, task, "inference", paid, 600.0):
                _ = 1 // 0
        assert await settled(there.alice, task) == "rejected"


async def test_strangers_are_asked_only_with_an_arbiter(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as there:
        paid = preparing.Paid("5", "", look=False, strangers=True)
        with pytest.raises(CommandFailed) as failed:
            async with preparing.job_behind(there.alice, "ef" * 16, "inference", paid, 600.0):
                pass
        assert failed.value.key == "settle-arbiter"
        assert await settlement(there.alice, "ef" * 16) is None


async def test_on_a_chain_that_a_contact_hosts_work_is_paid(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await chaining.host_chain(alice, on=True)
        await chaining.use_chain(alice, "rehearsal")
        await chaining.join_chain(bob, "Alice")
        await offers.set_offer(bob, "inference", settings={"token_price": "2.5"})
        given = {"prompt": "Hello?", "max_tokens": 20}
        task = (await tasks.announce(alice, "inference", given, ("Bob",), Terms(pay="5", reply_seconds=20.0))).id
        assert await ended(alice, task) == "done"
        assert await settled(alice, task) == "settled"
        assert await settled(bob, f"{alice.vault.peer_id}/{task}") == "settled"


async def test_money_that_came_in_too_late_for_an_award_comes_back(
    tmp_path: Path, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(tmp_path, anvil) as there:
        paying = there.alice.swarm.negotiating.paying
        funded = paying._funded

        async def late(conversation: str, peer: str) -> bool:
            await funded(conversation, peer)
            return False

        monkeypatch.setattr(paying, "_funded", late)
        task = await there.announce(arbiter="0x" + "ab" * 20)
        assert await ended(there.alice, task) == "cancelled"
        assert await settled(there.alice, task) == "refunded"  # without waiting for the job's end
        assert await there.tokens(there.alice) == WEALTH
        assert there.model.begun == 0


async def test_work_does_not_begin_before_the_money_is_seen(
    tmp_path: Path, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying_on_chain, "SEEN_WITHIN", 2.0)

    async def paid(_conversation: str, _bid: object) -> bool:
        return True

    async with market(tmp_path, anvil) as there:
        monkeypatch.setattr(there.alice.swarm.negotiating.paying, "pay", paid)
        task = await there.announce()
        assert await ended(there.alice, task) == "failed"
        assert (await tasks.task(there.alice, task)).row.detail == "unfunded"
        assert there.model.begun == 0
