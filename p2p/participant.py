"""A participant of a contract net: bids or refuses, is bound by its bid, does the work at most once, says how it ended.

What may follow what stands in `contractnet.PARTICIPANT_ROWS`; here is what the guards and actions of those rows mean.
A conversation begins in IDLE, with the first message of an unknown conversation: a call, or a cancel that overtook it.

Work begins at most once, even across crashes: the shell stores WorkBegun before it begins.  A crash after that ends as
failure(interrupted), unless the bid said that beginning again is harmless (`repeatable`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from p2p.contractnet import PARTICIPANT_ROWS, Action, Guard, Machine, ParticipantPhase, Phase
from p2p.contractnet_terms import (
    Act,
    AskBid,
    BrokenState,
    Decline,
    Effect,
    Input,
    Offer,
    Performed,
    Received,
    Send,
    SetTimer,
    StartWork,
    StopWork,
    Terms,
    Unreadable,
    WorkFailed,
    exactly,
)

VERSION = 1
_P = ParticipantPhase
_TERMS = ("call", "offer", "accepted")


@dataclass(frozen=True)
class Participant:
    """One conversation at one of the peers that were called; `begun`: the work was, and not all was lost since."""

    conversation: str
    initiator: str
    phase: ParticipantPhase = ParticipantPhase.IDLE
    call: Terms | None = None
    offer: Terms | None = None
    accepted: Terms | None = None
    repeatable: bool = False
    begun: bool = False

    def knows(self, peer: str) -> bool:
        return peer == self.initiator

    def to_map(self) -> dict[str, object]:
        fields: dict[str, object] = {"version": VERSION, "role": "participant", "conversation": self.conversation}
        fields |= {"initiator": self.initiator, "phase": str(self.phase)}
        for name in _TERMS:
            terms: Terms | None = getattr(self, name)
            fields[name] = None if terms is None else terms.to_map()
        return fields | {"repeatable": self.repeatable, "begun": self.begun}

    @classmethod
    def from_map(cls, stored: object) -> Participant:
        """Errors: BrokenState."""
        fields = exactly(stored, _KINDS)
        if fields.pop("version") != VERSION or fields.pop("role") != "participant":
            raise BrokenState("The stored negotiation is of another version or role.")
        for name in _TERMS:
            fields[name] = None if fields[name] is None else Terms.from_map(fields[name])
        try:
            fields["phase"] = ParticipantPhase(fields["phase"])
        except ValueError as error:
            raise BrokenState("A stored negotiation has a phase that this version does not know.") from error
        return cls(**fields)


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "version": int,
    "role": str,
    "conversation": str,
    "initiator": str,
    "phase": str,
    "repeatable": bool,
    "begun": bool,
    **dict.fromkeys(_TERMS, (Mapping, type(None))),
}


def step(state: Participant, given: Input) -> tuple[Participant, tuple[Effect, ...]]:
    """One transition of the table; see contractnet."""
    return MACHINE.step(state, given)


# --- guards


def _said(given: Input) -> Terms:
    assert isinstance(given, Received)
    assert given.reply_by is not None
    return Terms(given.body, given.reply_by)


def _until(terms: Terms | None) -> int:
    assert terms is not None
    return terms.until


def _in_time(state: Participant, given: Input) -> bool:
    """The message's own deadline is ahead, and so is that of the proposal which it accepts."""
    offer_binds = state.offer is None or state.offer.in_time(given.now)
    return offer_binds and _said(given).in_time(given.now)


def _overdue(terms: Callable[[Participant], Terms | None]) -> Guard[Participant]:
    return lambda state, given: given.now > _until(terms(state))


def _offerable(state: Participant, given: Input) -> bool:
    assert isinstance(given, Offer)
    return given.now <= _until(state.call) and given.terms.in_time(given.now)


def _call_again(state: Participant, given: Input) -> bool:
    return state.call is None or state.call == _said(given)


def _same_again(state: Participant, given: Input) -> bool:
    return state.accepted == _said(given)


def _may_begin(state: Participant, given: Input) -> bool:
    return not state.begun and given.now <= _until(state.accepted)


def _begun_with(result: bool) -> Guard[Participant]:
    return lambda state, given: state.begun and isinstance(given, Performed) and bool(given.body) is result


GUARDS: Mapping[str, Guard[Participant]] = {
    "always": lambda *_: True,
    "in time": _in_time,
    "too late": lambda state, given: not _in_time(state, given),
    "the same again, or never seen": _call_again,
    "the same again": _same_again,
    "call in time, offer binds": _offerable,
    "call overdue": _overdue(lambda state: state.call),
    "offer overdue": _overdue(lambda state: state.offer),
    "result overdue": _overdue(lambda state: state.accepted),
    "not begun, result in time": _may_begin,
    "begun, with a result": _begun_with(True),
    "begun, without a result": _begun_with(False),
    "not begun, or repeatable": lambda state, _: not state.begun or state.repeatable,
    "begun, not repeatable": lambda state, _: state.begun and not state.repeatable,
}

# --- actions


def _send(act: Act, in_reply_to: Act, code: str = "") -> Action[Participant]:
    """An answer; what the input says (a result, a reason) goes with it."""

    def perform(state: Participant, given: Input) -> tuple[Participant, tuple[Effect, ...]]:
        body = given.body if isinstance(given, Performed) else b""
        said = given.code if isinstance(given, Decline | WorkFailed) else code
        return state, (_message(state, act, str(in_reply_to), body=body, code=said),)

    return perform


def _message(state: Participant, act: Act, in_reply_to: str, **more: Any) -> Send:
    name = f"{state.conversation}/{state.initiator}/{act}/{in_reply_to}"
    return Send(name, state.initiator, act, in_reply_to, **more)


def _propose(state: Participant, given: Input) -> tuple[Participant, tuple[Effect, ...]]:
    assert isinstance(given, Offer)
    asks: dict[str, Any] = {"reply_with": str(Act.PROPOSE), "reply_by": given.terms.until, "body": given.terms.body}
    bound = replace(state, offer=given.terms, repeatable=given.repeatable)
    return bound, (_message(state, Act.PROPOSE, str(Act.CFP), **asks),)


def _not_cancelled(state: Participant, _: Input) -> tuple[Participant, tuple[Effect, ...]]:
    holds = "done" if state.phase is _P.DONE else "failed"
    return state, (_message(state, Act.FAILURE, str(Act.CANCEL), code=holds),)


def _not_understood(state: Participant, given: Input) -> tuple[Participant, tuple[Effect, ...]]:
    assert isinstance(given, Unreadable)
    return state, (_message(state, Act.NOT_UNDERSTOOD, given.reply_with, code=given.code),)


def _note_call(state: Participant, given: Input) -> tuple[Participant, tuple[Effect, ...]]:
    return replace(state, call=_said(given)), ()


def _note_acceptance(state: Participant, given: Input) -> tuple[Participant, tuple[Effect, ...]]:
    return replace(state, accepted=_said(given)), ()


def _ask(state: Participant, _: Input) -> tuple[Participant, tuple[Effect, ...]]:
    assert state.call is not None
    return state, (AskBid(f"{state.conversation}/ask-bid", state.initiator, state.call),)


def _start(state: Participant, _: Input) -> tuple[Participant, tuple[Effect, ...]]:
    assert state.call is not None
    assert state.offer is not None
    assert state.accepted is not None
    return state, (StartWork(f"{state.conversation}/work", state.call, state.offer, state.accepted),)


def _stop(state: Participant, _: Input) -> tuple[Participant, tuple[Effect, ...]]:
    return state, (StopWork(f"{state.conversation}/stop-work"),)


def _begin(begun: bool) -> Action[Participant]:
    return lambda state, _: (replace(state, begun=begun), ())


def _time(terms: Callable[[Participant], Terms | None]) -> Action[Participant]:
    def act(state: Participant, _: Input) -> tuple[Participant, tuple[Effect, ...]]:
        at = _until(terms(state)) + 1  # the first moment that is too late
        return state, (SetTimer(f"{state.conversation}/timer/{at}", at),)

    return act


ACTIONS: Mapping[str, Action[Participant]] = {
    "note the call": _note_call,
    "note the acceptance": _note_acceptance,
    "note the beginning": _begin(True),
    "forget the beginning": _begin(False),
    "ask whether to bid": _ask,
    "start the work": _start,
    "stop the work": _stop,
    "send propose": _propose,
    "send refuse": _send(Act.REFUSE, Act.CFP),
    "send refuse(late)": _send(Act.REFUSE, Act.CFP, "late"),
    "send inform-result": _send(Act.INFORM_RESULT, Act.ACCEPT),
    "send inform-done": _send(Act.INFORM_DONE, Act.ACCEPT),
    "send failure": _send(Act.FAILURE, Act.ACCEPT),
    "send failure(late)": _send(Act.FAILURE, Act.ACCEPT, "late"),
    "send failure(deadline)": _send(Act.FAILURE, Act.ACCEPT, "deadline"),
    "send failure(interrupted)": _send(Act.FAILURE, Act.ACCEPT, "interrupted"),
    "send failure(not-understood)": _send(Act.FAILURE, Act.ACCEPT, "not-understood"),
    "send inform-done to cancel": _send(Act.INFORM_DONE, Act.CANCEL),
    "send failure to cancel": _not_cancelled,
    "send not-understood": _not_understood,
    "time the decision": _time(lambda state: state.call),
    "time the offer": _time(lambda state: state.offer),
    "time the result": _time(lambda state: state.accepted),
}


def _enter(state: Participant, phase: Phase) -> Participant:
    assert isinstance(phase, ParticipantPhase)
    return replace(state, phase=phase)


MACHINE: Machine[Participant] = Machine(PARTICIPANT_ROWS, GUARDS, ACTIONS, _enter)
