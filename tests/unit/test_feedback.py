"""Feedback from a receipt to the registry and back, on a real chain in a whole node; and reading what others said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.chain import feedback
from app.chain.paid_work import brought_up, place
from app.chain.reputation import known
from app.node import Node
from app.results import CommandFailed
from app.swarm.experience import experience
from p2p.chain import topic
from p2p.feedback import GIVEN, Payment, address_of, given, index_in, made
from p2p.identity import new_host_key, peer_id
from p2p.registration import from_data_uri
from storage.paid_work import Page
from storage.receipts import Due
from storage.settlements import Settlement
from storage.vault import VaultError
from tests.unit.chains_fixtures import profile, rehearsing
from tests.unit.reputation_fixtures import PRICE, Person, believed, person, receipt_of

BOB = peer_id(new_host_key())
CAROL = peer_id(new_host_key())


@pytest.fixture(name="node")
async def node_fixture(tmp_path: Path) -> AsyncIterator[Node]:
    async with profile(tmp_path) as node:
        await rehearsing(node)
        yield node


async def hired(node: Node, client: Person, provider: Person, amount: int = PRICE) -> str:
    _, transaction = await node.chains.thread(client.hires, provider, amount)
    return str(transaction)


async def said(node: Node, who: Person, *args: object, **named: object) -> None:
    await node.chains.thread(lambda: who.says(*args, **named))  # type: ignore[arg-type]


async def test_what_is_said_of_a_task_stays_here_until_the_person_wants_it_public(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:  # without any chain
        receipt = await node.blocking(receipt_of, node, BOB)
        word = await feedback.give(node, receipt[:12], 80, "quick")

    assert (word.value, word.tag, word.place) == (80, "quick", None)


async def test_public_feedback_stands_in_the_registry_with_the_ercs_file_and_its_hash(node: Node) -> None:
    bob = await person(node, "bob")
    agent = await believed(node, BOB, bob)
    receipt = await node.blocking(receipt_of, node, BOB)

    word = await feedback.give(node, receipt, 80, "quick", public=True)

    at = await node.chains.connected()
    logs = await node.chains.ask(at.chain.logs, at.contracts["reputation"], [topic(GIVEN)], 0, at.chain.head().number)
    (entry,) = [given(log) for log in logs]
    assert entry is not None
    assert (entry.agent, entry.rater, entry.index, entry.value) == (agent, at.address, 1, 0.8)
    assert (entry.receipt, word.number, word.written) == (receipt, 1, logs[0].transaction)
    assert index_in(logs, at.contracts["reputation"]) == 1


def test_the_file_has_the_members_of_the_erc() -> None:
    payment = Payment("0x" + "11" * 20, "0x" + "22" * 20, 31337, "0x" + "33" * 32)
    registry, client = (31337, "0x" + "44" * 20), "0x" + "11" * 20

    uri, _ = address_of(made(registry, 22, client, 90, "ok", "ab" * 32, 1_758_628_800, payment))

    assert json.loads(from_data_uri(uri)) == {
        "agentRegistry": "eip155:31337:0x4444444444444444444444444444444444444444",
        "agentId": 22,
        "clientAddress": "eip155:31337:0x1111111111111111111111111111111111111111",
        "createdAt": "2025-09-23T12:00:00Z",
        "value": 90,
        "valueDecimals": 0,
        "tag1": "starred",
        "tag2": "ok",
        "proofOfPayment": {
            "fromAddress": "0x1111111111111111111111111111111111111111",
            "toAddress": "0x2222222222222222222222222222222222222222",
            "chainId": "31337",
            "txHash": "0x" + "33" * 32,
        },
        "nuee": {"receipt": "ab" * 32},
    }


async def test_asked_twice_it_is_one_entry_and_another_value_has_to_be_taken_back_first(node: Node) -> None:
    await believed(node, BOB, await person(node, "bob"))
    receipt = await node.blocking(receipt_of, node, BOB)
    first = await feedback.give(node, receipt, 80, public=True)

    assert await feedback.give(node, receipt, 80, public=True) == first
    with pytest.raises(VaultError) as refused:
        await feedback.give(node, receipt, 20, public=True)
    assert refused.value.code == "feedback-public"


async def test_taken_back_it_counts_no_more_and_can_be_said_anew(node: Node) -> None:
    bob = await person(node, "bob")
    agent = await believed(node, BOB, bob)
    receipt = await node.blocking(receipt_of, node, BOB)
    await feedback.give(node, receipt, 80, public=True)

    back = await feedback.take_back(node, receipt)
    at = await node.chains.connected()
    await brought_up(node, node.chains, at)

    assert (back.place, back.value) == (None, 80)
    assert node.vault.vault.paid_work.given(place(at, "reputation")) == []
    again = await feedback.give(node, receipt, 20, public=True)
    assert (again.number, again.place and again.place.agent) == (2, agent)


async def test_of_a_task_that_this_node_did_for_somebody_nothing_is_said(node: Node) -> None:
    receipt = await node.blocking(lambda: receipt_of(node, BOB, role="participant"))
    with pytest.raises(CommandFailed) as failed:
        await feedback.give(node, receipt, 80)
    assert failed.value.key == "feedback-not-yours"


async def test_without_a_believed_agent_of_the_peer_nothing_is_written_and_the_word_is_kept(node: Node) -> None:
    receipt = await node.blocking(receipt_of, node, BOB)
    with pytest.raises(CommandFailed) as failed:
        await feedback.give(node, receipt, 80, public=True)
    assert failed.value.key == "feedback-no-agent"
    assert (await node.blocking(node.vault.vault.feedback.get, receipt)).value == 80


async def test_while_the_job_goes_on_its_payment_cannot_be_named(node: Node) -> None:
    await believed(node, BOB, await person(node, "bob"))
    receipt = await node.blocking(receipt_of, node, BOB)
    job = Settlement("ab" * 16, "initiator", BOB, 1, "0x", 0, 5, "0x", b"")
    await node.blocking(node.vault.vault.settlements.begin, job)
    with pytest.raises(CommandFailed) as failed:
        await feedback.give(node, receipt, 80, public=True)
    assert failed.value.key == "feedback-early"


async def test_a_value_is_from_0_to_100(node: Node) -> None:
    receipt = await node.blocking(receipt_of, node, BOB)
    with pytest.raises(VaultError) as refused:
        await feedback.give(node, receipt, 101)
    assert refused.value.code == "feedback-value"


async def test_what_a_contact_said_who_paid_is_counted_as_a_contacts_word(node: Node) -> None:
    bob, carol = await person(node, "bob"), await person(node, "carol")
    agent = await believed(node, BOB, bob)
    await believed(node, CAROL, carol, "Carol")
    await said(node, carol, agent, 90, (bob, await hired(node, carol, bob)))

    found = await known(node, BOB)

    assert [reason.code for reason in found.standing.reasons] == ["contacts"]
    assert found.standing.weight == 1
    assert found.agent == agent


async def test_whom_a_contact_paid_is_heard_a_little_and_a_stranger_who_paid_is_not(node: Node) -> None:
    """Carol, a contact, paid Dave; so Dave's word on Bob, whom he paid, counts.  Erin's, whom nobody paid, does not."""
    bob, carol, dave, erin = [await person(node, name) for name in ("bob", "carol", "dave", "erin")]
    agent = await believed(node, BOB, bob)
    await believed(node, CAROL, carol, "Carol")
    await hired(node, carol, dave)
    await said(node, dave, agent, 100, (bob, await hired(node, dave, bob)))
    await said(node, erin, agent, 0, (bob, await hired(node, erin, bob, 50 * PRICE)))

    found = (await known(node, BOB)).standing

    assert [reason.code for reason in found.reasons] == ["paid", "strangers"]
    assert found.likely > 0.5
    assert (found.naked.count, found.naked.mean) == (2, 0.5)


@pytest.mark.parametrize("claim", ["none", "another's payment", "payment to another", "no such transaction"])
async def test_a_payment_that_the_chain_does_not_show_proves_nothing(node: Node, claim: str) -> None:
    bob, carol, dave = [await person(node, name) for name in ("bob", "carol", "dave")]
    agent = await believed(node, BOB, bob)
    await believed(node, CAROL, carol, "Carol")
    mine = await hired(node, carol, dave)  # so that Dave is trusted
    theirs = await hired(node, carol, bob)
    to_another = await hired(node, dave, carol)
    paid = {
        "none": None,
        "another's payment": (bob, theirs),
        "payment to another": (bob, to_another),
        "no such transaction": (bob, "0x" + "77" * 32),
    }[claim]
    await said(node, dave, agent, 100, paid)

    found = (await known(node, BOB)).standing

    assert mine
    assert [reason.code for reason in found.reasons] == ["nothing", "unproven"]


async def test_nobody_counts_for_themselves(node: Node) -> None:
    """The registry refuses the owner; another account of theirs that they paid is reached by nobody's trust."""
    bob, puppet = await person(node, "bob"), await person(node, "puppet")
    agent = await believed(node, BOB, bob)
    for _ in range(2):
        await said(node, puppet, agent, 100, (bob, await hired(node, puppet, bob, 100 * PRICE)))

    assert (await known(node, BOB)).standing.word == "unknown"


async def test_a_file_that_is_not_the_one_of_its_hash_proves_nothing(node: Node) -> None:
    bob, carol = await person(node, "bob"), await person(node, "carol")
    agent = await believed(node, BOB, bob)
    await believed(node, CAROL, carol, "Carol")
    await said(node, carol, agent, 0, (bob, await hired(node, carol, bob)), digest=b"\x01" * 32)

    assert (await known(node, BOB)).standing.weight == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"uri": "https://example.org/feedback.json"},
        {"uri": "data:application/json;base64,!!!!"},
        {"uri": "data:application/json," + "[" * 3000},
        {"uri": "data:application/json,[]"},
        {"uri": ""},
    ],
)
async def test_a_hostile_file_is_an_unproven_word_and_nothing_is_fetched(node: Node, changed: dict[str, str]) -> None:
    bob, carol = await person(node, "bob"), await person(node, "carol")
    agent = await believed(node, BOB, bob)
    await said(node, carol, agent, 100, **changed)

    assert [reason.code for reason in (await known(node, BOB)).standing.reasons] == ["nothing", "unproven"]


@pytest.mark.parametrize(
    "changed", [{"tag": "responseTime"}, {"value": 101}, {"value": -1}, {"decimals": 18, "value": -5}]
)
async def test_what_is_no_rating_from_0_to_100_is_no_rating(node: Node, changed: dict[str, object]) -> None:
    bob, carol = await person(node, "bob"), await person(node, "carol")
    agent = await believed(node, BOB, bob)
    await said(node, carol, agent, **changed)

    assert (await known(node, BOB)).standing.naked.count == 0


async def test_a_block_is_read_once(node: Node) -> None:
    at = await node.chains.connected()
    await brought_up(node, node.chains, at)
    first = node.vault.vault.paid_work.read_until(place(at, "kernel"))
    bob = await person(node, "bob")
    await hired(node, bob, await person(node, "carol"))
    await brought_up(node, node.chains, at)
    second = node.vault.vault.paid_work.read_until(place(at, "kernel"))

    assert first is not None
    assert second is not None
    assert second[0] == first[0]
    assert second[1] == at.chain.head().number + 1
    assert len(node.vault.vault.paid_work.jobs(place(at, "kernel"))) == 1


async def test_the_own_payment_is_the_proof_that_goes_with_ones_word(node: Node) -> None:
    at = await node.chains.connected()
    await brought_up(node, node.chains, at)
    row = (9, at.address, 3), (9, "0x" + "22" * 20, 5, "0x" + "33" * 32, 3)
    job = Settlement("ab" * 16, "initiator", BOB, at.identity.chain_id, at.identity.genesis, 9, 5, "0x", b"", "settled")

    def work() -> None:
        node.vault.vault.paid_work.keep(place(at, "kernel"), Page([row[0]], [row[1]]), 0, 4)
        node.vault.vault.settlements.begin(job)

    await node.blocking(work)
    found = await node.blocking(feedback.payment_of, node.vault.vault, at, "ab" * 16)

    assert found == Payment(at.address, "0x" + "22" * 20, at.identity.chain_id, "0x" + "33" * 32)


async def test_without_a_chain_the_persons_own_tasks_are_known(tmp_path: Path) -> None:
    async with profile(tmp_path) as node:
        for number in range(12):
            await node.blocking(receipt_of, node, BOB, f"{number:032x}")
        found = await known(node, BOB)

    assert (found.standing.word, found.network, found.problem) == ("good", "", "chain-none")


async def test_awards_go_by_what_the_score_goes_by(tmp_path: Path) -> None:
    """Tasks that were done, and done badly by the person's own word, are no reason to award the next one."""
    async with profile(tmp_path) as node:
        for number in range(3):
            receipt = await node.blocking(receipt_of, node, BOB, f"{number:032x}")
            await feedback.give(node, receipt, 10)
        receipt_of_failure = await node.blocking(receipt_of, node, BOB, "f" * 32, "failed")
        await feedback.give(node, receipt_of_failure, 0)
        own = experience(node.vault.vault)[BOB]
        found = await known(node, BOB)

    assert (own.done, own.undone, own.rated) == (3, 1, (0.1, 0.1, 0.1))
    assert found.standing.likely == pytest.approx((own.good + 1) / (own.good + own.bad + 2))


async def test_a_receipt_that_was_made_anew_is_spoken_of_once(node: Node) -> None:
    """Once its job is settled a receipt names that too, and is called otherwise; the word on the task stays one."""
    receipt = await node.blocking(receipt_of, node, BOB)
    await feedback.give(node, receipt, 80)
    store = node.vault.vault.feedback

    await node.blocking(store.say, "cd" * 32, "ab" * 16, BOB, 90)

    assert [(word.receipt, word.value) for word in await node.blocking(store.list)] == [("cd" * 32, 90)]


async def test_a_public_word_is_taken_back_whatever_its_receipt_is_called_now(node: Node) -> None:
    await believed(node, BOB, await person(node, "bob"))
    receipt = await node.blocking(receipt_of, node, BOB)
    await feedback.give(node, receipt, 80, public=True)
    again = await node.blocking(lambda: renamed(node, receipt))

    assert (await feedback.take_back(node, again)).place is None


def renamed(node: Node, receipt: str) -> str:
    """The same task's receipt, made anew.  Worker thread."""
    vault = node.vault.vault
    kept = vault.receipts.find(receipt)
    task = vault.tasks.get(kept.task)
    due = Due(task.dialogue or 0, kept.task, "initiator", kept.peer, kept.kind, 2, "settled")
    assert vault.receipts.keep(due, "ef" * 32, "done", ("", ""), b"more")
    return "ef" * 32
