"""Two nodes end a task, and each has a receipt of it by the same name, whatever happened in between."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from app.actions import tasks
from app.node import Node
from app.swarm import receipting
from app.swarm.negotiating import Terms
from p2p.acl import Performative, SignedMessage
from p2p.receipts import Receipt, verified
from storage.receipts import Kept
from tests.unit.fault_fixtures import acquaint, ended, given_model, open_profile, two_nodes, until
from tests.unit.swarm_fixtures import CUT_OFF

pytestmark = CUT_OFF
PROMPT = {"prompt": "Why is the sky blue?", "max_tokens": 16}
_P = Performative


async def offered(node: Node) -> None:
    await tasks.set_offer(node, "inference", audience="contacts", quota=20_000)


async def announced(alice: Node, terms: Terms | None = None) -> str:
    return (await tasks.announce(alice, "inference", PROMPT, ("contacts",), terms or Terms())).id


async def kept(node: Node, count: int = 1) -> list[Kept]:
    """The receipts of this node, once there are so many."""
    found: list[Kept] = []

    async def there() -> bool:
        nonlocal found
        found = await node.blocking(node.vault.vault.receipts.list)
        return len(found) >= count

    await until(there)
    return found


async def of(node: Node, name: str) -> Receipt:
    return verified(await node.blocking(node.vault.vault.receipts.data, name))


async def test_both_sides_have_a_receipt_of_the_same_name(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        assert await ended(alice, await announced(alice)) == "done"
        (ours,), (theirs,) = await kept(alice), await kept(bob)
        assert ours.name == theirs.name
        receipt = await of(alice, ours.name)
    said = [one.message.performative for one in receipt.messages]
    assert said == [_P.CFP, _P.PROPOSE, _P.ACCEPT_PROPOSAL, _P.INFORM]
    assert (receipt.outcome, receipt.issuer) == ("done", receipt.initiator)


async def test_each_provider_that_was_awarded_has_a_receipt_of_its_own(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob), open_profile(tmp_path / "cleo") as cleo:
        await acquaint(alice, cleo, "Cleo")
        for node in (bob, cleo):
            given_model(node)
            await offered(node)
        name = await announced(alice, Terms(award="ask"))
        await both_offered(alice, name)
        alice_task = await alice.blocking(alice.vault.vault.tasks.get, name)
        await tasks.award_task(alice, name, ("Bob",))
        assert await ended(alice, name) == "done"
        (ours,), (theirs,) = await kept(alice), await kept(bob)
        assert alice_task.audience
        assert ours.name == theirs.name
        assert await cleo.blocking(cleo.vault.vault.receipts.list) == []


async def both_offered(node: Node, name: str) -> None:
    async def there() -> bool:
        return [bid.state for bid in (await tasks.task(node, name)).bids] == ["proposed", "proposed"]

    await until(there)


async def test_a_task_that_is_called_off_has_a_receipt_too(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        model = given_model(bob)
        model.gate = trio.Event()
        await offered(bob)
        name = await announced(alice)
        await until(lambda: model.begun)
        await tasks.cancel_task(alice, name)
        assert await ended(alice, name) == "cancelled"
        (ours,), (theirs,) = await kept(alice), await kept(bob)
        assert ours.name == theirs.name
        assert (ours.outcome, theirs.outcome) == ("cancelled", "cancelled")
        model.gate.set()


async def test_a_receipt_that_a_kill_prevented_is_made_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        with monkeypatch.context() as killed:
            killed.setattr(receipting.Receipting, "make", not_made)
            name = await announced(alice)
            assert await ended(alice, name) == "done"
        assert await alice.blocking(alice.vault.vault.receipts.list) == []
    async with open_profile(tmp_path / "alice") as alice:
        (ours,) = await kept(alice)
        assert (await of(alice, ours.name)).outcome == "done"


async def not_made(_self: receipting.Receipting) -> int:
    return 0


async def test_whoever_missed_the_last_word_has_another_name_and_both_are_true(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        await ended(alice, await announced(alice))
        (ours,), (theirs,) = await kept(alice), await kept(bob)
        whole = await of(bob, theirs.name)
        raw = whole.messages[-1].to_bytes()
        await alice.blocking(_lose, alice, raw)
        await receipting.make_due(alice)
        (short,) = await alice.blocking(alice.vault.vault.receipts.list)
        assert short.name not in (ours.name, theirs.name)
        assert ((await of(alice, short.name)).outcome, whole.outcome) == ("", "done")
        assert SignedMessage.from_bytes(raw).message.performative is _P.INFORM


def _lose(node: Node, raw: bytes) -> None:
    """As if the result had never come: its conversation ended at its deadline."""
    with node.vault.vault._database.write() as connection:
        connection.execute("DELETE FROM signed_message WHERE raw = ?", (raw,))
        connection.execute("DELETE FROM receipt")


async def test_a_removed_task_leaves_its_receipt(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        name = await announced(alice)
        await ended(alice, name)
        await tasks.remove_task(alice, name)  # at once: its receipt may not be there yet
        (ours,) = await kept(alice)
        assert (await of(alice, ours.name)).outcome == "done"
