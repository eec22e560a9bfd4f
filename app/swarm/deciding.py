"""What this node decides in negotiations: by its offers as a provider, by the task's own policy as an initiator.

Everything that is kept with a step stands here: the task as a person sees it, its messages, what was used, what left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import trio

from app.swarm import hours
from app.swarm.kinds.port import BadTask, Kind, Resting, Undoing, initiating
from app.swarm.progress import Progress
from app.swarm_results import TaskChanged
from p2p.acl import AclError, BadField, Message, Performative, SignedMessage
from p2p.contents import Acceptance, Done, Proposal, Refusal, Result, content_of
from p2p.contractnet import InitiatorPhase, ParticipantPhase
from p2p.contractnet_terms import Bid
from p2p.deciding import Bidding, Call, Change, Job
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from p2p.wording import unpacked
from storage.offers import Offer
from storage.outbox import Write
from storage.tasks import Task, TaskState
from storage.vault import Vault

BINDING = 5 * 60 * 1000  # milliseconds that a proposal binds
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
    ) -> None:
        self._kinds = kinds
        self._vault = vault
        self._contacts = contacts
        self._blocking = blocking
        self._listener = listener
        self._misbehaved = misbehaved
        self._local = local
        self._running: dict[str, int] = {}  # tasks that are worked on, by kind
        self._freed: dict[str, trio.Event] = {}  # by kind: another one may begin
        self._owed: dict[str, tuple[str, str, int]] = {}  # by task, what a proposal of ours may still take of a quota
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
        kind = self._kinds.get(call.kind)
        if kind is None:
            return None
        offer = await self._offer(kind)
        try:
            amount = kind.amount(call.content.spec)
            undoes = isinstance(kind, Undoing) and kind.undoes(call)
        except BadTask:
            return None
        if undoes:
            return await self._proposal(kind, call, offer or Offer(kind.name, "contacts", 0))
        if offer is None or offer.audience == "nobody":
            return Refusal("not-offered")
        if offer.audience == "contacts" and call.peer not in self._contacts():
            return Refusal("not-allowed")
        if not self._in_hours(offer):
            return Refusal("hours")
        if await self._taken(call) + amount > offer.quota:
            return Refusal("quota")
        if self._running.get(call.kind, 0) >= offer.at_once:
            return Refusal("busy")
        if offer.asks and not await self._person_agrees(call):
            return Refusal("person")
        return await self._promise(kind, call, offer, amount)

    async def _offer(self, kind: Kind) -> Offer | None:
        return await self._blocking(self._vault.offers.get, kind.name) or kind.usual

    def _in_hours(self, offer: Offer) -> bool:
        """Those of a meeting are when it may be, not when it may be asked for."""
        now, when = self._local(), hours.of(offer.settings)
        return offer.kind == "meeting" or when is None or when.cover(now.timestamp(), now.timestamp(), now)

    async def _taken(self, call: Call) -> int:
        """What the peer had today, and what our proposals to it may still take."""
        owed = sum(amount for peer, kind, amount in self._owed.values() if (peer, kind) == (call.peer, call.kind))
        return int(await self._blocking(self._vault.offers.used, call.peer, call.kind)) + owed

    async def _promise(self, kind: Kind, call: Call, offer: Offer, amount: int) -> Bidding | Refusal:
        name = f"{call.peer}/{call.conversation}"
        if isinstance(kind, Resting):
            await self._blocking(self._vault.offers.record, call.peer, call.kind, amount)
        else:
            self._owed[name] = (call.peer, call.kind, amount)
        made = await self._proposal(kind, call, offer)
        if isinstance(made, Refusal):
            self._owed.pop(name, None)
        elif isinstance(kind, Resting):
            self._rested[name] = kind.rests_on(call.peer, call.conversation)
        return made

    async def _proposal(self, kind: Kind, call: Call, offer: Offer) -> Bidding | Refusal:
        try:
            proposal = await kind.propose(call, offer)
        except BadTask as bad:
            return Refusal(bad.code)
        most = call.content.max_price
        if proposal.price.amount and (proposal.price.token != most.token or proposal.price.amount > most.amount):
            return Refusal("price")
        return Bidding(proposal, min(call.reply_by + BINDING, call.content.result_by), kind.repeatable)

    async def _person_agrees(self, call: Call) -> bool:
        """The task stands there as `deciding` until the person answers; the machine's deadline ends it otherwise."""
        name = f"{call.peer}/{call.conversation}"
        event = self._asked.setdefault(name, trio.Event())
        await event.wait()
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
        kind, call = self._kinds[job.call.kind], job.call
        await self._turn(kind)
        self._running[kind.name] = self._running.get(kind.name, 0) + 1
        report = self.progress.begin(call.peer, call.conversation)
        used = reserved = 0
        try:
            if not isinstance(kind, Resting):
                used = reserved = kind.amount(call.content.spec)
                await self._blocking(self._vault.offers.record, call.peer, kind.name, reserved)
            self._owed.pop(f"{call.peer}/{call.conversation}", None)
            result, used = await kind.work(job, report)
        finally:
            self._running[kind.name] -= 1
            self._freed.pop(kind.name, trio.Event()).set()
            self.progress.end(call.peer, call.conversation)
            with trio.CancelScope(shield=True):
                await self._blocking(self._vault.offers.record, call.peer, kind.name, used - reserved)
        return result

    async def _turn(self, kind: Kind) -> None:
        """Until no more than the person allows is worked on; more may have been proposed than is done at once."""
        while True:
            offer = await self._offer(kind)
            if self._running.get(kind.name, 0) < (1 if offer is None else offer.at_once):
                return
            await self._freed.setdefault(kind.name, trio.Event()).wait()

    # As an initiator

    async def award(
        self, conversation: str, kind: str, bids: Sequence[Bid]
    ) -> tuple[tuple[str, ...], Acceptance] | None:
        task = await self._blocking(self._vault.tasks.get, conversation)
        self.remember(task)
        policy, wanted = task.spec["award"], int(task.spec.get("wanted", 1))
        if (found := initiating(self._kinds.get(kind))) is not None:
            chosen = found.choose(task, [(bid.peer, _proposal(bid)) for bid in bids])
            if chosen is not None:
                return chosen[0], Acceptance(chosen[1])
        if policy == "ask" or kind not in self._kinds:
            return None
        ranked = sorted(bids, key=lambda bid: _rank(bid, policy, self._contacts()))
        return tuple(bid.peer for bid in ranked[:wanted]), acceptance(task.spec)

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
        if change.received is not None:
            message = change.received
            writes.append(tasks.message(name, message.sender, _arrow(message), outgoing=False))
        for message in change.sent:
            writes.append(tasks.message(name, message.receiver, _arrow(message), outgoing=True))
            writes.extend(self._left(change, message))
        writes.append(_shown(tasks.changed, name, change, *self._verdict(change)))
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
        name = task_name(change)
        if change.outcome:
            self._owed.pop(name, None)
            self._rested.pop(name, None)
        self._listener(TaskChanged(name, change.outcome or str(change.state.phase)))
        for callback in self.on_change:
            callback(change)

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


def _rank(bid: Bid, policy: str, contacts: frozenset[str]) -> tuple[Any, ...]:
    """Smaller is better; the peer id settles what is equal."""
    proposal = _proposal(bid)
    price, eta = proposal.price.amount, proposal.eta
    match policy:
        case "fastest":
            return eta, price, bid.peer
        case "contacts":
            return bid.peer not in contacts, price, eta, bid.peer
        case _:
            return price, eta, bid.peer


def _proposal(bid: Bid) -> Proposal:
    return Proposal.from_map(unpacked(bid.terms.body))


def _arrow(message: Message) -> tuple[str, str]:
    """The performative and what is worth saying of it."""
    try:
        content = content_of(message)
    except AclError:
        return str(message.performative), ""
    match content:
        case Proposal(price=price) if price.amount:
            return str(message.performative), f"{price.amount} {price.token}"
        case Result():
            return "inform-result", ""
        case Done():
            return "inform-done", ""
        case _:
            return str(message.performative), str(getattr(content, "reason", ""))


_INITIATOR: dict[InitiatorPhase, TaskState] = {
    InitiatorPhase.NEW: "calling",
    InitiatorPhase.COLLECTING: "calling",
    InitiatorPhase.EVALUATING: "choosing",
    InitiatorPhase.AWAIT_RESULT: "working",
    InitiatorPhase.CANCELLING: "cancelling",
}
_PARTICIPANT: dict[ParticipantPhase, TaskState] = {
    ParticipantPhase.IDLE: "deciding",
    ParticipantPhase.DECIDING: "deciding",
    ParticipantPhase.BOUND: "offered",
    ParticipantPhase.PERFORMING: "working",
}


def _shown(changed: Callable[..., Write], name: str, change: Change, state: TaskState | None, why: str) -> Write:
    """The task as it is seen after the step; `state`, `why`: how it ended."""
    if isinstance(change.state, Participant):
        return changed(name, state or _PARTICIPANT[change.state.phase])
    machine = change.state
    awarded = machine.awarded
    told: dict[str, Any] = {"detail": why} if why else {}
    told["provider"] = ",".join(leg.peer for leg in awarded) or None
    bodies = {leg.peer: leg.body for leg in awarded if leg.body}
    if state == "done" and bodies:
        results = {peer: Result.from_map(unpacked(body)).result for peer, body in bodies.items()}
        first = next(iter(results.values()))
        told["result"] = first if len(results) == 1 and isinstance(first, dict) else {"results": results}
        told["price"] = sum(_price(leg.bid.body) for leg in awarded if leg.bid is not None)
    elif state and not why:
        told["detail"] = next((leg.code for leg in (*awarded, *machine.legs) if leg.code), "")
    return changed(name, state or _INITIATOR[machine.phase], **told)


def _price(body: bytes) -> int:
    return Proposal.from_map(unpacked(body)).price.amount
