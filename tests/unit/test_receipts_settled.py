"""A task that was paid on a chain: both sides have one receipt of it, and the chain says the same."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from app.actions import receipts, receipts_cli
from app.node import Node
from p2p.receipts import Receipt, made, verified
from storage.receipts import Kept
from tests.unit.anvil_fixtures import Anvil, anvil_fixture
from tests.unit.fault_fixtures import ended, until
from tests.unit.settle_fixtures import market, quick
from tests.unit.swarm_fixtures import CUT_OFF

__all__ = ["anvil_fixture"]
pytestmark = [CUT_OFF, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


async def settled(node: Node) -> Kept:
    """The one receipt, once the job on chain is in it."""
    found: list[Kept] = []

    async def there() -> bool:
        nonlocal found
        found = await node.blocking(node.vault.vault.receipts.list)
        return [one.settled for one in found] == ["settled"]

    await until(there)
    return found[0]


async def of(node: Node, name: str) -> Receipt:
    return verified(await node.blocking(node.vault.vault.receipts.data, name))


async def test_both_sides_have_the_same_and_the_chain_confirms_it(tmp_path: Path, anvil: Anvil) -> None:
    async with market(tmp_path, anvil) as both:
        task = await both.announce()
        assert await ended(both.alice, task) == "done"
        ours, theirs = await settled(both.alice), await settled(both.bob)
        assert ours.name == theirs.name
        checks = [await receipts.check_receipt(node, task) for node in (both.alice, both.bob)]
        assert [check.holds for check in checks] == [True, True], checks
        (row,) = await receipts.receipts(both.alice)
        assert row.price.startswith("2.5")

        path = (await receipts.save_receipt(both.bob, task, str(tmp_path))).path
        verdict = await receipts.verify_receipt(both.alice, path, "Good day.", chain=True)
        assert not receipts_cli.failed_to_verify(asdict(verdict))

        whole = await of(both.alice, ours.name)
        lied = made(whole.messages, {**whole.settlement, "outcome": "refunded"}, both.alice.vault.host_key())
        (tmp_path / "lied").write_bytes(lied.data)
        verdict = await receipts.verify_receipt(both.bob, str(tmp_path / "lied"), chain=True)
        assert verdict.chain is not None
        assert verdict.chain.wrong == ("claim-outcome",)
        assert receipts_cli.failed_to_verify(asdict(verdict))
