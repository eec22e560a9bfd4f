"""Chooses what happens in a world: the hypothesis state machine that the tests and the planted bugs share."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from p2p import initiator, participant
from p2p.contractnet import INITIATOR_FINAL, InitiatorPhase, Machine, ParticipantPhase, Standing
from p2p.contractnet_terms import CallOff, Decline, Offer, Performed, Terms, WorkFailed
from p2p.initiator_state import Initiator
from p2p.participant import Participant
from tests.protocol.transcripts import said_once
from tests.protocol.world import ME, World, must

_NUMBER = st.integers(0, 11)  # picks one of what there is


class Negotiation(RuleBasedStateMachine):
    """Any steps in any order; at the end it settles."""

    initiator_machine: Machine[Initiator] = initiator.MACHINE
    participant_machine: Machine[Participant] = participant.MACHINE

    @initialize(
        peers=st.integers(1, 3),
        wanted=st.integers(1, 2),
        smooth=st.integers(0, 5),
        repeatable=st.booleans(),
        ending=st.sampled_from(("cut off", "idle", "lively")),
    )
    def announce(self, peers: int, wanted: int, smooth: int, repeatable: bool, ending: str) -> None:
        """`smooth`: so many rounds pass as they should before anything happens to them."""
        self.world = World(self.initiator_machine, self.participant_machine, peers, wanted)
        self.ending = ending
        self.world.run(self.world.initiator)
        for _ in range(smooth):
            self.world.go_on(repeatable)

    @invariant()
    def nobody_says_an_act_twice_in_answer_to_the_same(self) -> None:
        must(all(said_once(node.sent.values()) for node in self.world.nodes()), "each act once: receipts rest on it")

    @precondition(lambda self: self.world.on_the_way(again=True))
    @rule(pick=_NUMBER, acknowledged=st.booleans(), again=st.booleans(), eager=st.booleans())
    def deliver(self, pick: int, acknowledged: bool, again: bool, eager: bool) -> None:
        messages = self.world.on_the_way(again and pick > 7)
        if messages:
            sender, send = messages[pick % len(messages)]
            self.world.deliver(sender, send, acknowledged)
            if eager:
                self._run(send.to)

    @precondition(lambda self: self.world.on_the_way())
    @rule(pick=_NUMBER)
    def deliver_all_calls_or_answers(self, pick: int) -> None:
        for sender, send in self.world.on_the_way():
            if (sender == ME) == (pick % 2 == 0):
                self.world.deliver(sender, send)
        for node in self.world.nodes():
            self.world.run(node)

    @precondition(lambda self: self.world.on_the_way())
    @rule(pick=_NUMBER, rare=_NUMBER)
    def deliver_unreadable(self, pick: int, rare: int) -> None:
        messages = [(by, send) for by, send in self.world.on_the_way() if (by, send.id) not in self.world.heard]
        if messages and rare < 4:
            sender, send = messages[pick % len(messages)]
            self.world.deliver(sender, send, readable=False)

    @rule(pick=_NUMBER)
    def run_effects(self, pick: int) -> None:
        nodes = list(self.world.nodes())
        self.world.run(nodes[pick % len(nodes)])

    @rule(pick=_NUMBER, replay=st.booleans())
    def restart(self, pick: int, replay: bool) -> None:
        nodes = list(self.world.nodes())
        self.world.restart(nodes[pick % len(nodes)], replay)

    @precondition(lambda self: self.world.asked())
    @rule(pick=_NUMBER, until=st.integers(-1, 25), repeatable=st.booleans(), declines=_NUMBER)
    def decide_to_bid(self, pick: int, until: int, repeatable: bool, declines: int) -> None:
        asked = self.world.asked()
        node = asked[pick % len(asked)]
        now = self.world.now
        bids = Offer(now, Terms(b"price", now + until), repeatable)
        node.feed(Decline(now) if declines == 0 else bids)
        self.world.run(node)

    @precondition(lambda self: self.world.initiator.state.standing(Standing.PROPOSED))
    @rule(pick=_NUMBER, several=st.booleans())
    def award(self, pick: int, several: bool) -> None:
        names = tuple(leg.peer for leg in self.world.initiator.state.standing(Standing.PROPOSED))
        self.world.award(names if several else (names[pick % len(names)],))

    @precondition(lambda self: self.world.initiator.state.phase is InitiatorPhase.EVALUATING)
    @rule(rare=_NUMBER)
    def decline_all(self, rare: int) -> None:
        if rare < 2 and self.world.initiator.feed(Decline(self.world.now)):
            self.world.called_off = True
        self.world.check()

    @precondition(lambda self: self.world.initiator.state.phase not in INITIATOR_FINAL)
    @rule(patience=st.integers(0, 12), rare=_NUMBER)
    def call_off(self, patience: int, rare: int) -> None:
        now = self.world.now
        if rare < 6 and self.world.initiator.feed(CallOff(now, now + patience)):
            self.world.called_off = True
        self.world.check()

    @precondition(lambda self: self.world.working())
    @rule(pick=_NUMBER, result=st.booleans(), fails=_NUMBER, eager=st.booleans())
    def work_ends(self, pick: int, result: bool, fails: int, eager: bool) -> None:
        working = self.world.working()
        node = working[pick % len(working)]
        now = self.world.now
        node.running = node.state.phase is not ParticipantPhase.PERFORMING  # its shell may still have to stop it
        node.feed(WorkFailed(now, "broken") if fails < 3 else Performed(now, b"result" if result else b""))
        if eager:
            self.world.run(node)

    @rule(by=st.sampled_from((0, 1, 1, 2, 5, 11)), rings=st.booleans())
    def time_passes(self, by: int, rings: bool) -> None:
        self.world.now += by
        for node in self.world.nodes():
            if rings:
                self.world.tick(node)

    @rule()
    def a_dishonest_peer_tries(self) -> None:
        self.world.probe()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.probe()
            for _ in range(6 if self.ending == "lively" else 0):
                self.world.go_on(repeatable=False)
            self.world.settle(cut_off=self.ending == "cut off")
            self.world.probe()

    def _run(self, name: str) -> None:
        self.world.run(self.world.initiator if name == ME else self.world.participants[name])


def drive(examples: int, steps: int = 40) -> int:
    """Let hypothesis choose, with a fixed seed; how many conversations were settled.

    Errors: AssertionError of the world, with the shortest steps that led to it.
    """
    settled = 0

    class Counted(Negotiation):
        def teardown(self) -> None:
            nonlocal settled
            super().teardown()
            settled += hasattr(self, "world")

    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Counted, settings=chosen)
    return settled


def walk(
    seeds: range,
    steps: int = 25,
    initiator_machine: Machine[Initiator] = initiator.MACHINE,
    participant_machine: Machine[Participant] = participant.MACHINE,
) -> int:
    """The same rules, chosen by chance from each of these seeds: ten times as fast; how many were settled.

    Errors: AssertionError of the world.
    """
    settled = 0
    for seed in seeds:
        chance = random.Random(seed)
        machine = Negotiation()
        machine.initiator_machine, machine.participant_machine = initiator_machine, participant_machine
        machine.announce(**{name: chance.choice(values) for name, values in _BEGINNINGS.items()})
        for _ in range(chance.randrange(steps)):
            _step(machine, chance)
        machine.teardown()
        settled += 1
    return settled


def _step(machine: Negotiation, chance: random.Random) -> None:
    enabled = [rule for rule in machine.rules if all(allowed(machine) for allowed in rule.preconditions)]
    chosen = chance.choice(enabled)
    chosen.function(machine, **{name: chance.choice(_VALUES.get(name, range(12))) for name in chosen.arguments})


_BEGINNINGS: Mapping[str, Sequence[Any]] = {
    "peers": (1, 2, 3),
    "wanted": (1, 2),
    "smooth": range(6),
    "repeatable": (False, True),
    "ending": ("cut off", "idle", "lively"),
}
_VALUES: Mapping[str, Sequence[Any]] = {  # of the arguments of the rules; the others pick one of what there is
    "until": range(-1, 26),
    "by": (0, 1, 1, 2, 5, 11),
    **dict.fromkeys(
        ("acknowledged", "again", "eager", "replay", "repeatable", "several", "result", "rings"), (False, True)
    ),
}
