"""Two nodes with real vaults negotiate over a wire that loses messages, and over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from p2p.contents import Acceptance, Done, Result, content_of
from p2p.contractnet_terms import Outcome
from p2p.deciding import CannotWork, Change, Job
from p2p.delivery import FIRST_PAUSE
from p2p.initiator_state import Initiator
from tests.protocol.negotiator_fixtures import TASK, Party, Scripted, Wire, call, deadlines


@pytest.fixture(name="wire")
def wire_fixture(monkeypatch: pytest.MonkeyPatch) -> Wire:
    assert FIRST_PAUSE > 0.05
    monkeypatch.setattr("p2p.delivery.FIRST_PAUSE", 0.05)
    return Wire()


@pytest.fixture(name="alice")
def alice_fixture(tmp_path: Path, wire: Wire) -> Party:
    return Party(tmp_path, wire)


@pytest.fixture(name="bob")
def bob_fixture(tmp_path: Path, wire: Wire) -> Party:
    return Party(tmp_path, wire)


def result_of(change: Change) -> object:
    assert change.received is not None
    content = content_of(change.received)
    assert isinstance(content, Result)
    return content.result


async def test_a_call_ends_in_the_result_of_the_one_who_was_awarded(alice: Party, bob: Party) -> None:
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        assert result_of(await alice.deciding.until("done")) == {"echo": "hello"}


async def test_both_ends_record_that_it_is_done(alice: Party, bob: Party) -> None:
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
        assert (await bob.deciding.until("done")).role == "participant"


async def test_the_input_goes_to_nobody_but_the_one_who_was_awarded(alice: Party, bob: Party, tmp_path: Path) -> None:
    carol = Party(tmp_path, alice.wire, Scripted())
    async with bob.open(), carol.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id, carol.id), deadlines())
        await alice.deciding.until("done")
    accepted = [m for c in alice.deciding.changes for m in c.sent if isinstance(content_of(m), Acceptance)]
    assert len(accepted) == 1
    others = [m for c in alice.deciding.changes for m in c.sent if m not in accepted]
    assert not any("hello" in repr(message.content) for message in others)


async def test_over_a_line_that_loses_nothing_each_message_goes_once(alice: Party, bob: Party) -> None:
    async with bob.open() as other, alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
        with trio.fail_after(60):
            while node._outbox.due(4e9) or other._outbox.due(4e9):  # noqa: ASYNC110 - an outbox has no event
                await trio.sleep(0.02)
    assert alice.wire.count == 4, "the call, the proposal, the award, the result"


async def test_who_is_chosen_hears_it_before_the_others_hear_that_they_are_not(
    alice: Party, bob: Party, tmp_path: Path
) -> None:
    carol = Party(tmp_path, alice.wire, Scripted())
    told: list[str] = []

    def noted(sender: str, peer: str, _number: int) -> bool:
        if sender == alice.id:
            told.append(peer)
        return False

    alice.wire.lossy = noted
    async with bob.open(), carol.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id, carol.id), deadlines())
        done = await alice.deciding.until("done")
        await (carol if done.received is not None and done.received.sender == bob.id else bob).deciding.until("refused")
    assert done.received is not None
    assert told[2] == done.received.sender


async def test_a_refusal_by_everybody_ends_a_call(alice: Party, bob: Party) -> None:
    bob.deciding.price = None
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("refused")


async def test_a_node_that_will_not_take_the_call_counts_as_a_refusal(alice: Party, bob: Party, tmp_path: Path) -> None:
    late = (1, 2, 3)
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), late)
        await alice.deciding.until("refused")
    assert bob.deciding.changes == []


async def test_a_person_may_choose_later(alice: Party, bob: Party) -> None:
    alice.deciding.chooses = False
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await bob.deciding.news.wait()
        with trio.fail_after(60):
            news = alice.deciding.news
            while not await node.award(TASK, (bob.id,), Acceptance({"say": "later"})):
                await news.wait()
                news = alice.deciding.news
        assert result_of(await alice.deciding.until("done")) == {"echo": "later"}


async def test_work_that_fails_says_why(alice: Party, bob: Party) -> None:
    def fail(_job: Job) -> Result:
        raise CannotWork("quota")

    bob.deciding.result = fail
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        change = await alice.deciding.until("failed")
    assert isinstance(change.state, Initiator)
    assert change.state.legs[0].code == "quota"


async def test_a_broken_provider_is_a_failure_and_no_more(alice: Party, bob: Party) -> None:
    def fail(_job: Job) -> Result:
        raise RuntimeError("secret text")

    bob.deciding.result = fail
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        change = await alice.deciding.until("failed")
    assert change.received is not None
    assert "secret" not in repr(change.received.content)


async def test_work_without_a_result_is_done(alice: Party, bob: Party) -> None:
    bob.deciding.result = lambda _job: Done()
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")


async def test_a_result_that_fits_into_no_message_fails(alice: Party, bob: Party) -> None:
    bob.deciding.result = lambda _job: Result({"text": "x" * 70_000})
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("failed")


async def test_calling_off_stops_the_work(alice: Party, bob: Party) -> None:
    bob.deciding.gate = trio.Event()
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        with trio.fail_after(60):
            while not bob.deciding.worked:
                await bob.deciding.news.wait()
        assert await node.call_off(TASK, deadlines()[0])
        await alice.deciding.until("cancelled")
        await bob.deciding.until("cancelled")


async def test_what_has_ended_is_not_called_off(alice: Party, bob: Party) -> None:
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
        assert not await node.call_off(TASK, deadlines()[0])


@pytest.mark.parametrize("lost", range(1, 6))
async def test_a_lost_message_is_sent_again(alice: Party, bob: Party, lost: int) -> None:
    alice.wire.lossy = lambda _sender, _peer, number: number == lost
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
    assert bob.deciding.worked == [TASK]


@pytest.mark.parametrize("lost", range(1, 6))
async def test_a_lost_acknowledgement_does_nothing_twice(alice: Party, bob: Party, lost: int) -> None:
    alice.wire.deaf = lambda _sender, _peer, number: number == lost
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
    assert bob.deciding.worked == [TASK]


async def test_a_peer_that_was_away_gets_the_call_when_it_comes_back(alice: Party, bob: Party) -> None:
    async with alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await trio.sleep(0.1)
        async with bob.open():
            await alice.deciding.until("done")


async def test_an_initiator_that_restarts_goes_on(alice: Party, bob: Party) -> None:
    alice.deciding.chooses = False
    async with bob.open():
        async with alice.open() as node:
            await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
            with trio.fail_after(60):
                while len(bob.deciding.changes) < 2:
                    await bob.deciding.news.wait()
        alice.deciding.chooses = True
        async with alice.open():
            await alice.deciding.until("done")
    assert bob.deciding.worked == [TASK]


async def test_work_that_a_restart_cut_short_is_not_done_twice(alice: Party, bob: Party) -> None:
    bob.deciding.gate = trio.Event()
    async with alice.open() as node:
        async with bob.open():
            await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
            with trio.fail_after(60):
                while not bob.deciding.worked:
                    await bob.deciding.news.wait()
        async with bob.open():
            change = await alice.deciding.until("failed")
    assert isinstance(change.state, Initiator)
    assert (change.state.legs[0].code, bob.deciding.worked) == ("interrupted", [TASK])


async def test_a_stranger_in_somebody_elses_conversation_changes_nothing(
    alice: Party, bob: Party, tmp_path: Path
) -> None:
    mallory = Party(tmp_path, alice.wire, Scripted())
    alice.deciding.chooses = False
    async with bob.open(), mallory.open() as evil, alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await evil.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await bob.deciding.until("done")
        await mallory.deciding.until("done")
    assert bob.deciding.worked == [TASK]  # Mallory's, who was served as themselves; Alice has not chosen yet
    assert not any(change.outcome for change in alice.deciding.changes)


async def test_garbage_is_refused_and_counted(alice: Party, bob: Party) -> None:
    async with alice.open() as node:
        await node.receive(bob.id, b"garbage")
    assert alice.deciding.faults == [(bob.id, "bad-encoding")]


async def test_a_message_under_somebody_elses_name_is_refused(alice: Party, bob: Party, tmp_path: Path) -> None:
    mallory = Party(tmp_path, alice.wire)
    async with bob.open(), alice.open() as node:
        await node.announce(TASK, "echo", call(), (bob.id,), deadlines())
        await alice.deciding.until("done")
        stolen = alice.deciding.changes[0].sent[0]
        from p2p.acl import SignedMessage

        signed = SignedMessage.sign(stolen, alice.host_key).to_bytes()
        before = len(bob.deciding.changes)
        await alice.wire.nodes[bob.id].receive(mallory.id, signed)
    assert (mallory.id, "wrong-sender") in bob.deciding.faults
    assert len(bob.deciding.changes) == before


def test_every_outcome_of_a_machine_is_one_a_person_sees() -> None:
    assert {str(outcome) for outcome in Outcome} == {"done", "failed", "refused", "cancelled", "expired"}
