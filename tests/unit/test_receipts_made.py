"""Two nodes end a task, and each has a receipt of it by the same name, whatever happened in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from app.actions import tasks
from app.node import Node
from app.swarm import receipting
from app.swarm.negotiating import Terms
from p2p.acl import Message, Performative, Protocol, SignedMessage
from p2p.contents import NotUnderstood
from p2p.receipts import Receipt, verified
from storage.database import VaultError
from storage.receipts import MOST_HEARD, Kept, Receipts
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


async def test_what_a_full_disk_kept_from_being_made_is_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipting, "AGAIN", 0.1)
    full = [VaultError("full", "the disk is full")] * 2

    def keep(self: Receipts, *args: Any) -> bool:
        if full:
            raise full.pop()
        return kept_now(self, *args)

    kept_now = Receipts.keep
    monkeypatch.setattr(Receipts, "keep", keep)
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        await ended(alice, await announced(alice))
        (ours,), (theirs,) = await kept(alice), await kept(bob)
        assert ours.name == theirs.name
        assert full == []


async def test_late_news_make_the_receipt_anew_and_the_names_are_one_again(tmp_path: Path) -> None:
    """The time is over before anything comes: one side's clock says so first, then it hears the other's word."""
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob).gate = trio.Event()
        await offered(bob)
        await announced(alice, Terms(seconds=3.0, reply_seconds=2.0))

        async def agree() -> bool:
            here, there = [await node.blocking(node.vault.vault.receipts.list) for node in (alice, bob)]
            return [one.name for one in here] == [one.name for one in there] != []

        await until(agree)
        (ours,) = await kept(alice)
        assert (await of(alice, ours.name)).outcome == ours.outcome == "failed"


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


async def test_a_peer_that_goes_on_talking_spoils_no_receipt(tmp_path: Path) -> None:
    """Bob's node is made to say sixty times that it does not understand one thing or another, after the end."""
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        task = await announced(alice)
        await ended(alice, task)
        (before,) = await kept(alice)
        negotiator, peer = alice.swarm.negotiating.negotiator, bob.vault.peer_id
        for raw in babble(await of(alice, before.name), bob.vault.host_key()):
            await negotiator.receive(peer, raw)
        await receipting.make_due(alice)
        (after,) = await kept(alice)
        receipt = await of(alice, after.name)
        assert receipt.outcome == "done"
        assert len(receipt.messages) <= 8
        assert await alice.blocking(_kept_of, alice) <= MOST_HEARD + 2


def babble(receipt: Receipt, host_key: bytes) -> list[bytes]:
    call, last = receipt.messages[0].message, receipt.messages[-1].message
    references = [None, "cfp", "accept-proposal", *(f"made-up-{number}" for number in range(57))]
    return [
        SignedMessage.sign(
            Message(
                _P.NOT_UNDERSTOOD, call.receiver, call.sender, call.conversation_id, Protocol.CONTRACT_NET,
                call.ontology, last.sent + number + 1, in_reply_to=reference, content=NotUnderstood("act").to_map(),
            ),
            host_key,
        ).to_bytes()
        for number, reference in enumerate(references)
    ]  # fmt: skip


def _kept_of(node: Node) -> int:
    with node.vault.vault._database.read() as connection:
        (count,) = connection.execute("SELECT count(*) FROM signed_message").fetchone()
    return int(count)


async def test_a_removed_task_leaves_its_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        given_model(bob)
        await offered(bob)
        monkeypatch.setattr(receipting.Receipting, "make", not_made)  # the task is removed before it is
        name = await announced(alice)
        await ended(alice, name)
        await tasks.remove_task(alice, name)
        (ours,) = await kept(alice)
        assert (await of(alice, ours.name)).outcome == "done"
