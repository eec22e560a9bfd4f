"""What the person was shown is what leaves, to whom it was shown, and what they said to it holds for nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.actions.tasks import announce_and_wait, preview_task
from app.node import Node
from app.results import CommandFailed
from app.swarm import deciding
from app.swarm.disclosing import Prepared, agreed, digest_of, prepared
from app.swarm.negotiating import Terms
from app.swarm_results import Preview
from p2p.acl import Message, Performative, SignedMessage
from p2p.canonical import encode
from p2p.contents import Acceptance, CallForProposals, Disclosure, content_of
from storage.records import Record
from tests.unit.acl_fixtures import ALICE, BOB
from tests.unit.fault_fixtures import PATIENCE, given_model, two_nodes
from tests.unit.letter_fixtures import alone

PROMPT = "Sum it up:"
NOTE = Record("note", "Holidays", "We are in Brittany in August.")


@asynccontextmanager
async def knowing(folder: Path) -> AsyncIterator[tuple[Node, str]]:
    """A node with two contacts and one record; its id."""
    async with alone(folder / "home") as node:
        node.vault.vault.peers.add(ALICE, "Alice")
        node.vault.vault.peers.add(BOB, "Bob")
        (name,) = node.vault.vault.library.add([NOTE]).ids
        yield node, name


async def shown(node: Node, record: str, *peers: str, prompt: str = PROMPT) -> Prepared:
    return await prepared(node, None, "inference", {"prompt": prompt, "records": [record]}, peers)


async def refused(node: Node, ready: Prepared, **terms: Any) -> str:
    with pytest.raises(CommandFailed) as failed:
        await agreed(node, ready, Terms(**terms))
    return failed.value.key


def yes(ready: Prepared, consent: str = "once") -> Terms:
    return Terms(consent=consent, shown=ready.preview.digest)


async def test_a_yes_to_what_was_shown_lets_it_leave(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        ready = await shown(node, record, BOB)
        assert await agreed(node, ready, yes(ready)) == ((BOB,), "once")


async def test_a_yes_is_for_those_that_were_shown_and_nobody_who_came_since(tmp_path: Path) -> None:
    """Between the question and the yes somebody may have become a contact."""
    async with knowing(tmp_path) as (node, record):
        before, after = await shown(node, record, BOB), await shown(node, record, BOB, ALICE)
        assert await refused(node, after, consent="once", shown=before.preview.digest) == "disclosure-changed"


async def test_a_yes_is_for_the_words_that_were_shown(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        before, after = await shown(node, record, BOB), await shown(node, record, BOB, prompt=PROMPT + " All of it:")
        assert await refused(node, after, consent="once", shown=before.preview.digest) == "disclosure-changed"


async def test_a_record_that_became_another_since_is_asked_about_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with knowing(tmp_path) as (node, record):
        before, found = await shown(node, record, BOB), node.vault.vault.library.get(record)
        other = replace(found, record=replace(found.record, body="We are in Corsica."))
        monkeypatch.setattr(node.vault.vault.library, "get", lambda _name: other)
        after = await shown(node, record, BOB)
        assert await refused(node, after, consent="once", shown=before.preview.digest) == "disclosure-changed"


def test_a_digest_tells_bytes_kinds_and_recipients_apart_and_not_their_order() -> None:
    made = [(b"x", "a", ("1", "2")), (b"y", "a", ("1", "2")), (b"x", "b", ("1", "2")), (b"x", "a", ("12",))]
    assert len({digest_of(*one) for one in made}) == len(made)
    assert digest_of(b"x", "a", ("2", "1")) == digest_of(*made[0])


@pytest.mark.parametrize("consent", ["", "never", "maybe"])
async def test_nothing_but_once_or_always_is_a_yes(tmp_path: Path, consent: str) -> None:
    async with knowing(tmp_path) as (node, record):
        ready = await shown(node, record, BOB)
        assert await refused(node, ready, consent=consent, shown=ready.preview.digest) == "disclosure-ask"


async def test_always_holds_for_this_peer_and_this_kind_alone(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        ready = await shown(node, record, BOB)
        await agreed(node, ready, yes(ready, "always"))
        assert await agreed(node, ready, Terms()) == ((BOB,), "always")
        assert await refused(node, await shown(node, record, ALICE)) == "disclosure-ask"
        assert await refused(node, await shown(node, record, BOB, ALICE)) == "disclosure-ask"
        other = replace(ready, preview=replace(ready.preview, kind="skill"))
        assert await refused(node, other) == "disclosure-ask"


async def test_once_leaves_no_yes_behind(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        ready = await shown(node, record, BOB)
        await agreed(node, ready, yes(ready))
        assert node.vault.vault.disclosures.consents() == []


async def test_never_for_one_keeps_it_from_that_one_alone(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        node.vault.vault.disclosures.decide(BOB, "inference", "never")
        ready = await shown(node, record, BOB, ALICE)
        assert await agreed(node, ready, yes(ready, "always")) == ((ALICE,), "always")
        assert node.vault.vault.disclosures.consent(BOB, "inference") == "never"
        assert await refused(node, await shown(node, record, BOB)) == "disclosure-never"


async def test_never_of_one_kind_is_not_never_of_another(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        node.vault.vault.disclosures.decide(BOB, "letter", "never")
        ready = await shown(node, record, BOB)
        assert await agreed(node, ready, yes(ready)) == ((BOB,), "once")


async def test_records_go_with_a_prompt_and_nothing_else(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        with pytest.raises(CommandFailed) as failed:
            await prepared(node, None, "model", {"sha256": "0" * 64, "records": [record]}, (BOB,))
        assert failed.value.key == "disclosure-kind"


async def test_a_record_that_is_named_twice_is_shown_once(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        ready = await prepared(node, None, "inference", {"prompt": PROMPT, "records": [record, record]}, (BOB,))
        assert ready.asked.records == (record,)
        assert ready.preview.text.count(NOTE.body) == 1


async def test_what_is_done_with_records_says_so_to_the_provider_beforehand(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, record):
        assert (await shown(node, record, BOB)).asked.disclosure is Disclosure.RECORDS
        typed = await prepared(node, None, "inference", {"prompt": PROMPT}, (BOB,))
        assert typed.asked.disclosure is Disclosure.TYPED


async def test_where_a_kind_shows_no_words_the_fields_are_shown(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, _record):
        ready = await prepared(node, None, "model", {"sha256": "0" * 64}, (BOB,))
        assert ready.preview.text == '{\n "sha256": "' + "0" * 64 + '"\n}'


# --- byte for byte


def listened_to(node: Node) -> list[Message]:
    """Every message that this node's host sends from now on."""
    sent: list[Message] = []
    request: Callable[..., Any] = node.swarm.host.request

    async def noted(peer: str, protocol: str, data: bytes, *more: Any) -> bytes:
        sent.append(SignedMessage.from_bytes(data).message)
        return bytes(await request(peer, protocol, data, *more))

    node.swarm.host.request = noted  # type: ignore[method-assign,assignment]
    return sent


async def left(alice: Node, bob: Node) -> tuple[Preview, list[Message]]:
    """What was shown, and the messages that left after the yes to it."""
    given_model(bob)
    (record,) = alice.vault.vault.library.add([NOTE]).ids
    arguments = {"prompt": PROMPT, "records": [record]}
    preview = await preview_task(alice, "inference", arguments, ("Bob",))
    sent = listened_to(alice)
    terms = Terms(seconds=PATIENCE, consent="once", shown=preview.digest)
    await announce_and_wait(alice, "inference", arguments, ("Bob",), terms)
    return preview, sent


def check(preview: Preview, sent: list[Message]) -> None:
    """The bytes of the call and the award are those that were shown, to whom it was shown, and nothing else left."""
    call, award = (content_of(message) for message in sent)
    assert isinstance(call, CallForProposals)
    assert isinstance(award, Acceptance)
    body = encode({"spec": dict(call.spec), "input": dict(award.input)})
    assert (len(body), digest_of(body, "inference", preview.peer_ids)) == (preview.bytes, preview.digest)
    assert {message.receiver for message in sent} == set(preview.peer_ids)
    assert award.input == {"prompt": preview.text}
    assert [message.performative for message in sent] == [Performative.CFP, Performative.ACCEPT_PROPOSAL]
    assert call.x == award.x == {}


async def test_what_leaves_is_what_was_shown_byte_for_byte_and_stands_in_the_ledger(tmp_path: Path) -> None:
    async with two_nodes(tmp_path) as (alice, bob):
        preview, sent = await left(alice, bob)
        check(preview, sent)
        ledger = {one.digest for one in alice.vault.vault.disclosures.list()}
        assert ledger == {sha256(message.body()).hexdigest() for message in sent}


async def test_a_single_byte_more_than_was_shown_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above, with the fault in the program that it is for."""
    honest = deciding.acceptance

    def leaky(task: Any) -> Acceptance:
        said = honest(task)
        return replace(said, input={**said.input, "prompt": str(said.input["prompt"]) + "!"})

    monkeypatch.setattr(deciding, "acceptance", leaky)
    async with two_nodes(tmp_path) as (alice, bob):
        preview, sent = await left(alice, bob)
    with pytest.raises(AssertionError):
        check(preview, sent)


async def test_whoever_is_blocked_is_asked_for_nothing(tmp_path: Path) -> None:
    async with knowing(tmp_path) as (node, _record):
        node.vault.vault.peers.stand(BOB, "blocked")
        with pytest.raises(CommandFailed) as failed:
            await preview_task(node, "inference", {"prompt": PROMPT}, (BOB,))
        assert failed.value.key == "task-blocked"
