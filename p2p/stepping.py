"""One step of a conversation's machine: state, messages and whatever else belongs to it are stored in one transaction.

A message is signed when it is stored, so that sending it again sends the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import cbor2
import trio

from p2p import initiator, participant
from p2p.acl import Message, SignedMessage
from p2p.contractnet import PARTICIPANT_FINAL, ParticipantPhase
from p2p.contractnet_terms import Effect, Input, Send, SetTimer, Tick
from p2p.deciding import Blocking, Change, Deciding, State
from p2p.delivery import effect_of
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from p2p.wording import message_of
from storage.outbox import Dialogue, Heard, Outbox
from storage.outbox import Effect as Kept

After = Callable[[int, Change, Sequence[Effect]], None]


class Stepper:
    """Trio thread only; one step at a time: hold `lock`.  `after` is called when a step is stored."""

    def __init__(
        self,
        me: str,
        host_key: bytes,
        outbox: Outbox,
        deciding: Deciding,
        blocking: Blocking,
        after: After,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.lock = trio.Lock()
        self._me = me
        self._host_key = host_key
        self._outbox = outbox
        self._deciding = deciding
        self._blocking = blocking
        self._after = after
        self._clock = clock
        self._last_sent = 0

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return int(self._clock() * 1000)

    async def begin(
        self,
        dialogue: Dialogue,
        state: State,
        given: Input,
        message: Message | None = None,
        heard: Heard | None = None,
    ) -> None:
        """The first step of a new conversation.  Errors: VaultError `known-conversation`, …; AclError."""
        new, effects = stepped(state, given)
        change, sends = self._change(dialogue, new, effects, message, began=True)

        def store() -> int:
            return self._outbox.begin(
                dialogue.conversation,
                dialogue.role,
                dialogue.peer,
                dialogue.kind,
                cbor2.dumps(new.to_map()),
                sends,
                wake=_wake(effects, None),
                outcome=change.outcome,
                heard=heard,
                within=self._deciding.record(change),
            )

        number = await self._blocking(store)
        self._after(number, change, effects)

    async def step(
        self, number: int, given: Input, message: Message | None = None, heard: Heard | None = None
    ) -> tuple[State, State, tuple[Effect, ...]]:
        """One step: the state before, the state after, the effects.  Errors: VaultError, AclError."""
        dialogue = await self._blocking(self._outbox.get, number)
        state = state_of(dialogue)
        new, effects = stepped(state, given)
        if new == state and not effects and heard is None and not isinstance(given, Tick):
            return state, new, effects
        change, sends = self._change(dialogue, new, effects, message)

        def store() -> None:
            self._outbox.step(
                number,
                cbor2.dumps(new.to_map()),
                sends,
                wake=_wake(effects, dialogue.wake if dialogue.wake and dialogue.wake > self._clock() else None),
                outcome=change.outcome,
                heard=heard,
                within=self._deciding.record(change) if new != state or message is not None else (),
            )

        await self._blocking(store)
        self._after(number, change, effects)
        return state, new, effects

    def _change(
        self,
        dialogue: Dialogue,
        new: State,
        effects: Sequence[Effect],
        message: Message | None,
        *,
        began: bool = False,
    ) -> tuple[Change, list[Kept]]:
        sent, sends = [], []
        for effect in effects:
            if isinstance(effect, Send):
                signed = self._signed(dialogue, effect, message)
                sent.append(signed.message)
                sends.append(effect_of(effect.id, signed, self._clock()))
        change = Change(
            dialogue.conversation,
            dialogue.role,
            dialogue.peer,
            dialogue.kind,
            new,
            tuple(sent),
            message,
            _outcome(new),
            began,
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
        return SignedMessage.sign(made(self._last_sent), self._host_key)


def stepped(state: State, given: Input) -> tuple[State, tuple[Effect, ...]]:
    if isinstance(state, Initiator):
        return initiator.step(state, given)
    return participant.step(state, given)


def state_of(dialogue: Dialogue) -> State:
    """Errors: BrokenState."""
    stored = cbor2.loads(dialogue.state)
    return Initiator.from_map(stored) if dialogue.role == "initiator" else Participant.from_map(stored)


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
