"""What this node decides in negotiations: by its offers as a provider, by the task's own policy as an initiator.

Everything that is kept with a step stands here: the task as a person sees it, its messages, what was used, what left.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import trio

from app.errors import code
from app.swarm import hours
from app.swarm.awarding import affordable, proposal_of, rank
from app.swarm.experience import experience
from app.swarm.kinds.port import Asking, BadTask, Kind, Resting, Undoing, initiating
from app.swarm.paying import TOKEN_PRICE, NotPaid, OnTrust, Paying, on_chain
from app.swarm.progress import Progress
from app.swarm.receipting import said
from app.swarm.shares import Places, Promises
from app.swarm.telling import arrow, shown
from app.swarm_results import TaskChanged
from p2p.acl import BadField, Message, Performative, SignedMessage
from p2p.content_fields import FREE, Price
from p2p.contents import Acceptance, CallForProposals, Done, Proposal, Refusal, Result, content_of
from p2p.contractnet import ParticipantPhase
from p2p.contractnet_terms import Bid
from p2p.deciding import Bidding, Call, Change, Job
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from p2p.stepping import state_of
from p2p.wording import unpacked
from storage.offers import Offer
from storage.outbox import Write
from storage.tasks import Task, TaskState
from storage.vault import Vault

log = logging.getLogger("app")

TRIM = 50  # calls of one peer after which those that came to nothing are looked through
BINDING = 5 * 60 * 1000  # milliseconds that a proposal binds
BINDING_PAID = 30 * 60 * 1000  # the same, where four transactions come before the award
_TOLD = frozenset(
    {Performative.CFP, Performative.ACCEPT_PROPOSAL, Performative.INFORM}  # what holds words of a person or a model
)


@dataclass(frozen=True)
class Announcement:
    """What a task that is about to be announced holds besides its call.  `why`: see storage.disclosures."""

    spec: Mapping[str, Any]
    input: Mapping[str, Any]
    award: str
    audience: tuple[str, ...]
    why: str
    records: tuple[str, ...] = ()
    wanted: int = 1

    def to_map(self) -> dict[str, Any]:
        return {
            "spec": dict(self.spec),
            "input": dict(self.input),
            "award": self.award,
            "why": self.why,
            "records": list(self.records),
            "wanted": self.wanted,
        }


class Decisions:
    """See p2p.deciding.Deciding."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        vault: Vault,
        contacts: Callable[[], frozenset[str]],
        blocking: Callable[..., Any],
        listener: Callable[[object], None],
        misbehaved: Callable[[str, str], None],
        local: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        clock: Callable[[], float] = time.time,
        paying: Paying | None = None,
    ) -> None:
        self._kinds = kinds
        self._vault = vault
        self._contacts = contacts
        self._blocking = blocking
        self._listener = listener
        self._misbehaved = misbehaved
        self._local = local
        self._clock = clock
        self._paying = paying or OnTrust()
        self._places = Places()
        self._promises = Promises(lambda: int(clock() * 1000))
        self._called: Counter[str] = Counter()  # calls of each peer since the start
        self._rested: dict[str, tuple[str, ...]] = {}  # by task, the records that what leaves for it rests on
        self._asked: dict[str, trio.Event] = {}
        self._answers: dict[str, bool] = {}
        self.announcing: dict[str, Announcement] = {}
        self.progress = Progress()
        self.on_change: list[Callable[[Change], None]] = []
        self.on_request: Callable[[Message], Sequence[Write]] = _no_requests
        self.on_sent: Callable[[Message, str], Sequence[Write]] = lambda _message, _why_not: ()

    # As a provider

    async def bid(self, call: Call) -> Bidding | Refusal | None:
        try:
            return await self._bid(call)
        except Exception as failed:  # noqa: BLE001 - one stranger's call went wrong; every other goes on
            log.error("a call for %s ended with %s", call.kind, code(failed))  # noqa: TRY400 - no text of peers
            self._promises.end(call.peer, call.conversation)
            return Refusal("error")

    async def _bid(self, call: Call) -> Bidding | Refusal | None:
        kind = self._kinds.get(call.kind)
        if kind is None:
            return None
        offer = await self._offer(kind)
        binding = BINDING_PAID if on_chain(call.content.max_price) else BINDING
        until = min(call.reply_by + binding, call.content.result_by)
        try:
            amount = kind.amount(call.content.spec)
            undoes = isinstance(kind, Undoing) and kind.undoes(call)
        except BadTask:
            return None
        if undoes:
            return await self._proposal(kind, call, offer or Offer(kind.name, "contacts", 0), until)
        if offer is None or offer.audience == "nobody":
            return Refusal("not-offered")
        if offer.audience == "contacts" and call.peer not in self._contacts():
            return Refusal("not-allowed")
        if not self._in_hours(offer):
            return Refusal("hours")
        used = await self._blocking(self._vault.offers.used, call.peer, call.kind)
        if used + self._promises.of(call.peer, call.kind, call.conversation) + amount > offer.quota:
            return Refusal("quota")
        if self._places.taken(call.kind) >= offer.at_once:
            return Refusal("busy")
        self._promises.give(call.peer, call.kind, call.conversation, amount, until)  # before anything is waited for
        try:
            answer = await self._answer(kind, call, offer, amount, until)
        except NotPaid as why:
            answer = Refusal(why.code)
        if isinstance(answer, Refusal):
            self._promises.end(call.peer, call.conversation)
        return answer

    async def _offer(self, kind: Kind) -> Offer | None:
        return await self._blocking(self._vault.offers.get, kind.name) or kind.usual

    def _in_hours(self, offer: Offer) -> bool:
        """Those of a meeting are when it may be, not when it may be asked for."""
        now, when = self._local(), hours.of(offer.settings)
        return offer.kind == "meeting" or when is None or when.cover(now.timestamp(), now.timestamp(), now)

    async def _answer(self, kind: Kind, call: Call, offer: Offer, amount: int, until: int) -> Bidding | Refusal:
        """Whoever wants tokens works for nothing else.  Errors: NotPaid."""
        if price := str(offer.settings.get(TOKEN_PRICE) or ""):
            await self._paying.checked(call)
        contact = call.peer in self._contacts()
        try:
            asks = kind.asks(call, offer, contact=contact) if isinstance(kind, Asking) else None
        except BadTask as bad:
            return Refusal(bad.code)
        if (offer.asks if asks is None else asks) and not await self._person_agrees(call):
            return Refusal("person")
        if not isinstance(kind, Resting):
            return await self._proposal(kind, call, offer, until, price)
        await self._blocking(self._vault.offers.record, call.peer, call.kind, amount)
        self._promises.end(call.peer, call.conversation)
        made = await self._proposal(kind, call, offer, until, price)
        if isinstance(made, Bidding):
            self._rested[f"{call.peer}/{call.conversation}"] = kind.rests_on(call.peer, call.conversation)
        return made

    async def _proposal(self, kind: Kind, call: Call, offer: Offer, until: int, tokens: str = "") -> Bidding | Refusal:
        """Errors: NotPaid."""
        try:
            proposal = await kind.propose(call, offer)
        except BadTask as bad:
            return Refusal(bad.code)
        if tokens:
            proposal = await self._paying.bid(call, proposal, tokens, until)
        if not affordable(proposal.price, call.content.max_price):
            return Refusal("price")
        return Bidding(proposal, until, kind.repeatable)

    async def _person_agrees(self, call: Call) -> bool:
        """The task stands there as `deciding` until the person answers, its time is over, or it has ended."""
        name = f"{call.peer}/{call.conversation}"
        event = self._asked.setdefault(name, trio.Event())
        with trio.move_on_after(max(0.0, call.reply_by / 1000 - self._clock())):
            await event.wait()
        if self._asked.get(name) is event:
            del self._asked[name]
        return self._answers.pop(name, False)

    def answer(self, task: str, agrees: bool) -> bool:
        """The person's answer to a call; False where none waits for one."""
        event = self._asked.pop(task, None)
        if event is None:
            return False
        self._answers[task] = agrees
        event.set()
        return True

    async def work(self, job: Job) -> Result | Done:
        """As many at a time as the person offers: the others wait their turn, and their deadlines go on meanwhile."""
        kind, call = self._kinds[job.call.kind], job.call
        if on_chain(job.proposal.price):
            await self._paying.paid(job)
        counted = 0 if isinstance(kind, Resting) else kind.amount(call.content.spec)
        await self._blocking(self._vault.offers.record, call.peer, kind.name, counted)
        self._promises.end(call.peer, call.conversation)  # it is counted as used from now on
        report, used = self.progress.begin(call.peer, call.conversation), 0
        try:
            async with self._places.one(kind.name, lambda: self._at_once(kind)):
                used = counted
                result, used = await kind.work(job, report)
        finally:
            self.progress.end(call.peer, call.conversation)
            with trio.CancelScope(shield=True):
                await self._blocking(self._vault.offers.record, call.peer, kind.name, used - counted)
        return result

    async def _at_once(self, kind: Kind) -> int:
        offer = await self._offer(kind)
        return 1 if offer is None else offer.at_once

    # As an initiator

    async def award(
        self, conversation: str, kind: str, bids: Sequence[Bid]
    ) -> tuple[tuple[str, ...], Acceptance] | None:
        task = await self._blocking(self._vault.tasks.get, conversation)
        self.remember(task)
        most = await self._blocking(self._most, conversation)
        bids = await self._paying.sound(conversation, [bid for bid in bids if affordable(proposal_of(bid).price, most)])
        policy, wanted = task.spec["award"], int(task.spec.get("wanted", 1))
        if (found := initiating(self._kinds.get(kind))) is not None:
            chosen = found.choose(task, [(bid.peer, proposal_of(bid)) for bid in bids])
            if chosen is not None:
                return await self._paid(task, bids, chosen[0]), Acceptance(chosen[1])
        if peer := await self._paying.chosen(conversation):
            return await self._paid(task, bids, (peer,)), acceptance(task.spec)
        if policy == "ask" or kind not in self._kinds:
            return None  # a person sees every price, and may take a higher one
        records = await self._blocking(experience, self._vault) if policy == "best" else {}
        ranked = sorted(bids, key=lambda bid: rank(bid, policy, self._contacts(), records))
        return await self._paid(task, bids, tuple(bid.peer for bid in ranked[:wanted])), acceptance(task.spec)

    async def _paid(self, task: Task, bids: Sequence[Bid], peers: tuple[str, ...]) -> tuple[str, ...]:
        """Whom to award, once their job is funded; nobody where that does not come about."""
        chosen = [bid for bid in bids if bid.peer in peers]
        paid = [await self._paying.pay(task.id, bid) for bid in chosen if on_chain(proposal_of(bid).price)]
        return peers if all(paid) and len(chosen) == len(peers) else ()

    def _most(self, conversation: str) -> Price:
        """What the call said would be paid at most.  Worker thread."""
        dialogue = self._vault.outbox.find(conversation, "initiator")
        state = None if dialogue is None else state_of(dialogue)
        if not isinstance(state, Initiator):
            return FREE
        return CallForProposals.from_map(unpacked(state.call)).max_price

    def remember(self, task: Task) -> None:
        """What was agreed to at its announcement: after a restart too, the ledger says it of what its award shows."""
        spec = task.spec
        self.announcing.setdefault(
            task.id,
            Announcement(
                spec["spec"], spec["input"], spec["award"], (), spec.get("why", "typed"), tuple(spec.get("records", ()))
            ),
        )

    # Both

    def record(self, change: Change) -> Sequence[Write]:
        tasks, name = self._vault.tasks, task_name(change)
        writes: list[Write] = []
        if change.began:
            writes.append(tasks.created(name, change.role, change.kind, *self._asked_for(change)))
            if change.role == "participant" and self._called[change.peer] % TRIM == 0:
                writes.append(tasks.trimmed(change.peer))
        if change.received is not None:
            message = change.received
            writes.append(tasks.message(name, message.sender, arrow(message), outgoing=False))
        for message in change.sent:
            writes.append(tasks.message(name, message.receiver, arrow(message), outgoing=True))
            writes.extend(self._left(change, message))
        writes.append(shown(tasks.changed, name, change, *self._verdict(change)))
        writes.extend(self._paying.record(change))
        if change.signed:
            kept = self._vault.receipts.said(change.conversation, change.role, change.peer, said(change))
            writes.append(kept)
        return writes

    def _verdict(self, change: Change) -> tuple[TaskState | None, str]:
        """How it ended, and why where that is not the providers' word; None while it goes on."""
        kind, outcome = initiating(self._kinds.get(change.kind)), cast("TaskState | None", change.outcome or None)
        if outcome is None or kind is None or not isinstance(change.state, Initiator):
            return outcome, ""
        spec = unpacked(change.state.call).get("spec")
        ends = tuple("" if leg.end is None else str(leg.end) for leg in change.state.awarded)
        return kind.verdict(change.conversation, spec if isinstance(spec, dict) else {}, outcome, ends)

    def _asked_for(self, change: Change) -> tuple[dict[str, Any], tuple[str, ...], TaskState]:
        if isinstance(change.state, Initiator):
            announced = self.announcing[change.conversation]
            return announced.to_map(), announced.audience, "calling"
        call = change.state.call
        return {"spec": {} if call is None else unpacked(call.body).get("spec", {})}, (change.peer,), "deciding"

    def _left(self, change: Change, message: Message) -> Sequence[Write]:
        """The ledger: whatever holds words of the person, their vault or their model."""
        if message.performative not in _TOLD and not _says_more(message):
            return ()
        announced = self.announcing.get(change.conversation)
        why = "offer" if change.role == "participant" else "typed" if announced is None else announced.why
        kind, task = f"{change.kind}/{message.performative}", task_name(change)
        records = announced.records if announced is not None else self._rested.get(task, ())
        return (self._vault.disclosures.left(message.receiver, kind, message.body(), why, task=task, records=records),)

    def changed(self, change: Change) -> None:
        if change.began and change.role == "participant":
            self._called[change.peer] += 1
        if change.outcome:
            self._rested.pop(task_name(change), None)
        if change.outcome and change.role == "initiator":
            self.announcing.pop(change.conversation, None)  # with its words, which may be forgotten by then
        if isinstance(change.state, Participant):
            self._follow(change, change.state)
        self._paying.changed(change)
        self._listener(TaskChanged(task_name(change), change.outcome or str(change.state.phase)))
        for callback in self.on_change:
            callback(change)

    def _follow(self, change: Change, state: Participant) -> None:
        """What a conversation that has ended held is free; a bid that binds holds its share, after a restart too."""
        if change.outcome:
            self._promises.end(change.peer, change.conversation)
            if (event := self._asked.pop(task_name(change), None)) is not None:
                event.set()
        elif state.phase is ParticipantPhase.BOUND and state.call is not None and state.offer is not None:
            kind, spec = self._kinds.get(change.kind), unpacked(state.call.body).get("spec")
            if kind is None or isinstance(kind, Resting) or not isinstance(spec, dict):
                return
            with suppress(BadTask):  # such as a model that is no longer here
                amount = kind.amount(spec)
                self._promises.give(change.peer, change.kind, change.conversation, amount, state.offer.until)

    def misbehaved(self, peer: str, code: str) -> None:
        self._misbehaved(peer, code)

    async def request(self, message: Message) -> Sequence[Write]:
        return self.on_request(message)

    def undelivered(self, payload: bytes, code: str) -> Sequence[Write]:
        return self.on_sent(SignedMessage.from_bytes(payload).message, code)

    def delivered(self, payload: bytes) -> Sequence[Write]:
        return self.on_sent(SignedMessage.from_bytes(payload).message, "")


def _says_more(message: Message) -> bool:
    """A proposal with terms: what this node computed for it."""
    if message.performative is not Performative.PROPOSE:
        return False
    content = content_of(message)
    return isinstance(content, Proposal) and bool(content.terms)


def acceptance(task: Mapping[str, Any]) -> Acceptance:
    """What goes with an award: the task's input, which nobody else is shown."""
    return Acceptance(task["input"])


def task_name(change: Change) -> str:
    return change.conversation if change.role == "initiator" else f"{change.peer}/{change.conversation}"


def _no_requests(_message: Message) -> Sequence[Write]:
    raise BadField("No requests are taken here.")
