"""A transaction takes effect once, whatever the chain and the machine do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2p.sending import Attempt, Place, Raise, Rules, Seen, Send, Sending, next_nonce, step, with_attempt

RULES = Rules(confirmations=3, repeat=15, stuck=60, most_fee=200)
FIRST = Attempt("0xa", b"raw a", 100, 10)
NEW = Sending(5, (FIRST,))
SENT = replace(NEW, state="sent", attempts=(replace(FIRST, sent=0.0),), tried=0.0)
PLACE = Place("0xa", 10, "0xb10", ok=True)


def seen(
    now: float = 0, head: int = 10, taken: int = 5, place: Place | None = None, settled: int | None = None
) -> Seen:
    return Seen(now, head, taken, place, taken if settled is None else settled)


def test_what_was_signed_is_sent() -> None:
    after, effects = step(NEW, seen(), RULES)
    assert (after.state, effects) == ("sent", (Send(b"raw a"),))


def test_what_waits_is_repeated() -> None:
    assert step(SENT, seen(now=15), RULES)[1] == (Send(b"raw a"),)


def test_it_is_not_repeated_all_the_time() -> None:
    assert step(SENT, seen(now=14), RULES)[1] == ()


def test_what_stands_in_a_block_is_not_final_at_once() -> None:
    assert step(SENT, seen(head=11, place=PLACE), RULES)[0].state == "mined"


def test_it_is_final_with_enough_blocks() -> None:
    assert step(SENT, seen(head=12, place=PLACE), RULES)[0].state == "final"


def test_what_was_reverted_is_known_as_such() -> None:
    assert step(SENT, seen(head=12, place=replace(PLACE, ok=False)), RULES)[0].state == "reverted"


def test_what_a_reorganisation_took_away_is_sent_again() -> None:
    mined = step(SENT, seen(head=11, place=PLACE), RULES)[0]
    after, effects = step(mined, seen(now=1, head=11), RULES)
    assert (after.state, after.place, effects) == ("sent", None, (Send(b"raw a"),))


def test_it_may_come_back_in_another_block() -> None:
    mined = step(SENT, seen(head=11, place=PLACE), RULES)[0]
    other = replace(PLACE, block=11, block_hash="0xother")
    assert step(mined, seen(head=13, place=other), RULES)[0].place == other


def test_what_is_stuck_offers_a_higher_fee() -> None:
    assert step(SENT, seen(now=60), RULES)[1] == (Raise(113, 12),)


def test_the_higher_one_is_sent() -> None:
    raised = with_attempt(SENT, Attempt("0xb", b"raw b", 113, 12))
    assert step(raised, seen(now=61), RULES)[1] == (Send(b"raw b"),)


def test_no_more_is_offered_than_the_person_allows() -> None:
    assert step(SENT, seen(now=60), replace(RULES, most_fee=112))[1] == (Send(b"raw a"),)


def test_the_older_attempt_may_be_the_one_that_is_taken() -> None:
    raised = with_attempt(SENT, Attempt("0xb", b"raw b", 113, 12))
    assert step(raised, seen(now=61, head=12, place=PLACE), RULES)[0].state == "final"


def test_a_nonce_that_somebody_else_used_ends_it_when_that_is_certain() -> None:
    lost = step(SENT, seen(head=20, taken=6), RULES)[0]
    assert lost.state == "sent"
    assert step(lost, seen(head=23, taken=6), RULES)[0].state == "displaced"


def test_a_nonce_that_was_lost_and_free_and_lost_again_counts_from_the_last_time() -> None:
    """Between the two looks a reorganisation took the other transaction away, and a later block took it again."""
    lost = step(SENT, seen(head=20, taken=6), RULES)[0]
    assert step(lost, seen(head=23, taken=6, settled=5), RULES)[0].state == "sent"
    assert step(lost, seen(head=25, taken=6, settled=6), RULES)[0].state == "displaced"


def test_an_endpoint_that_counts_before_it_finds_displaces_nothing() -> None:
    lost = step(SENT, seen(head=20, taken=6), RULES)[0]
    assert step(lost, seen(head=23, taken=6, place=replace(PLACE, block=20)), RULES)[0].state == "final"


def test_an_endpoint_that_counted_too_far_is_forgotten() -> None:
    lost = step(SENT, seen(head=20, taken=6), RULES)[0]
    back = step(lost, seen(head=21, taken=5), RULES)[0]
    assert step(back, seen(head=23, taken=6), RULES)[0].state == "sent"


@pytest.mark.parametrize("state", ["final", "reverted", "displaced"])
def test_what_has_ended_stays_as_it_is(state: str) -> None:
    ended = replace(SENT, state=state)  # type: ignore[arg-type]
    assert step(ended, seen(now=1000, head=99, taken=9, place=PLACE), RULES) == (ended, ())


@pytest.mark.parametrize(
    ("taken", "ours", "found"), [(5, [], 5), (5, [5, 6], 7), (5, [6], 5), (0, [0, 1, 3], 2), (7, [5, 6], 7)]
)
def test_the_next_nonce_fills_a_gap_first(taken: int, ours: list[int], found: int) -> None:
    assert next_nonce(taken, ours) == found


@dataclass
class World:
    """A chain that takes, drops and forgets transactions of one nonce."""

    head: int = 10
    pool: set[str] = field(default_factory=set)
    place: Place | None = None
    stranger: int | None = None  # the block in which another transaction took the nonce

    def shows(self, now: float) -> Seen:
        block = self.place.block if self.place is not None else self.stranger
        settled = block is not None and self.head - block + 1 >= RULES.confirmations
        return Seen(now, self.head, 5 if block is None else 6, self.place, 6 if settled else 5)


ACTIONS = st.lists(
    st.sampled_from(["step", "step", "mine", "blocks", "reorg", "drop", "wait", "crash", "stranger"]), max_size=60
)


@settings(max_examples=300)
@given(ACTIONS, st.randoms(use_true_random=False))
def test_it_takes_effect_once_or_not_at_all(actions: list[str], random: object) -> None:
    """Reorganisations are no deeper than the confirmations: that is what confirmations are for."""
    world, sending, now = World(), NEW, 0.0
    names = {FIRST.raw: FIRST.name}
    for action in [*actions, *["step", "mine", "blocks", "step"] * 12]:
        now += 7
        match action:
            case "step" | "crash":
                stored = sending
                sending, effects = step(sending, world.shows(now), RULES)
                for effect in effects:
                    if isinstance(effect, Raise):
                        attempt = Attempt(f"0x{now}", f"raw {now}".encode(), effect.max_fee, effect.priority_fee)
                        names[attempt.raw] = attempt.name
                        sending = with_attempt(sending, attempt)
                    elif world.place is None and world.stranger is None:
                        world.pool.add(names[effect.raw])
                if action == "crash" and len(stored.attempts) == len(sending.attempts):
                    sending = stored  # the answer was not kept; a signature always is, before it is sent
            case "mine" if world.pool and world.place is None and world.stranger is None:
                world.head += 1
                world.place = Place(sorted(world.pool)[0], world.head, f"0x{now}", ok=True)
                world.pool.clear()
            case "stranger" if world.place is None and world.stranger is None:
                world.head += 1
                world.stranger = world.head
                world.pool.clear()
            case "blocks":
                world.head += 1
            case "reorg" if world.place is not None and world.head - world.place.block < RULES.confirmations - 1:
                world.place = None
                world.pool.clear()
            case "drop":
                world.pool.clear()
            case "wait":
                now += 30
    assert sending.ended
    assert (sending.state == "final") == (world.place is not None)
    assert sending.place == world.place
