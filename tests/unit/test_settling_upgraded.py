"""A kernel that is a proxy, as the reference one is: whoever runs it can have it run other code between two blocks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import trio

from app.actions import tasks
from app.results import CommandFailed
from app.swarm import preparing
from app.swarm.paying import NotPaid
from p2p.contents import CallForProposals
from p2p.deciding import Call
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.printed_fixtures import printed_market, upgraded
from tests.unit.settle_fixtures import WEALTH, bids_of, quick, settled

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)
TASK = "cd" * 16


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def test_a_call_that_was_made_for_other_code_is_refused(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        paid = preparing.Paid("5", "", look=False, strangers=False)
        async with preparing.job_behind(there.alice, TASK, "inference", paid, 600.0) as behind:
            content = CallForProposals({}, int(time.time() + 600) * 1000, behind.price, x=behind.x)
            call = Call(TASK, there.alice.vault.peer_id, "inference", content, content.result_by)
            await there.bob.swarm.negotiating.paying.checked(call)
            await trio.to_thread.run_sync(upgraded, anvil, there.contracts["kernel"])
            with pytest.raises(NotPaid) as why:
                await there.bob.swarm.negotiating.paying.checked(call)
        assert why.value.code == "chain-code"


async def test_nothing_is_paid_in_to_other_code_than_was_agreed_on(tmp_path: Path, anvil: Anvil) -> None:
    async with printed_market(tmp_path, anvil) as there:
        task = await there.announce(award="ask")
        await bids_of(there.alice, task)
        await trio.to_thread.run_sync(upgraded, anvil, there.contracts["kernel"])
        with pytest.raises(CommandFailed) as failed:
            await tasks.award_task(there.alice, task, ("Bob",))
        assert failed.value.key == "settle-unpaid"
        assert await settled(there.alice, task) == "rejected"
        assert await there.tokens(there.alice) == WEALTH
        assert there.model.begun == 0
