"""The initiator of a contract net: calls for proposals, awards to one or several, waits for what comes of it.

What may follow what stands in `contractnet.INITIATOR_ROWS`; here is what the guards and actions of those rows mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from p2p.contractnet import INITIATOR_ROWS, Action, Guard, InitiatorPhase, Machine, Phase, Standing
from p2p.contractnet_terms import (
    Act,
    AskAward,
    Award,
    Bid,
    CallOff,
    Decline,
    Effect,
    Finished,
    Input,
    Outcome,
    Received,
    Send,
    SetTimer,
    Terms,
    Unreadable,
)
from p2p.initiator_state import KNOWN_ENDS, Initiator, Leg

_S = Standing
_OPEN = frozenset({_S.CALLED, _S.PROPOSED, _S.AWARDED})  # a cancel goes to these and is answered by them
_UNREAD = "not-understood"


def step(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    """One transition of the table; see contractnet."""
    return MACHINE.step(state, given)


# --- guards


def _leg(state: Initiator, given: Input) -> Leg:
    assert isinstance(given, Received | Unreadable)
    return state.leg(given.peer)


def _at(*standings: Standing) -> Guard[Initiator]:
    return lambda state, given: _leg(state, given).standing in standings


def _said(given: Input) -> Terms:
    assert isinstance(given, Received)
    assert given.reply_by is not None
    return Terms(given.body, given.reply_by)


def _binds(state: Initiator, given: Input) -> bool:
    return given.now <= state.reply_by and _said(given).in_time(given.now)


def _repeats(state: Initiator, given: Input) -> bool:
    """A bid or refusal that changes nothing, because it came before or crossed with an end."""
    leg = _leg(state, given)
    assert isinstance(given, Received)
    if given.act is Act.PROPOSE and leg.bid is not None:
        return leg.bid == _said(given)
    ended = leg.standing in {_S.CALLED, _S.NOT_UNDERSTOOD, _S.CANCELLED} and leg.bid is None
    return ended or (given.act is Act.REFUSE and leg.standing is _S.REFUSED)


def _awardable(state: Initiator, given: Input) -> bool:
    assert isinstance(given, Award)
    chosen = [leg for leg in state.standing(_S.PROPOSED) if leg.peer in given.peers]
    binding = all(leg.bid is not None and leg.bid.in_time(given.now) for leg in chosen)
    complete = 1 <= len(given.peers) == len(chosen) <= state.wanted
    return complete and binding and given.now <= state.result_by


def _choice_overdue(state: Initiator, given: Input) -> bool:
    return given.now > _choice_end(state)


def _choice_end(state: Initiator) -> int:
    return min(state.decide_by, max(leg.bid.until for leg in state.standing(_S.PROPOSED) if leg.bid is not None))


def _unreported(state: Initiator, given: Input) -> bool:
    leg = _leg(state, given)
    return leg.standing in {_S.AWARDED, _S.HELD} or (leg.standing is _S.FAILED and leg.code == _UNREAD)


def _reported_so(state: Initiator, given: Input) -> bool:
    leg = _leg(state, given)
    assert isinstance(given, Received)
    ended = _S.FAILED if given.act is Act.FAILURE else _S.DONE
    return (leg.standing, leg.code, leg.body) == (ended, given.code, given.body)


def _held_unanswered(state: Initiator, given: Input) -> bool:
    return _leg(state, given).awarded and _cancel_unanswered(state, given)


def _cancel_unanswered(state: Initiator, given: Input) -> bool:
    leg = _leg(state, given)
    return leg.standing in _OPEN or (leg.standing is _S.HELD and leg.code not in KNOWN_ENDS)


def _nothing_done(state: Initiator, given: Input) -> bool:
    leg = _leg(state, given)
    unread = leg.standing is _S.FAILED and leg.code == _UNREAD
    return unread or leg.standing in {_S.REFUSED, _S.NOT_UNDERSTOOD, _S.CANCELLED}


def _all_cancelled(state: Initiator) -> bool:
    return not state.standing(*_OPEN) and all(leg.standing is _S.CANCELLED for leg in state.awarded)


def _as_reported(state: Initiator) -> Outcome:
    """What the awarded peers' words amount to; one that is silent, or of whom it is unknown, makes it expired."""
    ends = {leg.end for leg in state.awarded}
    if None in ends:
        return Outcome.EXPIRED
    if Standing.FAILED in ends:
        return Outcome.FAILED
    return Outcome.DONE if Standing.DONE in ends else Outcome.CANCELLED


def _all_replied(state: Initiator, bids: bool) -> bool:
    return not state.standing(_S.CALLED) and bool(state.standing(_S.PROPOSED)) is bids


def _replies_overdue(state: Initiator, given: Input, bids: bool) -> bool:
    return given.now > state.reply_by and bool(state.standing(_S.PROPOSED)) is bids


def _cancel_overdue(state: Initiator, given: Input, awarded: bool) -> bool:
    return given.now > state.cancel_by and bool(state.awarded) is awarded


GUARDS: Mapping[str, Guard[Initiator]] = {
    "always": lambda *_: True,
    "called, and it binds": lambda state, given: _at(_S.CALLED)(state, given) and _binds(state, given),
    "called, but too late": lambda state, given: _at(_S.CALLED)(state, given) and not _binds(state, given),
    "silent until now": _at(_S.SILENT),
    "unanswered": _at(_S.CALLED, _S.SILENT),
    "said before, or cancelled or ended already": _repeats,
    "all replied, somebody bids": lambda state, _: _all_replied(state, True),
    "all replied, nobody bids": lambda state, _: _all_replied(state, False),
    "replies overdue, somebody bids": lambda state, given: _replies_overdue(state, given, True),
    "replies overdue, nobody bids": lambda state, given: _replies_overdue(state, given, False),
    "these bids bind, and no more than wanted": _awardable,
    "choice overdue": _choice_overdue,
    "no bid is left": lambda state, _: not state.standing(_S.PROPOSED),
    "awarded, unreported": _unreported,
    "the same again": _reported_so,
    "all awarded have reported": lambda state, _: all(leg.end for leg in state.awarded),
    "result overdue": lambda state, given: given.now > state.result_by,
    "the reports say otherwise now": lambda state, _: bool(state.awarded) and _as_reported(state) is not state.outcome,
    "cancel unanswered": _cancel_unanswered,
    "nothing was done anyway": _nothing_done,
    "awarded, cancel unanswered": _held_unanswered,
    "awarded, nothing heard since": _at(_S.AWARDED),
    "reported already": _at(_S.HELD, _S.DONE, _S.FAILED),
    "all answered, all cancelled": lambda state, _: _all_cancelled(state),
    "all answered, not all cancelled": lambda state, _: not state.standing(*_OPEN) and not _all_cancelled(state),
    "cancel overdue, nothing was awarded": lambda state, given: _cancel_overdue(state, given, False),
    "cancel overdue, something was awarded": lambda state, given: _cancel_overdue(state, given, True),
    "called or proposed": _at(_S.CALLED, _S.SILENT, _S.PROPOSED),
}

# --- actions


def _with(state: Initiator, *changed: Leg) -> Initiator:
    new = {leg.peer: leg for leg in changed}
    return replace(state, legs=tuple(new.get(leg.peer, leg) for leg in state.legs))


def _note(standing: Standing, code: str | None = None) -> Action[Initiator]:
    """The peer's word becomes what is known of it."""

    def act(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
        assert isinstance(given, Received | Unreadable)
        said = given.code if code is None else code
        body = given.body if isinstance(given, Received) else b""
        return _with(state, replace(state.leg(given.peer), standing=standing, code=said, body=body)), ()

    return act


def _note_failure(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    failed = isinstance(given, Received) and given.act is Act.FAILURE
    return _note(_S.FAILED, None if failed else _UNREAD)(state, given)


def _note_held(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    failed = isinstance(given, Received) and given.act is Act.FAILURE
    return _note(_S.HELD, None if failed else _UNREAD)(state, given)


def _note_bid(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    leg = _leg(state, given)
    return _with(state, replace(leg, standing=_S.PROPOSED, bid=_said(given))), ()


def _send(state: Initiator, to: str, act: Act, in_reply_to: str = "", **more: Any) -> Send:
    return Send(f"{state.conversation}/{to}/{act}", to, act, in_reply_to, **more)


def _send_calls(state: Initiator, _: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    asks: dict[str, Any] = {"reply_with": str(Act.CFP), "reply_by": state.reply_by, "body": state.call}
    return state, tuple(_send(state, leg.peer, Act.CFP, **asks) for leg in state.legs)


def _send_awards(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    assert isinstance(given, Award)
    chosen = tuple(replace(leg, standing=_S.AWARDED, awarded=True) for leg in state.legs if leg.peer in given.peers)
    asks: dict[str, Any] = {"reply_with": str(Act.ACCEPT), "reply_by": state.result_by, "body": given.body}
    sends = tuple(_send(state, leg.peer, Act.ACCEPT, str(Act.PROPOSE), **asks) for leg in chosen)
    return _with(state, *chosen), sends


def _reject(code: str) -> Action[Initiator]:
    """All bids that are still on the table."""

    def act(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
        said = given.code if isinstance(given, Decline) else code
        losers = tuple(replace(leg, standing=_S.REJECTED, code=said) for leg in state.standing(_S.PROPOSED))
        sends = tuple(_send(state, leg.peer, Act.REJECT, str(Act.PROPOSE), code=said) for leg in losers)
        return _with(state, *losers), sends

    return act


def _reject_late(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    leg = replace(_leg(state, given), standing=_S.REJECTED, bid=_said(given), code="late")
    return _with(state, leg), (_send(state, leg.peer, Act.REJECT, str(Act.PROPOSE), code="late"),)


def _send_cancels(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    assert isinstance(given, CallOff)
    asks: dict[str, Any] = {"reply_with": str(Act.CANCEL), "reply_by": given.answer_by}
    sends = tuple(_send(state, leg.peer, Act.CANCEL, **asks) for leg in state.standing(*_OPEN))
    return replace(state, cancel_by=given.answer_by), sends


def _send_not_understood(state: Initiator, given: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    assert isinstance(given, Unreadable)
    return state, (_send(state, given.peer, Act.NOT_UNDERSTOOD, given.reply_with, code=given.code),)


def _close(state: Initiator, _: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    return _with(state, *(replace(leg, standing=_S.SILENT) for leg in state.standing(_S.CALLED))), ()


def _ask(state: Initiator, _: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    bids = tuple(Bid(leg.peer, leg.bid) for leg in state.standing(_S.PROPOSED) if leg.bid is not None)
    return state, (AskAward(f"{state.conversation}/ask-award", bids),)


def _time(deadline: Callable[[Initiator], int]) -> Action[Initiator]:
    def act(state: Initiator, _: Input) -> tuple[Initiator, tuple[Effect, ...]]:
        at = deadline(state) + 1  # the first moment that is too late
        return state, (SetTimer(f"{state.conversation}/timer/{at}", at),)

    return act


def _finish(outcome: Outcome | None) -> Action[Initiator]:
    def act(state: Initiator, _: Input) -> tuple[Initiator, tuple[Effect, ...]]:
        end = outcome or _as_reported(state)
        unknown = any(leg.end is None for leg in state.awarded)
        return replace(state, outcome=end), (Finished(f"{state.conversation}/finished/{end}", end, unknown),)

    return act


ACTIONS: Mapping[str, Action[Initiator]] = {
    "send cfp": _send_calls,
    "note the bid": _note_bid,
    "note the refusal": _note(_S.REFUSED),
    "note the result": _note(_S.DONE),
    "note the failure": _note_failure,
    "note it is cancelled": _note(_S.CANCELLED),
    "note what holds": _note_held,
    "note it is not understood": _note(_S.NOT_UNDERSTOOD),
    "send accept-proposal": _send_awards,
    "send reject-proposal(late)": _reject_late,
    "send reject-proposal(not chosen)": _reject("not-chosen"),
    "send reject-proposal(declined)": _reject("declined"),
    "send reject-proposal(lapsed)": _reject("lapsed"),
    "send cancel": _send_cancels,
    "send not-understood": _send_not_understood,
    "close": _close,
    "ask for the award": _ask,
    "time the replies": _time(lambda state: state.reply_by),
    "time the choice": _time(_choice_end),
    "time the result": _time(lambda state: state.result_by),
    "time the cancel": _time(lambda state: state.cancel_by),
    "finish: refused": _finish(Outcome.REFUSED),
    "finish: expired": _finish(Outcome.EXPIRED),
    "finish: cancelled": _finish(Outcome.CANCELLED),
    "finish: as reported": _finish(None),
}


def _enter(state: Initiator, phase: Phase) -> Initiator:
    assert isinstance(phase, InitiatorPhase)
    return replace(state, phase=phase)


MACHINE: Machine[Initiator] = Machine(INITIATOR_ROWS, GUARDS, ACTIONS, _enter)
