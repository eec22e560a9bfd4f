"""Runs the contract net for one node: takes messages, asks `Deciding`, and makes the effects of steps happen.

State and effects are stored (stepping.py) before anything leaves; messages go until acknowledged (delivery.py).
After a restart every live conversation is told so, and what was to be sent is sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio

from p2p.acknowledgement import Ack, Refused, answer_to_bytes
from p2p.acl import MESSAGE_LIMIT, AclError, Message, Performative, SignedMessage, kind_of
from p2p.acl import Protocol as Interaction
from p2p.committing import Committing
from p2p.contents import Acceptance, CallForProposals, Done, Proposal, Refusal
from p2p.contractnet_terms import (
    Announce,
    AskAward,
    AskBid,
    Award,
    CallOff,
    Decline,
    Input,
    Misbehaved,
    NotNow,
    Offer,
    Performed,
    Restarted,
    StartWork,
    StopWork,
    Terms,
    Tick,
    Unreadable,
    WorkBegun,
    WorkFailed,
)
from p2p.deciding import Bidding, Blocking, Call, CannotWork, Change, Deciding, Job
from p2p.delivery import Ask, Delivery, effect_of, refusal_as_input
from p2p.inbox import Conversation, Memory, judge, read, refusal_of
from p2p.initiator_state import announcement
from p2p.participant import Participant
from p2p.stepping import Step, Stepper
from p2p.wording import input_of, packed, unpacked
from storage.database import VaultError
from storage.outbox import Dialogue, Heard, Outbox, Pending, Role, Transaction, Write

log = logging.getLogger("p2p")
RETRY = 1.0  # seconds until a step that could not be kept is tried again
_FOR_GOOD = frozenset({"closed", "unknown-conversation"})


class Negotiator:
    """Trio thread only.  `me`: this node's peer id; `host_key`: a secret."""

    def __init__(
        self,
        me: str,
        host_key: bytes,
        outbox: Outbox,
        deciding: Deciding,
        blocking: Blocking,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._me = me
        self._outbox = outbox
        self._deciding = deciding
        self._blocking = blocking
        self._committing = Committing(outbox, blocking)
        self._stepper = Stepper(me, host_key, deciding, clock)
        self._nursery: trio.Nursery | None = None
        self._working: dict[int, trio.CancelScope] = {}
        self._clock = clock
        self.delivery = Delivery(outbox, blocking, self._committing, deciding, self._tick, self._refused, clock)
        self.now = self._stepper.now

    async def run(self, ask: Ask) -> None:
        """Until cancelled.  `ask(peer, bytes)` sends a message and returns its acknowledgement.  Errors: NotReached."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                for dialogue in await self._blocking(self._outbox.live):
                    await self._fed(dialogue.number, lambda: Restarted(self.now()))
                await self.delivery.run(ask)
            finally:
                self._nursery = None

    # What this side decides

    async def announce(
        self,
        conversation: str,
        kind: str,
        call: CallForProposals,
        peers: tuple[str, ...],
        deadlines: tuple[int, int, int],
        wanted: int = 1,
    ) -> None:
        """Send a call out.  `conversation`: 32 random hexadecimal digits.  Errors: BadTerms, AclError, VaultError."""
        state = announcement(conversation, packed(call), peers, deadlines, wanted)

        def begin(transaction: Transaction) -> Step:
            new = _new(conversation, "initiator", "", kind)
            return self._stepper.begin(transaction, new, state, Announce(self.now()))

        await self._committing.do(begin, self._after)

    async def award(self, conversation: str, peers: tuple[str, ...], acceptance: Acceptance) -> bool:
        """A person's choice, () for none; False where it can no longer be made."""
        return await self._decide(conversation, self._choice(peers, acceptance))

    async def call_off(self, conversation: str, answer_by: int) -> bool:
        """The person no longer wants the task; False where it has ended."""
        return await self._decide(conversation, CallOff(self.now(), answer_by))

    async def post(self, key: str, made: Callable[[int], Message], within: Sequence[Write]) -> None:
        """Send a single message, such as a letter; `made` gets its time of sending.  Errors: AclError, VaultError."""

        def add(transaction: Transaction) -> list[Pending]:
            signed = self._stepper.sign(made)
            return transaction.keep(None, (effect_of(key, signed, self._clock()),), None, within)

        await self._committing.do(add, self.delivery.kept)

    async def _decide(self, conversation: str, given: Input) -> bool:
        dialogue = await self._blocking(self._outbox.find, conversation, "initiator")
        if dialogue is None:
            raise VaultError("unknown-conversation", "there is no such conversation")
        step = await self._feed(dialogue.number, given)
        return not any(isinstance(effect, NotNow) for effect in step.effects)

    def _choice(self, peers: tuple[str, ...], acceptance: Acceptance) -> Input:
        return Award(self.now(), peers, packed(acceptance)) if peers else Decline(self.now(), "declined")

    # What comes

    async def receive(self, peer_id: str, data: bytes) -> bytes:
        """One message; its acknowledgement, once it is stored.  See p2p.host_serving.Handler."""
        try:
            signed = read(data, self._me, peer_id)
        except AclError as error:
            self._deciding.misbehaved(peer_id, error.code)
            return answer_to_bytes(refusal_of(error, self.now()))
        try:
            if signed.message.protocol is Interaction.REQUEST:
                return answer_to_bytes(await self._take_request(signed))
            answer, _ = await self._committing.do(lambda transaction: self._take(transaction, signed), self._taken)
        except AclError as error:
            return answer_to_bytes(refusal_of(error, self.now()))
        except VaultError as error:
            log.info("a message could not be kept: %s", error.code)
            if error.code == "too-many-conversations":
                self._deciding.misbehaved(peer_id, error.code)
            return answer_to_bytes(Refused("busy", "The message could not be kept now.", self.now()))
        return answer_to_bytes(answer)

    def _take(self, transaction: Transaction, signed: SignedMessage) -> tuple[Ack | Refused, Step | None]:
        """The answer to a message, and the step it makes; worker thread.  Errors: AclError, VaultError."""
        message = signed.message
        dialogue = _dialogue(transaction, message)
        verdict = judge(signed, _memory(transaction, message), _conversation(dialogue, message), self.now())
        if verdict.delivered is None:
            return verdict.answer, None
        heard = Heard(message.sender, message.digest(), message.sent)
        given = input_of(message, self.now())
        if dialogue is not None:
            return verdict.answer, self._stepper.step(transaction, dialogue, given, signed, heard)
        kind, _version = kind_of(message.ontology)
        conversation = message.conversation_id.hex()
        new = _new(conversation, "participant", message.sender, kind)
        state = Participant(conversation, message.sender)
        return verdict.answer, self._stepper.begin(transaction, new, state, given, signed, heard)

    def _taken(self, taken: tuple[Ack | Refused, Step | None]) -> None:
        if taken[1] is not None:
            self._after(taken[1])

    async def _take_request(self, signed: SignedMessage) -> Ack | Refused:
        """A single message, such as a letter: the program says what is kept of it.  Errors: AclError, VaultError."""
        message = signed.message

        def memory() -> Memory:
            with self._outbox.read() as transaction:
                return _memory(transaction, message)

        verdict = judge(signed, await self._blocking(memory), None, self.now())
        if verdict.delivered is not None:
            heard = Heard(message.sender, message.digest(), message.sent)
            writes = await self._deciding.request(message)
            await self._committing.do(lambda transaction: transaction.take(heard, writes))
        return verdict.answer

    # Effects

    async def _feed(self, number: int, given: Input) -> Step:
        return await self._committing.do(
            lambda transaction: self._stepper.step(transaction, transaction.get(number), given), self._after
        )

    async def _fed(self, number: int, given: Callable[[], Input]) -> None:
        """As `_feed`, for what nobody would say again: until the vault can keep it, as on a full disk."""
        while True:
            try:
                await self._feed(number, given())
            except VaultError as error:
                if error.code in _FOR_GOOD:
                    raise
                log.warning("a step waits: %s", error.code)
            else:
                return
            await trio.sleep(RETRY)

    def _after(self, step: Step) -> None:
        """The step is stored: now its effects happen.  Messages and timers are the delivery's."""
        number, change = step.number, step.change
        if change is None:
            return
        self._deciding.changed(change)
        self.delivery.kept(step.sends, step.wake)
        for effect in step.effects:
            match effect:
                case AskBid():
                    self._start(self._bid, number, change, effect)
                case AskAward():
                    self._start(self._choose, number, change, effect)
                case StartWork():
                    self._start(self._work, number, change, effect)
                case StopWork() if number in self._working:
                    self._working[number].cancel()
                case Misbehaved():
                    self._deciding.misbehaved(effect.peer, effect.code)
                case _:
                    pass

    def _start(self, task: Callable[..., Awaitable[None]], *args: Any) -> None:
        """While the node does not run nothing is begun: at the next start the machine is told, and asks again."""
        if self._nursery is not None:
            self._nursery.start_soon(task, *args)

    async def _bid(self, number: int, change: Change, ask: AskBid) -> None:
        call = _call(change, ask.call)
        answer = None if call is None else await self._deciding.bid(call)

        def given() -> Input:
            now = self.now()
            match answer:
                case Bidding():
                    return Offer(now, Terms(packed(answer.proposal), answer.until), answer.repeatable)
                case Refusal():
                    return Decline(now, answer.reason)
                case None:
                    return Unreadable(now, change.peer, "cfp", "content" if call is None else "ontology")

        await self._fed(number, given)

    async def _choose(self, number: int, change: Change, ask: AskAward) -> None:
        chosen = await self._deciding.award(change.conversation, change.kind, ask.bids)
        if chosen is not None:
            await self._fed(number, lambda: self._choice(*chosen))

    async def _work(self, number: int, change: Change, start: StartWork) -> None:
        """Begin only if the machine takes the beginning, which is stored before the work begins."""
        try:
            begun = await self._feed(number, WorkBegun(self.now()))
        except VaultError as error:  # nothing is begun: the initiator is told so, once that can be kept
            log.warning("work could not be begun: %s", error.code)
            await self._fed(number, lambda: WorkFailed(self.now(), "error"))
            return
        call = _call(change, start.call)
        if begun.before == begun.after or call is None:
            return
        proposal = Proposal.from_map(unpacked(start.offered.body))
        job = Job(call, proposal, Acceptance.from_map(unpacked(start.accepted.body)), start.accepted.until)
        with trio.CancelScope() as scope:
            self._working[number] = scope
            try:
                given = await self._performed(job)
            finally:
                del self._working[number]
        if not scope.cancelled_caught:
            await self._fed(number, lambda: given)

    async def _performed(self, job: Job) -> Input:
        try:
            result = await self._deciding.work(job)
            body = b"" if isinstance(result, Done) else packed(result)
        except CannotWork as failed:
            return WorkFailed(self.now(), failed.code)
        except Exception as failed:  # noqa: BLE001 - one task went wrong; its initiator hears of it
            log.error("work on a %s ended with %s", job.call.kind, type(failed).__name__)  # noqa: TRY400 - no text
            return WorkFailed(self.now(), "error")
        too_long = len(body) > MESSAGE_LIMIT - _ENVELOPE
        return WorkFailed(self.now(), "too-large") if too_long else Performed(self.now(), body)

    async def _tick(self, dialogue: Dialogue) -> None:
        await self._feed(dialogue.number, Tick(self.now()))

    async def _refused(self, message: Message, code: str) -> None:
        """A peer's node refused a message for good: for our machine that is the peer's answer."""
        given = refusal_as_input(message, code, self.now())
        dialogue = await self._blocking(self._outbox.find, message.conversation_id.hex(), "initiator")
        if dialogue is not None and given is not None:
            await self._feed(dialogue.number, given)


_ENVELOPE = 2048  # bytes of a message besides its content, at most
_TO_PARTICIPANT = frozenset(
    {Performative.CFP, Performative.ACCEPT_PROPOSAL, Performative.REJECT_PROPOSAL, Performative.CANCEL}
)
_TO_INITIATOR = frozenset({Performative.PROPOSE, Performative.REFUSE, Performative.INFORM, Performative.FAILURE})


def _dialogue(transaction: Transaction, message: Message) -> Dialogue | None:
    """The conversation that a message belongs to: what only an initiator says makes us the participant."""
    conversation = message.conversation_id.hex()
    if message.performative not in _TO_INITIATOR:
        found = transaction.find(conversation, "participant", message.sender)
        if found is not None or message.performative in _TO_PARTICIPANT:
            return found
    return transaction.find(conversation, "initiator")


def _memory(transaction: Transaction, message: Message) -> Memory:
    digest = message.digest()
    heard, floor = transaction.known(message.sender, digest)
    return Memory(floor, {digest: message.sent} if heard else {})


def _new(conversation: str, role: Role, peer: str, kind: str) -> Dialogue:
    return Dialogue(0, conversation, role, peer, kind, b"", "", None, 0.0)


def _conversation(dialogue: Dialogue | None, message: Message) -> Conversation | None:
    """Who has a part in it; the machine of an initiator knows its peers itself, and names strangers."""
    if dialogue is None:
        return None
    return Conversation(Interaction.CONTRACT_NET, frozenset({dialogue.peer or message.sender}))


def _call(change: Change, terms: Terms) -> Call | None:
    try:
        content = CallForProposals.from_map(unpacked(terms.body))
    except AclError:
        return None
    return Call(change.conversation, change.peer, change.kind, content, terms.until)
