"""Priced tasks between two whole nodes on one chain: the money follows the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.actions import tasks
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.fault_fixtures import ended
from tests.unit.settle_fixtures import TOKEN, WEALTH, market, quick, settled

__all__ = ["anvil_fixture"]

pytestmark = pytest.mark.timeout(300)


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
