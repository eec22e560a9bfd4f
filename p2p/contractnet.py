"""The contract net (FIPA SC00029H) with its cancel meta-protocol: every transition, in one table, and what runs it.

A machine is `step(state, input) -> (state, effects)`, without clock, socket, randomness, storage or logging.  A step
takes the first row whose phase, input and guard fit; the row's actions change the state and give effects, and then the
rows of `THEN` go on without a further input.  What no row allows changes nothing: of a peer it gives `Misbehaved`, of
this side's person `NotNow`, and a tick or a report that has come too late gives nothing at all.

The shell stores the new state with the effects in one transaction and then runs them; after a crash it feeds Restarted
and runs the unfinished ones again.  Sends are repeated until they are acknowledged, in any order: acknowledged means
delivered, not understood.  Nothing here waits for a message: each phase that is not final has a deadline that ends it.

What it means that both ends agree.  The participant knows whether work was done, so the initiator takes its report
even after its own deadline; the initiator knows whether it accepted, so nothing is begun without that.  Once every
message has arrived, an initiator's record of a peer and that peer's own phase are one of AGREEMENTS; that needs no
further exchange.

Where a chain enters (escrow of a priced task): a phase of its own between EVALUATING and AWAIT_RESULT, entered by
`award` instead of sending the acceptance, with an effect that locks the price; the input that it is locked sends the
acceptance, the input that it is not, or a deadline, rejects.  A report of the awarded peer, in any phase, then also
releases or refunds.  These are further rows, inputs and effects; no row here changes its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from p2p.contractnet_terms import (
    Act,
    Announce,
    Award,
    CallOff,
    Decline,
    Effect,
    Input,
    Misbehaved,
    NotNow,
    Offer,
    Performed,
    Received,
    Restarted,
    Tick,
    Unreadable,
    WorkBegun,
    WorkFailed,
)


class InitiatorPhase(StrEnum):
    NEW = "NEW"
    COLLECTING = "COLLECTING"  # called, waiting for bids
    EVALUATING = "EVALUATING"  # bids are in, a person or a policy chooses
    AWAIT_RESULT = "AWAIT_RESULT"  # accepted
    CANCELLING = "CANCELLING"  # called off, waiting to hear what became of it
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"
    CANCEL_FAILED = "CANCEL_FAILED"  # something was done, or nobody knows


class ParticipantPhase(StrEnum):
    IDLE = "IDLE"  # nothing has come yet
    DECIDING = "DECIDING"  # whether to bid
    BOUND = "BOUND"  # by its own proposal, until that proposal's reply-by
    PERFORMING = "PERFORMING"
    REFUSED = "REFUSED"
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    REJECTED = "REJECTED"
    LAPSED = "LAPSED"  # the proposal bound no longer when nothing had come
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Standing(StrEnum):
    """What the initiator knows of one peer it called."""

    CALLED = "called"
    SILENT = "silent"  # the collecting ended without an answer
    PROPOSED = "proposed"
    REFUSED = "refused"
    NOT_UNDERSTOOD = "not-understood"
    REJECTED = "rejected"
    AWARDED = "awarded"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HELD = "held"  # it could not cancel; its code says what holds


_I, _P, _S = InitiatorPhase, ParticipantPhase, Standing
Phase = InitiatorPhase | ParticipantPhase
THEN = "(then)"
INITIATOR_FINAL = frozenset({_I.ENDED, _I.CANCELLED, _I.CANCEL_FAILED})
PARTICIPANT_FINAL = frozenset(_P) - {_P.IDLE, _P.DECIDING, _P.BOUND, _P.PERFORMING}

# Which phases of the participant go with which standing of it at the initiator, when all messages have arrived.
AGREEMENTS: Mapping[Standing, frozenset[ParticipantPhase]] = {
    _S.REFUSED: frozenset({_P.REFUSED}),
    _S.NOT_UNDERSTOOD: frozenset({_P.NOT_UNDERSTOOD, _P.REFUSED, _P.LAPSED, _P.CANCELLED, _P.REJECTED}),
    _S.REJECTED: frozenset({_P.REJECTED, _P.LAPSED}),
    _S.DONE: frozenset({_P.DONE}),
    _S.FAILED: frozenset({_P.FAILED}),
    _S.CANCELLED: frozenset({_P.CANCELLED, _P.REFUSED, _P.NOT_UNDERSTOOD}),
}
# And where one side could not read a message of the other, which versions that fit never cause.
UNREAD_AGREEMENTS: Mapping[Standing, frozenset[ParticipantPhase]] = {
    _S.REJECTED: frozenset({_P.NOT_UNDERSTOOD}),
    _S.FAILED: frozenset({_P.FAILED, _P.NOT_UNDERSTOOD, _P.DONE, _P.CANCELLED}),
    _S.HELD: frozenset({_P.FAILED, _P.NOT_UNDERSTOOD, _P.DONE, _P.CANCELLED}),
}


@dataclass(frozen=True)
class Row:
    """In one of `phases`, on one of `events`, if `guard` holds: do `does` in order, then be in `goes` (None: stay)."""

    phases: tuple[Phase, ...]
    events: tuple[str, ...]
    guard: str
    goes: Phase | None
    does: tuple[str, ...]

    @property
    def role(self) -> str:
        return "initiator" if isinstance(self.phases[0], InitiatorPhase) else "participant"


def _row(phases: Phase | tuple[Phase, ...], events: str, guard: str, goes: Phase | None, *does: str) -> Row:
    listed = phases if isinstance(phases, tuple) else (phases,)
    return Row(listed, tuple(events.split(" | ")), guard, goes, does)


_CALLING = (_I.COLLECTING, _I.EVALUATING)
_LIVE = (*_CALLING, _I.AWAIT_RESULT)
_CALLED_OFF = (_I.CANCELLING, _I.CANCELLED, _I.CANCEL_FAILED)
_CLOSED = (_I.EVALUATING, _I.AWAIT_RESULT, _I.ENDED, *_CALLED_OFF)  # to further bids
_ACCEPTED = (_I.AWAIT_RESULT, _I.ENDED, *_CALLED_OFF)
_ANNOUNCED = (_I.COLLECTING, *_CLOSED)

INITIATOR_ROWS = (
    _row(_I.NEW, "announce", "always", _I.COLLECTING, "send cfp", "time the replies"),
    # bids
    _row(_I.COLLECTING, "propose", "called, and it binds", None, "note the bid"),
    _row(_I.COLLECTING, "propose", "called, but too late", None, "send reject-proposal(late)"),
    _row(_CLOSED, "propose", "silent until now", None, "send reject-proposal(late)"),
    _row(_ANNOUNCED, "propose", "said before, or cancelled or ended already", None),
    _row(_ANNOUNCED, "refuse", "unanswered", None, "note the refusal"),
    _row(_ANNOUNCED, "refuse", "said before, or cancelled or ended already", None),
    _row(_I.COLLECTING, THEN, "all replied, somebody bids", _I.EVALUATING, "ask for the award", "time the choice"),
    _row(_I.COLLECTING, THEN, "all replied, nobody bids", _I.ENDED, "finish: refused"),
    _row(
        _I.COLLECTING,
        "tick",
        "replies overdue, somebody bids",
        _I.EVALUATING,
        "close",
        "ask for the award",
        "time the choice",
    ),
    _row(_I.COLLECTING, "tick", "replies overdue, nobody bids", _I.ENDED, "close", "finish: refused"),
    # the choice
    _row(
        _CALLING,
        "award",
        "these bids bind, and no more than wanted",
        _I.AWAIT_RESULT,
        *("close", "send accept-proposal", "send reject-proposal(not chosen)", "time the result"),
    ),
    _row(_I.EVALUATING, "decline", "always", _I.ENDED, "send reject-proposal(declined)", "finish: cancelled"),
    _row(_I.EVALUATING, "tick", "choice overdue", _I.ENDED, "send reject-proposal(lapsed)", "finish: expired"),
    _row(_I.EVALUATING, THEN, "no bid is left", _I.ENDED, "finish: refused"),
    # the result, also when it comes late
    _row(_ACCEPTED, "inform-done | inform-result", "awarded, unreported", None, "note the result"),
    _row(_ACCEPTED, "inform-done | inform-result", "the same again", None),
    _row(_ACCEPTED, "failure", "awarded, unreported", None, "note the failure"),
    _row(_ACCEPTED, "failure", "the same again", None),
    _row(_I.AWAIT_RESULT, THEN, "all awarded have reported", _I.ENDED, "finish: as reported"),
    _row(_I.AWAIT_RESULT, "tick", "result overdue", _I.ENDED, "finish: as reported"),
    _row(_I.CANCEL_FAILED, THEN, "all answered, all cancelled", _I.CANCELLED, "finish: cancelled"),
    _row((_I.ENDED, _I.CANCEL_FAILED), THEN, "the reports say otherwise now", None, "finish: as reported"),
    # fipa-cancel-meta
    _row(_LIVE, "call off", "always", _I.CANCELLING, "send cancel", "time the cancel"),
    _row(_I.CANCELLING, "call off", "always", None),
    _row(_CALLED_OFF, "inform-done to cancel", "cancel unanswered", None, "note it is cancelled"),
    _row(_CALLED_OFF, "inform-done to cancel", "nothing was done anyway", None),
    _row(_CALLED_OFF, "failure to cancel", "awarded, cancel unanswered", None, "note what holds"),
    _row(_CALLED_OFF, "failure to cancel", "reported already", None),
    _row(_CALLED_OFF, "not-understood to cancel", "awarded, cancel unanswered", None, "note what holds"),
    _row(_I.CANCELLING, THEN, "all answered, all cancelled", _I.CANCELLED, "finish: cancelled"),
    _row(_I.CANCELLING, THEN, "all answered, not all cancelled", _I.CANCEL_FAILED, "finish: as reported"),
    _row(_I.CANCELLING, "tick", "cancel overdue, nothing was awarded", _I.CANCELLED, "finish: cancelled"),
    _row(_I.CANCELLING, "tick", "cancel overdue, something was awarded", _I.CANCEL_FAILED, "finish: as reported"),
    # not understood, at any point, from either side
    _row(
        _ANNOUNCED, "not-understood | not-understood to cancel", "called or proposed", None, "note it is not understood"
    ),
    _row(_ACCEPTED, "not-understood", "awarded, unreported", None, "note the failure"),
    _row(_ANNOUNCED, "not-understood | not-understood to cancel", "always", None),
    _row(_ANNOUNCED, "unreadable", "called or proposed", None, "note it is not understood", "send not-understood"),
    _row(_CALLED_OFF, "unreadable", "awarded, nothing heard since", None, "note what holds", "send not-understood"),
    _row(
        (_I.AWAIT_RESULT, _I.ENDED),
        "unreadable",
        "awarded, nothing heard since",
        None,
        "note the failure",
        "send not-understood",
    ),
    # after a restart
    _row(_I.COLLECTING, "restarted", "always", None, "time the replies"),
    _row(_I.EVALUATING, "restarted", "always", None, "ask for the award", "time the choice"),
    _row(_I.AWAIT_RESULT, "restarted", "always", None, "time the result"),
    _row(_I.CANCELLING, "restarted", "always", None, "time the cancel"),
)

_WAITING = (_P.DECIDING, _P.BOUND)
_UNDONE = (_P.REFUSED, _P.REJECTED, _P.NOT_UNDERSTOOD)  # nothing was begun
_AFTER = tuple(phase for phase in _P if phase is not _P.IDLE)
_WORKED = (_P.PERFORMING, _P.DONE, _P.FAILED)

PARTICIPANT_ROWS = (
    _row(_P.IDLE, "cfp", "in time", _P.DECIDING, "note the call", "ask whether to bid", "time the decision"),
    _row(_P.IDLE, "cfp", "too late", _P.REFUSED, "note the call", "send refuse(late)"),
    _row(_AFTER, "cfp", "the same again, or never seen", None),
    # whether to bid
    _row(_P.DECIDING, "offer", "call in time, offer binds", _P.BOUND, "send propose", "time the offer"),
    _row(_P.DECIDING, "offer", "call overdue", _P.REFUSED, "send refuse(late)"),
    _row(_P.DECIDING, "decline", "always", _P.REFUSED, "send refuse"),
    _row(_P.DECIDING, "tick", "call overdue", _P.REFUSED, "send refuse(late)"),
    # bound by the offer
    _row(
        _P.BOUND,
        "accept-proposal",
        "in time",
        _P.PERFORMING,
        "note the acceptance",
        "start the work",
        "time the result",
    ),
    _row((_P.BOUND, _P.LAPSED), "accept-proposal", "too late", _P.FAILED, "note the acceptance", "send failure(late)"),
    _row(_WORKED, "accept-proposal", "the same again", None),
    _row((_P.NOT_UNDERSTOOD, _P.CANCELLED), "accept-proposal", "always", None),
    _row(_P.BOUND, "reject-proposal", "always", _P.REJECTED),
    _row((_P.REJECTED, _P.LAPSED, _P.NOT_UNDERSTOOD, _P.CANCELLED), "reject-proposal", "always", None),
    _row(_P.BOUND, "tick", "offer overdue", _P.LAPSED),
    # the work
    _row(_P.PERFORMING, "work begun", "not begun, result in time", None, "note the beginning"),
    _row(_P.PERFORMING, "performed", "begun, with a result", _P.DONE, "send inform-result"),
    _row(_P.PERFORMING, "performed", "begun, without a result", _P.DONE, "send inform-done"),
    _row(_P.PERFORMING, "work failed", "always", _P.FAILED, "send failure"),
    _row(_P.PERFORMING, "tick", "result overdue", _P.FAILED, "stop the work", "send failure(deadline)"),
    # fipa-cancel-meta
    _row((_P.IDLE, *_WAITING, _P.LAPSED), "cancel", "always", _P.CANCELLED, "send inform-done to cancel"),
    _row(_P.PERFORMING, "cancel", "always", _P.CANCELLED, "stop the work", "send inform-done to cancel"),
    _row((*_UNDONE, _P.CANCELLED), "cancel", "always", None, "send inform-done to cancel"),
    _row((_P.DONE, _P.FAILED), "cancel", "always", None, "send failure to cancel"),
    # not understood, at any point, from either side
    _row(_WAITING, "not-understood", "always", _P.NOT_UNDERSTOOD),
    _row(_P.PERFORMING, "not-understood", "always", _P.FAILED, "stop the work", "send failure(not-understood)"),
    _row((_P.IDLE, *sorted(PARTICIPANT_FINAL)), "not-understood", "always", None),
    _row((_P.IDLE, *_WAITING, _P.LAPSED), "unreadable", "always", _P.NOT_UNDERSTOOD, "send not-understood"),
    _row(_P.PERFORMING, "unreadable", "always", _P.FAILED, "stop the work", "send failure(not-understood)"),
    # after a restart
    _row(_P.DECIDING, "restarted", "always", None, "ask whether to bid", "time the decision"),
    _row(_P.BOUND, "restarted", "always", None, "time the offer"),
    _row(
        _P.PERFORMING,
        "restarted",
        "not begun, or repeatable",
        None,
        "forget the beginning",
        "start the work",
        "time the result",
    ),
    _row(_P.PERFORMING, "restarted", "begun, not repeatable", _P.FAILED, "send failure(interrupted)"),
)

TABLE = INITIATOR_ROWS + PARTICIPANT_ROWS

_LOCAL_EVENTS: Mapping[type, str] = {
    Unreadable: "unreadable",
    Tick: "tick",
    Restarted: "restarted",
    Announce: "announce",
    Award: "award",
    CallOff: "call off",
    Decline: "decline",
    Offer: "offer",
    WorkBegun: "work begun",
    Performed: "performed",
    WorkFailed: "work failed",
}
_DECISIONS = (Announce, Award, CallOff, Decline, Offer)
_ANSWERS: Mapping[Act, frozenset[str]] = {  # which messages an act may answer
    Act.PROPOSE: frozenset({Act.CFP}),
    Act.REFUSE: frozenset({Act.CFP}),
    Act.ACCEPT: frozenset({Act.PROPOSE}),
    Act.REJECT: frozenset({Act.PROPOSE}),
    Act.INFORM_DONE: frozenset({Act.ACCEPT, Act.CANCEL}),
    Act.INFORM_RESULT: frozenset({Act.ACCEPT}),
    Act.FAILURE: frozenset({Act.ACCEPT, Act.CANCEL}),
}
_BINDING = frozenset({Act.CFP, Act.PROPOSE, Act.ACCEPT})  # nothing of these may hold for ever


class State(Protocol):
    @property
    def conversation(self) -> str: ...
    @property
    def phase(self) -> Phase: ...
    def knows(self, peer: str) -> bool: ...


S = TypeVar("S", bound=State)
Guard = Callable[[S, Input], bool]
Action = Callable[[S, Input], tuple[S, tuple[Effect, ...]]]


@dataclass(frozen=True)
class Machine(Generic[S]):
    """Rows, and what the names in them mean for one role; `enter` puts a state into a phase."""

    rows: tuple[Row, ...]
    guards: Mapping[str, Guard[S]]
    actions: Mapping[str, Action[S]]
    enter: Callable[[S, Phase], S]

    def step(self, state: S, given: Input) -> tuple[S, tuple[Effect, ...]]:
        fault = _fault(state, given)
        if fault:
            return state, (fault,)
        row = self._fitting(state, event_of(given), given)
        if row is None:
            return state, _unexpected(state, given)
        state, effects = self._take(row, state, given)
        while (then := self._fitting(state, THEN, given)) is not None:
            state, more = self._take(then, state, given)
            effects += more
        return state, effects

    def _fitting(self, state: S, event: str, given: Input) -> Row | None:
        for row in self.rows:
            if state.phase in row.phases and event in row.events and self.guards[row.guard](state, given):
                return row
        return None

    def _take(self, row: Row, state: S, given: Input) -> tuple[S, tuple[Effect, ...]]:
        effects: tuple[Effect, ...] = ()
        for name in row.does:
            state, more = self.actions[name](state, given)
            effects += more
        return (state if row.goes is None else self.enter(state, row.goes)), effects


def event_of(given: Input) -> str:
    """The name of an input in the table."""
    if not isinstance(given, Received):
        return _LOCAL_EVENTS[type(given)]
    to_cancel = given.in_reply_to == Act.CANCEL and given.act is not Act.CANCEL
    return f"{given.act} to cancel" if to_cancel else str(given.act)


def _fault(state: State, given: Input) -> Misbehaved | None:
    """What is wrong with a message whatever the phase."""
    if not isinstance(given, Received | Unreadable):
        return None
    if not state.knows(given.peer):
        return _misbehaved(state, given.peer, "stranger")
    if isinstance(given, Unreadable):
        return None
    if given.in_reply_to not in _ANSWERS.get(given.act, {given.in_reply_to}):
        return _misbehaved(state, given.peer, "wrong-reference")
    if given.act in _BINDING and given.reply_by is None:
        return _misbehaved(state, given.peer, "no-deadline")
    return None


def _unexpected(state: State, given: Input) -> tuple[Effect, ...]:
    if isinstance(given, Received):
        return (_misbehaved(state, given.peer, f"unexpected-{given.act}"),)
    if isinstance(given, _DECISIONS):
        event = event_of(given).replace(" ", "-")
        return (NotNow(f"{state.conversation}/not-now/{event}", event),)
    return ()


def _misbehaved(state: State, peer: str, code: str) -> Misbehaved:
    return Misbehaved(f"{state.conversation}/{peer}/misbehaved/{code}", peer, code)
