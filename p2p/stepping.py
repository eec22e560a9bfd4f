"""One step of a conversation's machine: state, messages and whatever else belongs to it are stored in one transaction.

A message is signed when it is stored, so that sending it again sends the same bytes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cbor2

from p2p import initiator, participant
from p2p.acl import Message, SignedMessage, Signer
from p2p.contractnet import PARTICIPANT_FINAL, ParticipantPhase
from p2p.contractnet_terms import Effect, Input, Misbehaved, Send, SetTimer, Tick
from p2p.deciding import Change, Deciding, State
from p2p.delivery import effect_of
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from p2p.wording import message_of
from storage.outbox import Dialogue, Heard, Pending, Transaction
from storage.outbox import Effect as Kept

REMEMBERED = 64  # conversations


@dataclass(frozen=True)
class Step:
    """One step as it was kept.  `sends`: the messages it keeps; `wake`: when its machine wants to know the time."""

    number: int
    before: State
    after: State
    effects: tuple[Effect, ...]
    change: Change | None  # None: nothing changed, and nothing was kept
    sends: Sequence[Pending] = ()
    wake: float | None = None


class Stepper:
    """Used inside a transaction of the outbox, of which there is one at a time: in a worker thread."""

    def __init__(self, me: str, host_key: bytes, deciding: Deciding, clock: Callable[[], float] = time.time) -> None:
        self._me = me
        self._signer = Signer(host_key)
        self._deciding = deciding
        self._clock = clock
        self._last_sent = 0
        self._states: OrderedDict[int, tuple[bytes, State]] = OrderedDict()

    def now(self) -> int:
        """Milliseconds since the epoch.  Any thread."""
        return int(self._clock() * 1000)

    def begin(
        self,
        transaction: Transaction,
        new: Dialogue,
        state: State,
        given: Input,
        signed: SignedMessage | None = None,
        heard: Heard | None = None,
    ) -> Step:
        """The first step of a new conversation.  Errors: VaultError `known-conversation`, …; AclError."""
        after, effects = stepped(state, given)
        change, sends = self._change(new, after, effects, signed, began=True)
        kept = replace(new, state=_packed(after), wake=_wake(effects, None), outcome=change.outcome)
        number, pending = transaction.begin(kept, sends, heard, self._deciding.record(change))
        self._remember(number, kept.state, after)
        return Step(number, state, after, effects, change, pending, kept.wake)

    def step(
        self,
        transaction: Transaction,
        dialogue: Dialogue,
        given: Input,
        signed: SignedMessage | None = None,
        heard: Heard | None = None,
    ) -> Step:
        """One step of a conversation as it stands in this transaction.  Errors: VaultError, AclError."""
        before = self._state(dialogue)
        after, effects = stepped(before, given)
        if after == before and not effects and heard is None and not isinstance(given, Tick):
            return Step(dialogue.number, before, after, effects, None)
        change, sends = self._change(dialogue, after, effects, signed)
        wake = _wake(effects, dialogue.wake if dialogue.wake and dialogue.wake > self._clock() else None)
        kept = replace(dialogue, state=_packed(after), wake=wake, outcome=change.outcome)
        within = self._deciding.record(change) if after != before or signed is not None else ()
        pending = transaction.step(kept, sends, heard, within)
        self._remember(dialogue.number, kept.state, after)
        return Step(dialogue.number, before, after, effects, change, pending, kept.wake)

    def _state(self, dialogue: Dialogue) -> State:
        """To read a state with fifty legs takes longer than to step it: the last ones are at hand, by their bytes."""
        known, state = self._states.get(dialogue.number, (None, None))
        return state if state is not None and known == dialogue.state else state_of(dialogue)

    def _remember(self, number: int, packed: bytes, state: State) -> None:
        self._states[number] = packed, state
        self._states.move_to_end(number)
        if len(self._states) > REMEMBERED:
            self._states.popitem(last=False)

    def _change(
        self,
        dialogue: Dialogue,
        new: State,
        effects: Sequence[Effect],
        came: SignedMessage | None,
        *,
        began: bool = False,
    ) -> tuple[Change, list[Kept]]:
        received = None if came is None else came.message
        sent, sends = [], []
        for effect in effects:
            if isinstance(effect, Send):
                signed = self._signed(dialogue, effect, received)
                sent.append(signed)
                sends.append(effect_of(effect.id, signed, self._clock()))
        fits = came is not None and not any(isinstance(effect, Misbehaved) for effect in effects)
        change = Change(
            dialogue.conversation,
            dialogue.role,
            dialogue.peer,
            dialogue.kind,
            new,
            tuple(signed.message for signed in sent),
            received,
            _outcome(new),
            began,
            (came, *sent) if came is not None and fits else tuple(sent),
        )
        return change, sends

    def _signed(self, dialogue: Dialogue, send: Send, unread: Message | None) -> SignedMessage:
        return self.sign(
            lambda sent: message_of(
                send,
                self._me,
                bytes.fromhex(dialogue.conversation),
                f"nuee/{dialogue.kind}/1",
                sent,
                b"" if unread is None else unread.digest(),
            )
        )

    def sign(self, made: Callable[[int], Message]) -> SignedMessage:
        """Sign what `made` gives for a time of sending that no other message has.  Errors: AclError."""
        self._last_sent = max(self.now(), self._last_sent + 1)
        return self._signer.sign(made(self._last_sent))


def stepped(state: State, given: Input) -> tuple[State, tuple[Effect, ...]]:
    if isinstance(state, Initiator):
        return initiator.step(state, given)
    return participant.step(state, given)


def state_of(dialogue: Dialogue) -> State:
    """Errors: BrokenState."""
    stored = cbor2.loads(dialogue.state)
    return Initiator.from_map(stored) if dialogue.role == "initiator" else Participant.from_map(stored)


def _packed(state: State) -> bytes:
    return cbor2.dumps(state.to_map())


_ENDS = {
    ParticipantPhase.REFUSED: "refused",
    ParticipantPhase.NOT_UNDERSTOOD: "refused",
    ParticipantPhase.REJECTED: "refused",
    ParticipantPhase.LAPSED: "expired",
    ParticipantPhase.DONE: "done",
    ParticipantPhase.FAILED: "failed",
    ParticipantPhase.CANCELLED: "cancelled",
}


def _outcome(state: State) -> str:
    """Of the machine's final phases; "" while it goes on."""
    if isinstance(state, Initiator):
        return "" if state.outcome is None else str(state.outcome)
    return _ENDS[state.phase] if state.phase in PARTICIPANT_FINAL else ""


def _wake(effects: Sequence[Effect], before: float | None) -> float | None:
    """When the machine wants a tick: as it said last, else as before."""
    timers = [effect.at for effect in effects if isinstance(effect, SetTimer)]
    return timers[-1] / 1000 if timers else before
