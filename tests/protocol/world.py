"""One initiator and its participants over a channel that loses, repeats and reorders, with crashes between any steps.

The shell around each machine is the smallest that keeps the contract: state and effects are stored together, effects
run afterwards and again after a crash, a send is repeated until it is acknowledged.  Timers, questions and running work
are lost in a crash.  Whatever the two roles must never do together is asserted here, whoever chooses the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import cbor2

from p2p.contractnet import (
    AGREEMENTS,
    INITIATOR_FINAL,
    PARTICIPANT_FINAL,
    UNREAD_AGREEMENTS,
    InitiatorPhase,
    Machine,
    ParticipantPhase,
    Standing,
)
from p2p.contractnet_terms import (
    Act,
    Announce,
    AskAward,
    AskBid,
    Award,
    Effect,
    Finished,
    Input,
    Misbehaved,
    Offer,
    Outcome,
    Performed,
    Received,
    Restarted,
    Send,
    SetTimer,
    StartWork,
    StopWork,
    Terms,
    Tick,
    Unreadable,
    WorkBegun,
)
from p2p.initiator_state import Initiator, announcement
from p2p.participant import Participant

ME = "initiator"
REPLY_BY, DECIDE_BY, RESULT_BY = 10, 20, 40
_REPORTS = {Act.INFORM_DONE, Act.INFORM_RESULT, Act.FAILURE}

S = TypeVar("S", Initiator, Participant)


class Broken(AssertionError):
    """A promise of the protocol was broken."""


def must(holds: object, promise: str) -> None:
    if not holds:
        raise Broken(promise)


@dataclass
class Node(Generic[S]):
    """One agent: a stored state, stored effects, and what a crash loses."""

    name: str
    machine: Machine[S]
    state: S
    pending: list[Effect] = field(default_factory=list)
    ran: list[Effect] = field(default_factory=list)
    sent: dict[str, Send] = field(default_factory=dict)
    unacknowledged: dict[str, Send] = field(default_factory=dict)
    timers: set[int] = field(default_factory=set)
    question: AskAward | AskBid | None = None
    finished: Outcome | None = None
    running: bool = False
    begun: int = 0
    ended_runs: int = 0

    def feed(self, given: Input) -> bool:
        """Store the step; whether it changed the state."""
        state, effects = self.machine.step(self.state, given)
        stored = cbor2.loads(cbor2.dumps(state.to_map()))
        changed = state != self.state
        self.state = type(state).from_map(stored)
        must(self.state == state, "a state comes back from the vault as it was")
        faults = [effect for effect in effects if isinstance(effect, Misbehaved)]
        must(not faults, f"an honest peer never misbehaves: {faults} at {self.name} in {state.phase} on {given}")
        self.pending += effects
        return changed

    def crash(self) -> None:
        self.timers, self.question, self.running = set(), None, False

    def acts(self, to: str | None = None) -> set[Act]:
        return {send.act for send in self.sent.values() if to in (None, send.to)}

    def asks_cancelled(self) -> bool:
        return any(send.in_reply_to == Act.CANCEL for send in self.sent.values())


@dataclass
class World:
    initiator_machine: Machine[Initiator]
    participant_machine: Machine[Participant]
    peers: int = 2
    wanted: int = 1
    now: int = 0
    garbled: set[tuple[str, str]] = field(default_factory=set)  # messages that their receiver can never read
    heard: set[tuple[str, str]] = field(default_factory=set)
    called_off: bool = False
    told_to_stop: set[str] = field(default_factory=set)
    accepted_in_time: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = tuple(f"p{number}" for number in range(self.peers))
        task = announcement("c", b"task", names, (REPLY_BY, DECIDE_BY, RESULT_BY), min(self.wanted, self.peers))
        self.initiator = Node(ME, self.initiator_machine, task)
        self.participants = {name: Node(name, self.participant_machine, Participant("c", ME)) for name in names}
        self.initiator.feed(Announce(self.now))

    # --- what may happen

    def nodes(self) -> Iterator[Node[Initiator] | Node[Participant]]:
        yield self.initiator
        yield from self.participants.values()

    def on_the_way(self, again: bool = False) -> list[tuple[str, Send]]:
        """Messages that may arrive now; `again`: also those that were acknowledged."""
        return [(n.name, send) for n in self.nodes() for send in (n.sent if again else n.unacknowledged).values()]

    def deliver(self, sender: str, send: Send, acknowledged: bool = True, readable: bool = True) -> None:
        node = self.initiator if sender == ME else self.participants[sender]
        self.heard.add((sender, send.id))
        if acknowledged:
            node.unacknowledged.pop(send.id, None)
        said: Input = Received(self.now, sender, send.act, send.in_reply_to, send.reply_by, send.body, send.code)
        if not readable or (sender, send.id) in self.garbled:
            self.garbled.add((sender, send.id))
            said = Unreadable(self.now, sender, send.reply_with)
        elif sender == ME:
            self._watch(send)
        (self.initiator if send.to == ME else self.participants[send.to]).feed(said)
        self.check()

    def _watch(self, send: Send) -> None:
        state = self.participants[send.to].state
        if send.act is Act.CANCEL and state.phase not in PARTICIPANT_FINAL:
            self.told_to_stop.add(send.to)
        if send.act is Act.ACCEPT and state.offer is not None and self.now <= state.offer.until:
            self.accepted_in_time.add(send.to)

    def tick(self, node: Node[Initiator] | Node[Participant]) -> None:
        if any(at <= self.now for at in node.timers):
            node.timers = {at for at in node.timers if at > self.now}
            node.feed(Tick(self.now))
        self.check()

    def restart(self, node: Node[Initiator] | Node[Participant], replay: bool) -> None:
        node.crash()
        node.feed(Restarted(self.now))
        if replay:
            node.pending += node.ran
        self.check()

    def run(self, node: Node[Initiator] | Node[Participant]) -> None:
        node.ran = []
        while node.pending:
            effect = node.pending.pop(0)
            node.ran.append(effect)
            self._perform(node, effect)
        self._check_asked(node)
        self.check()

    def _perform(self, node: Node[Initiator] | Node[Participant], effect: Effect) -> None:
        match effect:
            case Send():
                must(node.sent.get(effect.id, effect) == effect, "one id, one message")
                if effect.id not in node.sent:
                    node.sent[effect.id] = node.unacknowledged[effect.id] = effect
            case SetTimer(_, at):
                node.timers.add(at)
            case AskAward() | AskBid():
                node.question = effect
            case StartWork():
                if node.feed(WorkBegun(self.now)):
                    self._begin(node)
            case StopWork():
                node.running = False
            case Finished(_, outcome):
                node.finished = outcome
            case _:
                pass

    def _begin(self, node: Node[Initiator] | Node[Participant]) -> None:
        state = node.state
        assert isinstance(state, Participant)
        must(Act.ACCEPT in self.initiator.acts(node.name), "no work without an acceptance")
        must(node.name in self.accepted_in_time, "no work on an acceptance that came too late")
        must(node.name not in self.told_to_stop, "no work after a cancel")
        must(self.now <= RESULT_BY, "no work begins after its result is due")
        must(node.begun == 0 or state.repeatable, "work that may not be repeated begins once")
        must(not node.running, "work does not begin while it runs")
        node.begun, node.running = node.begun + 1, True

    def _check_asked(self, node: Node[Initiator] | Node[Participant]) -> None:
        deciding = node.state.phase in (InitiatorPhase.EVALUATING, ParticipantPhase.DECIDING)
        must(not deciding or node.question is not None, "whoever is to decide is asked")
        state = node.state
        if isinstance(state, Participant):
            performing = state.phase is ParticipantPhase.PERFORMING
            must(node.running == (performing and state.begun), "work runs exactly while it is performed")
            late = state.accepted is not None and self.now > state.accepted.until
            must(not performing or state.begun or late, "accepted work begins")

    def go_on(self, repeatable: bool) -> None:
        """One round without faults: all messages arrive, whoever is asked decides, work that runs is done."""
        working = self.working()
        for sender, send in self.on_the_way():
            self.deliver(sender, send)
        self._quiet()
        for node in self.participants.values():
            if node.state.phase is ParticipantPhase.DECIDING:
                node.feed(Offer(self.now, offer_terms(self.now + 15), repeatable))
            elif node.running and node in working:
                node.feed(Performed(self.now, b"result"))
                node.running = False
        state = self.initiator.state
        if state.phase is InitiatorPhase.EVALUATING:
            bids = tuple(leg.peer for leg in state.standing(Standing.PROPOSED))
            self.award(bids[: state.wanted])
        self._quiet()

    def award(self, peers: tuple[str, ...]) -> None:
        """A person or a policy chooses these, whether or not it may."""
        if self.initiator.feed(Award(self.now, peers, b"award")):
            binding = (leg.bid is not None and leg.bid.in_time(self.now) for leg in self.initiator.state.awarded)
            must(all(binding), "only a bid that still binds is accepted")
        self.check()

    def asked(self) -> list[Node[Participant]]:
        return [node for node in self.participants.values() if node.question is not None]

    def working(self) -> list[Node[Participant]]:
        return [node for node in self.participants.values() if node.running]

    # --- what must hold at any time

    def check(self) -> None:
        self._check_initiator()
        for name, node in self.participants.items():
            reports = [s for s in node.sent.values() if s.act in _REPORTS and s.in_reply_to == Act.ACCEPT]
            must(len(reports) <= 1, "one report")
            must(not {Act.PROPOSE, Act.REFUSE} <= node.acts(), "no peer bids and refuses")
            must(len([s for s in node.sent.values() if s.in_reply_to == Act.CANCEL]) <= 1, "one answer to a cancel")
            told = name in self.told_to_stop
            must(not told or node.state.phase not in {ParticipantPhase.DONE}, "nothing is done after a cancel")

    def _check_initiator(self) -> None:
        state, sent = self.initiator.state, self.initiator.sent.values()
        accepted = {send.to for send in sent if send.act is Act.ACCEPT}
        rejected = {send.to for send in sent if send.act is Act.REJECT}
        must(len(accepted) <= state.wanted, "no more bids are accepted than were wanted")
        must(not accepted & rejected, "no bid is accepted and rejected")
        for name in accepted | rejected:
            must(Act.PROPOSE in self.participants[name].acts(), "only a bid is answered")
        if state.phase in INITIATOR_FINAL:
            must(state.outcome is not None, "what has ended has an outcome")
        if not self.initiator.pending and state.phase in INITIATOR_FINAL:
            must(self.initiator.finished is state.outcome, "the person hears of the outcome")

    # --- the end

    def settle(self, cut_off: bool) -> None:
        """Let it end: with no message at all, and then with every message, twice."""
        self._quiet()
        if cut_off:
            self._run_out()
            for node in self.nodes():
                final = node.state.phase in {*INITIATOR_FINAL, *PARTICIPANT_FINAL, ParticipantPhase.IDLE}
                must(final, f"{node.name} ends although no message arrives: {node.state.phase}")
        for _ in range(8):
            for sender, send in self.on_the_way():
                self.deliver(sender, send)
            self._quiet()
        must(not self.on_the_way(), "the exchange comes to an end")
        self._run_out()
        for _ in range(8):
            for sender, send in self.on_the_way():
                self.deliver(sender, send)
            self._quiet()
        before = [node.state for node in self.nodes()]
        for sender, send in self.on_the_way(again=True):
            self.deliver(sender, send)
        self._quiet()
        must([node.state for node in self.nodes()] == before, "what is repeated changes nothing")
        self._check_agreement()

    def _quiet(self) -> None:
        for node in self.nodes():
            self.run(node)

    def _run_out(self) -> None:
        """Time passes, timer by timer; whoever was to decide or to work does nothing."""
        while timers := [at for node in self.nodes() for at in node.timers]:
            self.now = max(self.now, min(timers))
            for node in self.nodes():
                self.tick(node)
            self._quiet()

    def _check_agreement(self) -> None:
        for leg in self.initiator.state.legs:
            phase = self.participants[leg.peer].state.phase
            agreed = AGREEMENTS.get(leg.standing, frozenset())
            if self.garbled:
                agreed |= UNREAD_AGREEMENTS.get(leg.standing, frozenset())
            must(phase in agreed, f"both ends agree: {leg.standing} here, {phase} there")
        self._check_answered()
        expected = self._outcome()
        outcome = self.initiator.state.outcome
        must(self.garbled or outcome in expected, f"the outcome is what became of it: {outcome}, not {expected}")
        all_stopped = expected == {Outcome.CANCELLED} and Act.CANCEL in self.initiator.acts()
        cancelled = self.initiator.state.phase is InitiatorPhase.CANCELLED
        must(self.garbled or cancelled == all_stopped, "cancelled is what was stopped everywhere")

    def _check_answered(self) -> None:
        for name, node in self.participants.items():
            mine, theirs = self.initiator.acts(name), node.acts()
            answered = mine & {Act.ACCEPT, Act.REJECT, Act.CANCEL, Act.NOT_UNDERSTOOD}
            must(answered or Act.PROPOSE not in theirs or Act.NOT_UNDERSTOOD in theirs, "every bid is answered")
            must(self.garbled or Act.CANCEL not in mine or node.asks_cancelled(), "every cancel is answered")
            reported = theirs & _REPORTS or Act.NOT_UNDERSTOOD in theirs
            must(Act.ACCEPT not in mine or reported or self.garbled, "every award ends with a report")

    def _outcome(self) -> set[Outcome]:
        """How it ended, from what the participants did alone."""
        accepted = [name for name in self.participants if Act.ACCEPT in self.initiator.acts(name)]
        if not accepted:
            return {Outcome.CANCELLED} if self.called_off else {Outcome.REFUSED, Outcome.EXPIRED}
        ends = {self.participants[name].state.phase for name in accepted}
        if ParticipantPhase.FAILED in ends:
            return {Outcome.FAILED}
        return {Outcome.DONE} if ParticipantPhase.DONE in ends else {Outcome.CANCELLED}

    # --- what a dishonest peer may try at any time

    def probe(self) -> None:
        """Nothing of this changes a state or sends anything."""
        self._probe_initiator()
        for node in self.participants.values():
            self._probe_participant(node.state)

    def _probe_initiator(self) -> None:
        state = self.initiator.state
        for leg in state.legs:
            if not leg.awarded:
                for act in _REPORTS:
                    self._harmless(self.initiator_machine, state, leg.peer, act, Act.ACCEPT, b"forged")
                self._harmless(self.initiator_machine, state, leg.peer, Act.FAILURE, Act.CANCEL)
            if leg.bid is not None:
                self._harmless(self.initiator_machine, state, leg.peer, Act.PROPOSE, Act.CFP, b"changed")
            if leg.standing == "done":
                self._harmless(self.initiator_machine, state, leg.peer, Act.INFORM_RESULT, Act.ACCEPT, b"changed")
            if Act.CANCEL not in {effect.act for effect in self._said(leg.peer)}:
                self._harmless(self.initiator_machine, state, leg.peer, Act.INFORM_DONE, Act.CANCEL, noticed=False)
        for act, reference in ((Act.PROPOSE, Act.CFP), (Act.INFORM_RESULT, Act.ACCEPT), (Act.INFORM_DONE, Act.CANCEL)):
            self._harmless(self.initiator_machine, state, "mallory", act, reference)

    def _said(self, peer: str) -> list[Send]:
        said = [*self.initiator.sent.values(), *self.initiator.pending]
        return [send for send in said if isinstance(send, Send) and send.to == peer]

    def _probe_participant(self, state: Participant) -> None:
        for act, reference in ((Act.CFP, ""), (Act.ACCEPT, Act.PROPOSE), (Act.REJECT, Act.PROPOSE), (Act.CANCEL, "")):
            self._harmless(self.participant_machine, state, "mallory", act, reference)
        if state.call is not None:
            self._harmless(self.participant_machine, state, ME, Act.CFP, "", b"changed")
        if state.accepted is not None:
            self._harmless(self.participant_machine, state, ME, Act.ACCEPT, Act.PROPOSE, b"changed", noticed=False)
        if state.phase in {ParticipantPhase.IDLE, ParticipantPhase.DECIDING, ParticipantPhase.REJECTED}:
            self._harmless(self.participant_machine, state, ME, Act.ACCEPT, Act.PROPOSE)

    def _harmless(
        self,
        machine: Machine[S],
        state: S,
        peer: str,
        act: Act,
        reference: str,
        body: bytes = b"",
        noticed: bool = True,
    ) -> None:
        given = Received(self.now, peer, act, str(reference), self.now + 5, body, "")
        after, effects = machine.step(state, given)
        must(after == state, f"{act} of {peer} changes nothing in {state.phase}")
        must(all(isinstance(effect, Misbehaved) for effect in effects), f"{act} of {peer} is answered with nothing")
        must(effects or not noticed, f"{act} of {peer} is noticed in {state.phase}")


def offer_terms(until: int) -> Terms:
    return Terms(b"price", until)
