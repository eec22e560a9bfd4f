"""What a provider bids for, and whom an initiator awards: real vault, real kinds, calls as strangers send them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import trio
import trio.testing

from app.swarm.deciding import Decisions
from app.swarm.kinds.inference import Inference
from app.swarm_results import TaskChanged
from p2p.content_fields import FREE, Price
from p2p.contents import Acceptance, CallForProposals, Proposal, Refusal, Result
from p2p.contractnet import ParticipantPhase
from p2p.contractnet_terms import Terms
from p2p.deciding import Bidding, Call, Change, Job
from p2p.participant import Participant
from p2p.wording import packed
from storage.offers import Offer
from storage.vault import Vault
from tests.fakes import ScriptedLlm
from tests.unit.swarm_fixtures import until
from tests.unit.vault_fixtures import path_fixture, vault_fixture

__all__ = ["path_fixture", "vault_fixture"]

BOB, CAROL, STRANGER = "bob", "carol", "stranger"
NOW = 1_800_000_000_000  # milliseconds
MINUTE = 60_000
SPEC = {"max-tokens": 60, "prompt-bytes": 120}  # 100 of a quota
TASK = "ab" * 16


class Held(Inference):
    """Inference whose work waits until it is let go."""

    def __init__(self) -> None:
        super().__init__(lambda: ScriptedLlm(["Hello"] * 9), lambda: True)
        self.begun: list[str] = []
        self.go = trio.Event()

    async def work(self, job: Job, report: Callable[[str], None]) -> tuple[Result, int]:
        self.begun.append(job.call.conversation)
        await self.go.wait()
        return await super().work(job, report)


@dataclass
class Side:
    """One node's decisions, its clock, and what it told."""

    vault: Vault
    now: float = NOW / 1000
    events: list[object] = field(default_factory=list)
    contacts: set[str] = field(default_factory=lambda: {BOB, CAROL})

    def __post_init__(self) -> None:
        self.kind = Held()
        self.decisions = Decisions(
            {"inference": self.kind},
            self.vault,
            lambda: frozenset(self.contacts),
            self._blocking,
            self.events.append,
            lambda _peer, _code: None,
            clock=lambda: self.now,
        )

    async def _blocking(self, function: Any, /, *args: Any) -> Any:
        """As a worker thread would: others have their turn meanwhile."""
        await trio.lowlevel.checkpoint()
        found = function(*args)
        await trio.lowlevel.checkpoint()
        return found

    def offer(self, **changes: Any) -> None:
        self.vault.offers.set(Offer(**{"kind": "inference", "audience": "contacts", "quota": 1000, **changes}))

    async def answer(self, peer: str = BOB, **changes: Any) -> str:
        """The reason of a refusal; "bid", or "unread"."""
        answer = await self.decisions.bid(call(peer, **changes))
        return answer.reason if isinstance(answer, Refusal) else "bid" if isinstance(answer, Bidding) else "unread"


@pytest.fixture(name="side")
def side_fixture(vault: Vault) -> Side:
    return Side(vault)


def call(
    peer: str = BOB, conversation: str = TASK, spec: dict[str, Any] | None = None, most: Price = FREE, **more: Any
) -> Call:
    content = CallForProposals(SPEC if spec is None else spec, NOW + 10 * MINUTE, most)
    return Call(**{"conversation": conversation, "peer": peer, "kind": "inference", "content": content,
                   "reply_by": NOW + MINUTE, **more})  # fmt: skip


def job(peer: str = BOB, conversation: str = TASK) -> Job:
    spec = {"max-tokens": 60, "prompt-bytes": 2}
    return Job(call(peer, conversation, spec), Proposal(FREE, 1), Acceptance({"prompt": "Hi"}), NOW + 10 * MINUTE)


def moved(phase: ParticipantPhase, outcome: str = "", conversation: str = TASK) -> Change:
    """A step of Bob's call at our side."""
    body = packed(call().content)
    offer = Terms(packed(Proposal(FREE, 1)), NOW + 5 * MINUTE)
    state = Participant(conversation, BOB, phase, Terms(body, NOW + MINUTE), offer)
    return Change(conversation, "participant", BOB, "inference", state, (), None, outcome)


# --- to whom, how much, at what price


async def test_what_is_usual_is_offered_to_contacts(side: Side) -> None:
    assert await side.answer(BOB) == "bid"


async def test_a_stranger_is_offered_nothing_that_is_for_contacts(side: Side) -> None:
    assert await side.answer(STRANGER) == "not-allowed"


async def test_who_is_no_contact_any_more_is_offered_nothing(side: Side) -> None:
    side.contacts.discard(BOB)
    assert await side.answer(BOB) == "not-allowed"


async def test_what_is_open_is_offered_to_strangers(side: Side) -> None:
    side.offer(audience="open")
    assert await side.answer(STRANGER) == "bid"


async def test_what_is_for_nobody_is_offered_to_no_contact_either(side: Side) -> None:
    side.offer(audience="nobody")
    assert await side.answer(BOB) == "not-offered"


@pytest.mark.parametrize(("hour", "answer"), [(9, "bid"), (8, "hours"), (17, "hours"), (16, "bid")])
async def test_an_offer_stands_in_its_hours_alone(side: Side, hour: int, answer: str) -> None:
    side.offer(settings={"hours": "9:00-17:00"})
    side.decisions._local = lambda: datetime(2026, 3, 2, hour, 30, tzinfo=UTC)
    assert await side.answer() == answer


async def test_an_unknown_kind_is_not_understood(side: Side) -> None:
    assert await side.answer(kind="mining") == "unread"


@pytest.mark.parametrize(
    "spec",
    [{}, {"max-tokens": -1, "prompt-bytes": 1}, {"max-tokens": 2**52, "prompt-bytes": 1}, {**SPEC, "more": 1},
     {"max-tokens": True, "prompt-bytes": True}, {"max-tokens": None, "prompt-bytes": [[]]}],
)  # fmt: skip
async def test_a_spec_that_is_none_is_not_understood(side: Side, spec: dict[str, Any]) -> None:
    assert await side.answer(spec=spec) == "unread"


@pytest.mark.parametrize(("used", "answer"), [(900, "bid"), (901, "quota")])
async def test_a_quota_holds_to_the_last_token(side: Side, used: int, answer: str) -> None:
    side.offer()
    side.vault.offers.record(BOB, "inference", used)
    assert await side.answer() == answer


async def test_each_peer_has_a_quota_of_its_own(side: Side) -> None:
    side.offer()
    side.vault.offers.record(BOB, "inference", 1000)
    assert await side.answer(CAROL) == "bid"


async def test_a_quota_is_new_each_day(side: Side, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    side.offer()
    monkeypatch.setattr(vault.offers, "_clock", lambda: 0.0)
    vault.offers.record(BOB, "inference", 1000)
    assert await side.answer() == "quota"
    monkeypatch.setattr(vault.offers, "_clock", lambda: 86_400.0)
    assert await side.answer() == "bid"


@pytest.mark.parametrize(
    ("most", "answer"),
    [
        (Price(5, "credit"), "bid"),
        (Price(4, "credit"), "price"),
        (FREE, "price"),
        (Price(2**255, "eip155:1/erc20:0xabc"), "price"),
    ],
)
async def test_nobody_is_offered_for_less_than_the_price_or_in_another_token(
    side: Side, most: Price, answer: str
) -> None:
    side.offer(price=5)
    assert await side.answer(most=most) == answer


async def test_a_bid_binds_no_longer_than_the_result_is_wanted(side: Side) -> None:
    bidding = await side.decisions.bid(call(reply_by=NOW + 9 * MINUTE))
    assert isinstance(bidding, Bidding)
    assert bidding.until == NOW + 10 * MINUTE


async def test_a_fault_in_a_kind_is_a_refusal_and_no_more(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_spec: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(side.kind, "amount", broken)
    assert await side.answer() == "error"


# --- promises


async def test_two_calls_at_once_do_not_both_get_the_last_of_a_quota(side: Side) -> None:
    side.offer(quota=100)
    answers: list[str] = []

    async def ask(conversation: str) -> None:
        answers.append(await side.answer(conversation=conversation))

    async with trio.open_nursery() as nursery:
        for number in range(2):
            nursery.start_soon(ask, f"{number:032x}")
    assert sorted(answers) == ["bid", "quota"]


async def test_a_bid_that_binds_counts_as_used(side: Side) -> None:
    side.offer(quota=100)
    await side.answer(conversation="01" * 16)
    assert await side.answer(conversation="02" * 16) == "quota"


async def test_a_bid_that_lapsed_counts_no_more(side: Side) -> None:
    side.offer(quota=100)
    await side.answer(conversation="01" * 16)
    side.now += 7 * 60
    assert await side.answer(conversation="02" * 16, reply_by=NOW + 9 * MINUTE) == "bid"


@pytest.mark.parametrize("outcome", ["refused", "expired", "cancelled", "done", "failed"])
async def test_a_conversation_that_ended_holds_nothing(side: Side, outcome: str) -> None:
    side.offer(quota=100)
    await side.answer()
    side.decisions.changed(moved(ParticipantPhase.REFUSED, outcome))
    assert await side.answer(conversation="02" * 16) == "bid"


async def test_what_was_bid_before_a_restart_still_counts(side: Side, vault: Vault) -> None:
    side.offer(quota=100)
    again = Side(vault)
    again.decisions.changed(moved(ParticipantPhase.BOUND))
    assert await again.answer(conversation="02" * 16) == "quota"


async def test_a_refusal_holds_nothing(side: Side) -> None:
    side.offer(quota=100, price=5)
    assert await side.answer(conversation="01" * 16) == "price"
    assert await side.answer(conversation="02" * 16, most=Price(5, "credit")) == "bid"


async def test_a_flood_of_calls_leaves_no_promise_behind(side: Side) -> None:
    side.offer(quota=2**52)
    for number in range(500):
        await side.answer(conversation=f"{number:032x}", reply_by=NOW + 1)
    side.now += 24 * 3600
    await side.answer()
    assert len(side.decisions._promises) == 1


# --- how much of the machine


async def test_no_more_is_worked_on_than_offered_whatever_was_bid_for(side: Side) -> None:
    side.offer(at_once=2)
    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(side.decisions.work, job(BOB, f"{number:032x}"))
        await until(lambda: len(side.kind.begun) >= 2)
        await trio.testing.wait_all_tasks_blocked()
        assert len(side.kind.begun) == 2
        assert await side.answer(CAROL) == "busy"
        side.kind.go.set()
    assert len(side.kind.begun) == 5


async def test_work_that_is_called_off_while_it_waits_costs_nothing(side: Side) -> None:
    side.offer(at_once=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(side.decisions.work, job(BOB, "01" * 16))
        await until(lambda: side.kind.begun)
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as waiting:
                waiting.start_soon(side.decisions.work, job(CAROL, "02" * 16))
                await trio.testing.wait_all_tasks_blocked()
                assert side.vault.offers.used(CAROL, "inference") == 60
                scope.cancel()
        side.kind.go.set()
    assert side.vault.offers.used(CAROL, "inference") == 0


async def test_work_that_fails_counts_as_it_was_reserved(side: Side) -> None:
    side.kind.go.set()
    wrong = Job(call(spec=SPEC), Proposal(FREE, 1), Acceptance({"prompt": "no 120 bytes"}), NOW)
    with pytest.raises(Exception, match="spec"):
        await side.decisions.work(wrong)
    assert side.vault.offers.used(BOB, "inference") == 100


# --- the person is asked


async def test_a_call_waits_for_the_person(side: Side) -> None:
    side.offer(asks=True)
    said: list[str] = []

    async def ask() -> None:
        said.append(await side.answer())

    for agrees in (True, False):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked()
            assert side.decisions.answer(f"{BOB}/{TASK}", agrees)
    assert said == ["bid", "person"]


async def test_a_question_that_nobody_answers_ends_with_the_call(side: Side, autojump_clock: object) -> None:
    side.offer(asks=True)
    assert await side.answer() == "person"
    assert not side.decisions.answer(f"{BOB}/{TASK}", agrees=True)


async def test_a_question_ends_with_its_conversation(side: Side) -> None:
    side.offer(asks=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(side.answer)
        await trio.testing.wait_all_tasks_blocked()
        side.decisions.changed(moved(ParticipantPhase.CANCELLED, "cancelled"))
    assert not side.decisions.answer(f"{BOB}/{TASK}", agrees=True)


async def test_an_answer_to_nothing_is_none(side: Side) -> None:
    assert not side.decisions.answer(f"{BOB}/{TASK}", agrees=True)


async def test_every_change_is_told(side: Side) -> None:
    side.decisions.changed(moved(ParticipantPhase.DONE, "done"))
    assert side.events == [TaskChanged(f"{BOB}/{TASK}", "done")]
