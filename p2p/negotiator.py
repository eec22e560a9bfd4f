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

from p2p.acknowledgement import Refused, answer_to_bytes
from p2p.acl import MESSAGE_LIMIT, AclError, Message, Performative, SignedMessage, kind_of
from p2p.acl import Protocol as Interaction
from p2p.contents import Acceptance, CallForProposals, Done, Proposal, Refusal
from p2p.contractnet_terms import (
    Announce,
    AskAward,
    AskBid,
    Award,
    CallOff,
    Decline,
    Effect,
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
from p2p.stepping import Stepper
from p2p.wording import input_of, packed, unpacked
from storage.database import VaultError
from storage.outbox import Dialogue, Heard, Outbox, Role, Write

log = logging.getLogger("p2p")


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
        self._stepper = Stepper(me, host_key, outbox, deciding, blocking, self._after, clock)
        self._nursery: trio.Nursery | None = None
        self._working: dict[int, trio.CancelScope] = {}
        self._clock = clock
        self.delivery = Delivery(outbox, blocking, deciding, self._tick, self._refused, clock)
        self.now = self._stepper.now

    async def run(self, ask: Ask) -> None:
        """Until cancelled.  `ask(peer, bytes)` sends a message and returns its acknowledgement.  Errors: NotReached."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                for dialogue in await self._blocking(self._outbox.live):
                    await self._feed(dialogue.number, Restarted(self.now()))
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
        async with self._stepper.lock:
            await self._stepper.begin(_new(conversation, "initiator", "", kind), state, Announce(self.now()))

    async def award(self, conversation: str, peers: tuple[str, ...], acceptance: Acceptance) -> bool:
        """A person's choice, () for none; False where it can no longer be made."""
        return await self._decide(conversation, self._choice(peers, acceptance))

    async def call_off(self, conversation: str, answer_by: int) -> bool:
        """The person no longer wants the task; False where it has ended."""
        return await self._decide(conversation, CallOff(self.now(), answer_by))

    async def post(self, key: str, made: Callable[[int], Message], within: Sequence[Write]) -> None:
        """Send a single message, such as a letter; `made` gets its time of sending.  Errors: AclError, VaultError."""
        signed = self._stepper.sign(made)
        await self._blocking(self._outbox.add, effect_of(key, signed, self._clock()), within)
        self.delivery.nudge()

    async def _decide(self, conversation: str, given: Input) -> bool:
        dialogue = await self._blocking(self._outbox.find, conversation, "initiator")
        if dialogue is None:
            raise VaultError("unknown-conversation", "there is no such conversation")
        effects = await self._feed(dialogue.number, given)
        return not any(isinstance(effect, NotNow) for effect in effects)

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
        async with self._stepper.lock:
            return await self._take(signed)

    async def _take(self, signed: SignedMessage) -> bytes:
        message = signed.message
        dialogue = await self._blocking(self._dialogue, message)
        memory = await self._blocking(self._memory, message)
        verdict = judge(signed, memory, _conversation(dialogue, message), self.now())
        if verdict.delivered is not None:
            try:
                await self._deliver(message, dialogue)
            except AclError as error:
                return answer_to_bytes(refusal_of(error, self.now()))
            except VaultError as error:
                log.info("a message could not be kept: %s", error.code)
                return answer_to_bytes(Refused("busy", "The message could not be kept now.", self.now()))
        return answer_to_bytes(verdict.answer)

    async def _deliver(self, message: Message, dialogue: Dialogue | None) -> None:
        heard = Heard(message.sender, message.digest(), message.sent)
        if message.protocol is Interaction.REQUEST:
            writes = await self._deciding.request(message)
            await self._blocking(self._outbox.take, heard, writes)
            return
        given = input_of(message, self.now())
        if dialogue is not None:
            await self._stepper.step(dialogue.number, given, message, heard)
            return
        kind, _version = kind_of(message.ontology)
        conversation = message.conversation_id.hex()
        new = _new(conversation, "participant", message.sender, kind)
        await self._stepper.begin(new, Participant(conversation, message.sender), given, message, heard)

    def _dialogue(self, message: Message) -> Dialogue | None:
        """The conversation that a message belongs to: what only an initiator says makes us the participant."""
        conversation = message.conversation_id.hex()
        if message.protocol is Interaction.REQUEST:
            return None
        if message.performative not in _TO_INITIATOR:
            found = self._outbox.find(conversation, "participant", message.sender)
            if found is not None or message.performative in _TO_PARTICIPANT:
                return found
        return self._outbox.find(conversation, "initiator")

    def _memory(self, message: Message) -> Memory:
        digest = message.digest()
        known = {digest: message.sent} if self._outbox.heard(message.sender, digest) else {}
        return Memory(self._outbox.floor(message.sender), known)

    # Effects

    async def _feed(self, number: int, given: Input) -> tuple[Effect, ...]:
        async with self._stepper.lock:
            _, _, effects = await self._stepper.step(number, given)
        return effects

    def _after(self, number: int, change: Change, effects: Sequence[Effect]) -> None:
        """The step is stored: now its effects happen.  Messages and timers are the delivery's."""
        self._deciding.changed(change)
        self.delivery.nudge()
        for effect in effects:
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
        now = self.now()
        match answer:
            case Bidding():
                terms = Terms(packed(answer.proposal), answer.until)
                await self._feed(number, Offer(now, terms, answer.repeatable))
            case Refusal():
                await self._feed(number, Decline(now, answer.reason))
            case None:
                unread = "content" if call is None else "ontology"
                await self._feed(number, Unreadable(now, change.peer, "cfp", unread))

    async def _choose(self, number: int, change: Change, ask: AskAward) -> None:
        chosen = await self._deciding.award(change.conversation, change.kind, ask.bids)
        if chosen is not None:
            await self._feed(number, self._choice(*chosen))

    async def _work(self, number: int, change: Change, start: StartWork) -> None:
        """Begin only if the machine takes the beginning, which is stored before the work begins."""
        async with self._stepper.lock:
            before, after, _ = await self._stepper.step(number, WorkBegun(self.now()))
        call = _call(change, start.call)
        if before == after or call is None:
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
            await self._feed(number, given)

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
