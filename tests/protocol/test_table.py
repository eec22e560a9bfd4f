"""The table row by row: every row is taken somewhere, and what no row allows changes nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from p2p import initiator, participant
from p2p.contractnet import Machine, Row, State, event_of
from p2p.contractnet_terms import (
    Act,
    Announce,
    Award,
    BadTerms,
    BrokenState,
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
    Terms,
    Tick,
    Unreadable,
    WorkBegun,
    WorkFailed,
)
from p2p.initiator_state import Initiator, announcement
from p2p.participant import Participant

S = TypeVar("S", bound=State)

TASK = announcement("c", b"task", ("a", "b"), (10, 20, 40))
LIMIT = 1000  # states that are looked at of each role


def _messages(now: int, peer: str) -> Iterable[Input]:
    yield Received(now, peer, Act.CFP, "", 10, b"call")
    yield Received(now, peer, Act.PROPOSE, Act.CFP, 30, b"bid")
    yield Received(now, peer, Act.REFUSE, Act.CFP)
    yield Received(now, peer, Act.ACCEPT, Act.PROPOSE, 40, b"award")
    yield Received(now, peer, Act.REJECT, Act.PROPOSE)
    yield Received(now, peer, Act.INFORM_RESULT, Act.ACCEPT, None, b"result")
    yield Received(now, peer, Act.INFORM_DONE, Act.CANCEL)
    yield Received(now, peer, Act.FAILURE, Act.ACCEPT, code="broken")
    yield Received(now, peer, Act.FAILURE, Act.CANCEL, code="done")
    yield Received(now, peer, Act.CANCEL)
    yield Received(now, peer, Act.NOT_UNDERSTOOD)
    yield Received(now, peer, Act.NOT_UNDERSTOOD, Act.CANCEL)
    yield Unreadable(now, peer)


def _own(now: int) -> Iterable[Input]:
    yield from (Tick(now), Restarted(now), Announce(now), Decline(now), CallOff(now, now + 1), WorkBegun(now))
    yield from (Award(now, ("a",)), Award(now, ("a", "b")), Award(now, ()), Award(now, ("mallory",)))
    yield from (Offer(now, Terms(b"bid", 30)), Offer(now, Terms(b"bid", 30), True), Offer(now, Terms(b"bid", 3)))
    yield from (Performed(now), Performed(now, b"result"), WorkFailed(now, "broken"))


INPUTS = [given for now in (5, 15, 25, 35, 45) for peer in ("a", "b") for given in (*_messages(now, peer), *_own(now))]


@dataclass(frozen=True)
class Noting(Machine[S]):
    """A machine that notes which rows were taken."""

    taken: set[Row] = field(default_factory=set)

    def _take(self, row: Row, state: S, given: Input) -> tuple[S, tuple[Effect, ...]]:
        self.taken.add(row)
        return super()._take(row, state, given)


class Explored(Generic[S]):
    """The states that can be reached from `first`, nearest first, up to LIMIT."""

    def __init__(self, machine: Machine[S], first: S) -> None:
        self.machine: Noting[S] = Noting(machine.rows, machine.guards, machine.actions, machine.enter)
        self.states: list[S] = [first]
        seen = {first}
        for state in self.states:  # grows meanwhile
            for given in INPUTS if len(seen) < LIMIT else ():
                after, _ = self.machine.step(state, given)
                if after not in seen:
                    seen.add(after)
                    self.states.append(after)


@pytest.fixture(scope="module")
def initiators() -> Explored[Initiator]:
    return Explored(initiator.MACHINE, TASK)


@pytest.fixture(scope="module")
def participants() -> Explored[Participant]:
    return Explored(participant.MACHINE, Participant("c", "a"))


def test_every_row_of_the_initiator_is_taken_somewhere(initiators: Explored[Initiator]) -> None:
    assert initiators.machine.taken == set(initiator.MACHINE.rows)


def test_every_row_of_the_participant_is_taken_somewhere(participants: Explored[Participant]) -> None:
    assert participants.machine.taken == set(participant.MACHINE.rows)


def _assert_nothing_unlisted(machine: Machine[S], states: list[S]) -> None:
    listed = {(phase, event) for row in machine.rows for phase in row.phases for event in row.events}
    for state, given in product(states[::7], INPUTS):
        if (state.phase, event_of(given)) not in listed:
            after, effects = machine.step(state, given)
            assert after == state
            assert all(isinstance(effect, Misbehaved | NotNow) for effect in effects)


def test_what_is_not_in_the_table_changes_nothing_at_the_initiator(initiators: Explored[Initiator]) -> None:
    _assert_nothing_unlisted(initiator.MACHINE, initiators.states)


def test_what_is_not_in_the_table_changes_nothing_at_a_participant(participants: Explored[Participant]) -> None:
    _assert_nothing_unlisted(participant.MACHINE, participants.states)


def test_a_message_given_twice_changes_the_state_once(
    initiators: Explored[Initiator], participants: Explored[Participant]
) -> None:
    messages = [given for given in INPUTS if isinstance(given, Received)]
    for state, given in product(initiators.states[::11], messages):
        once, _ = initiator.step(state, given)
        assert initiator.step(once, given)[0] == once
    for node, given in product(participants.states, messages):
        once_there, _ = participant.step(node, given)
        assert participant.step(once_there, given)[0] == once_there


def test_every_state_comes_back_from_its_map(
    initiators: Explored[Initiator], participants: Explored[Participant]
) -> None:
    assert all(Initiator.from_map(state.to_map()) == state for state in initiators.states)
    assert all(Participant.from_map(state.to_map()) == state for state in participants.states)


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"role": "judge"}, {"phase": "SLEEPING"}, {"surplus": 1}, {"conversation": 7}]
)
def test_a_state_of_another_kind_is_refused(change: dict[str, object]) -> None:
    for state in (TASK, Participant("c", "a")):
        with pytest.raises(BrokenState):
            type(state).from_map(state.to_map() | change)


@pytest.mark.parametrize(
    ("peers", "deadlines", "wanted"),
    [((), (1, 2, 3), 1), (("a", "a"), (1, 2, 3), 1), (("a",), (2, 1, 3), 1), (("a",), (1, 2, 3), 2)],
)
def test_a_call_that_cannot_end_well_is_refused(
    peers: tuple[str, ...], deadlines: tuple[int, int, int], wanted: int
) -> None:
    with pytest.raises(BadTerms):
        announcement("c", b"", peers, deadlines, wanted)


@pytest.mark.parametrize("name", ["contractnet", "contractnet_terms", "initiator", "initiator_state", "participant"])
def test_the_machines_import_nothing_but_plain_values(name: str) -> None:
    source = Path(sys.modules[f"p2p.{name}"].__file__ or "").read_text(encoding="utf-8")
    modules = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    plain = {"__future__", "collections.abc", "dataclasses", "enum", "typing"}
    assert {module for module in modules if module and not module.startswith("p2p.")} <= plain
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)]
