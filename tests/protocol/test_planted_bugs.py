"""Twenty bugs, planted one at a time into the table or into what its words mean: the state machine catches each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest

from p2p import initiator, participant
from p2p.contractnet import InitiatorPhase, Machine, ParticipantPhase, Phase, Row, Standing
from p2p.contractnet_terms import Award, Input, Received
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from tests.protocol.driver import walk

_I, _P = InitiatorPhase, ParticipantPhase
SEEDS = range(1500)  # of walks; a bug ends them at the first failure, most within a few dozen

S = TypeVar("S", Initiator, Participant)


def with_row(
    machine: Machine[S], phase: Phase, event: str, *, guard: str | None = None, change: Callable[[Row], Row | None]
) -> Machine[S]:
    """The machine with the rows of this phase and event changed, or taken out where `change` gives None."""
    rows: list[Row] = []
    met = 0
    for row in machine.rows:
        meant = phase in row.phases and event in row.events and guard in (None, row.guard)
        met += meant
        changed = change(row) if meant else row
        rows += [] if changed is None else [changed]
    assert met, "a bug is planted into a row that exists"
    return replace(machine, rows=tuple(rows))


def without(machine: Machine[S], phase: Phase, event: str, guard: str | None = None) -> Machine[S]:
    """No such transition from this phase."""

    def elsewhere(row: Row) -> Row | None:
        phases = tuple(other for other in row.phases if other is not phase)
        return replace(row, phases=phases) if phases else None

    return with_row(machine, phase, event, guard=guard, change=elsewhere)


def doing(machine: Machine[S], phase: Phase, event: str, *does: str, **to: Phase | None) -> Machine[S]:
    return with_row(machine, phase, event, change=lambda row: replace(row, does=does, **to))  # type: ignore[arg-type]


def guarded(machine: Machine[S], guard: str, means: Callable[[S, Input], bool]) -> Machine[S]:
    assert guard in machine.guards
    return replace(machine, guards={**machine.guards, guard: means})


def acting(machine: Machine[S], action: str, as_if: str) -> Machine[S]:
    assert action in machine.actions
    return replace(machine, actions={**machine.actions, action: machine.actions[as_if]})


def also(machine: Machine[S], row: Row) -> Machine[S]:
    return replace(machine, rows=(row, *machine.rows))


def _awards(state: Initiator, given: Input, *, wanted: bool) -> bool:
    assert isinstance(given, Award)
    proposed = {leg.peer for leg in state.standing(Standing.PROPOSED)}
    return bool(given.peers) and proposed.issuperset(given.peers) and (not wanted or len(given.peers) <= state.wanted)


def _bid_replaced(state: Initiator, given: Input) -> bool:
    assert isinstance(given, Received)
    return state.leg(given.peer).standing in {Standing.CALLED, Standing.PROPOSED}


_START, _ADD = initiator.MACHINE, participant.MACHINE

INITIATOR_BUGS: dict[str, Machine[Initiator]] = {
    "more are awarded than wanted": guarded(
        _START, "these bids bind, and no more than wanted", lambda state, given: _awards(state, given, wanted=False)
    ),
    "a lapsed bid is awarded": guarded(
        _START, "these bids bind, and no more than wanted", lambda state, given: _awards(state, given, wanted=True)
    ),
    "a late bid is taken": acting(_START, "send reject-proposal(late)", "note the bid"),
    "a bid is replaced": guarded(_START, "called, and it binds", _bid_replaced),
    "a loser's result counts": guarded(_START, "awarded, unreported", lambda *_: True),
    "the losers are not told": doing(
        _START, _I.COLLECTING, "award", "close", "send accept-proposal", "time the result"
    ),
    "a late result is forgotten": without(_START, _I.ENDED, "inform-result"),
    "the timer of the result dies in a crash": without(_START, _I.AWAIT_RESULT, "restarted"),
    "the choice never ends": without(_START, _I.EVALUATING, "tick"),
    "a cancel is not sent": doing(_START, _I.AWAIT_RESULT, "call off", "time the cancel"),
    "cancelled before anybody said so": doing(
        _START, _I.AWAIT_RESULT, "call off", "send cancel", "finish: cancelled", goes=_I.CANCELLED
    ),
    "a cancel that failed counts as done": acting(_START, "note what holds", "note it is cancelled"),
}
PARTICIPANT_BUGS: dict[str, Machine[Participant]] = {
    "a late acceptance is taken": guarded(_ADD, "in time", lambda *_: True),
    "accepted twice, begun twice": also(
        _ADD, Row((_P.PERFORMING,), ("accept-proposal",), "always", None, ("forget the beginning", "start the work"))
    ),
    "an offer binds for ever": without(_ADD, _P.BOUND, "tick"),
    "a cancel is ignored": doing(_ADD, _P.PERFORMING, "cancel", goes=None),
    "a cancel does not stop the work": doing(_ADD, _P.PERFORMING, "cancel", "send inform-done to cancel"),
    "interrupted work begins again": guarded(_ADD, "not begun, or repeatable", lambda *_: True),
    "done is told as cancelled": acting(_ADD, "send failure to cancel", "send inform-done to cancel"),
    "a cancel that overtook the call is forgotten": without(_ADD, _P.IDLE, "cancel"),
}


@dataclass(frozen=True)
class Planted:
    name: str
    initiator: Machine[Initiator] = initiator.MACHINE
    participant: Machine[Participant] = participant.MACHINE


BUGS = [Planted(name, initiator=bug) for name, bug in INITIATOR_BUGS.items()]
BUGS += [Planted(name, participant=bug) for name, bug in PARTICIPANT_BUGS.items()]


def test_there_are_twenty_bugs() -> None:
    assert len(BUGS) == 20


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted) -> None:
    with pytest.raises(AssertionError):
        walk(SEEDS, initiator_machine=bug.initiator, participant_machine=bug.participant)


def test_the_machines_as_they_are_pass_the_same_walks() -> None:
    assert walk(range(300)) == 300
