"""Two people on one chain: what one asks is read by the other as an amount of their token; a cut-off job is listed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import trio

from app import commands
from app.actions import tasks
from app.swarm import preparing
from app.swarm.negotiating import Terms
from tests.unit.anvil_fixtures import Anvil, anvil_fixture, running
from tests.unit.settle_fixtures import deployed, joins, market, quick, settled

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(900)
OTHER_ID = 1337


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def test_on_the_same_chain_it_is_an_amount_and_on_another_it_is_not(tmp_path: Path, anvil: Anvil) -> None:
    with running(chain_id=OTHER_ID) as other:
        async with market(tmp_path, anvil) as there:
            (told,) = await commands.peer_offers(there.alice)
            (price,) = (one.tokens for one in told.offers if one.tokens is not None)
            assert (price.here, price.said) == (True, "2.5\u00a0NREH")

            contracts = await trio.to_thread.run_sync(deployed, other)
            await joins(there.alice, other, contracts, "another")
            (told,) = await commands.peer_offers(there.alice)
            (price,) = (one.tokens for one in told.offers if one.tokens is not None)
            assert not price.here
            assert "2.5" not in price.said


async def test_a_job_that_was_cut_off_before_its_call_is_listed_until_it_is_put_away(
    tmp_path: Path, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call cannot go out once the job has its number, as where the node is stopped in between."""

    async def cut_off(*_args: object) -> None:
        raise preparing.NotPrepared("settle-slow")

    monkeypatch.setattr(preparing, "_numbered", cut_off)
    async with market(tmp_path, anvil) as there:
        with contextlib.suppress(preparing.NotPrepared):
            await tasks.announce(
                there.alice, "inference", {"prompt": "Hello?"}, ("Bob",), Terms(seconds=600.0, pay="5")
            )
        (row,) = await tasks.tasks(there.alice)
        assert (row.kind, row.state) == ("inference", "unannounced")
        assert await settled(there.alice, row.id) in ("rejected", "void")
        view = await tasks.task(there.alice, row.id[:8])
        assert view.row.ended is not None
        assert view.settlement is not None
        await tasks.remove_task(there.alice, row.id)
        assert await tasks.tasks(there.alice) == ()
