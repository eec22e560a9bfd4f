"""What the protocol promises, one claim at a time."""

from __future__ import annotations

from p2p import initiator, participant
from p2p.contractnet import InitiatorPhase, ParticipantPhase
from p2p.contractnet_terms import (
    Act,
    Announce,
    Award,
    CallOff,
    Effect,
    Finished,
    Input,
    Misbehaved,
    NotNow,
    Offer,
    Outcome,
    Performed,
    Received,
    Restarted,
    Send,
    StartWork,
    StopWork,
    Terms,
    Tick,
    WorkBegun,
)
from p2p.initiator_state import Initiator, announcement
from p2p.participant import Participant

PEERS = ("a", "b")


def called(*inputs: Input) -> tuple[Initiator, tuple[Effect, ...]]:
    """A call to a and b (bids by 10, choice by 20, result by 40), then these inputs; the effects of the last."""
    state, effects = initiator.step(announcement("c", b"task", PEERS, (10, 20, 40)), Announce(0))
    for given in inputs:
        state, effects = initiator.step(state, given)
    return state, effects


def asked(*inputs: Input) -> tuple[Participant, tuple[Effect, ...]]:
    state = Participant("c", "me")
    effects: tuple[Effect, ...] = ()
    for given in inputs:
        state, effects = participant.step(state, given)
    return state, effects


def bid(peer: str, now: int = 1, until: int = 30) -> Received:
    return Received(now, peer, Act.PROPOSE, Act.CFP, until, b"bid")


def result(now: int, body: bytes = b"result") -> Received:
    return Received(now, "a", Act.INFORM_RESULT, Act.ACCEPT, body=body)


def sent(effects: tuple[Effect, ...]) -> list[tuple[str, Act, str]]:
    return [(effect.to, effect.act, effect.code) for effect in effects if isinstance(effect, Send)]


AWARDED = (bid("a"), bid("b"), Award(5, ("a",)))
CALL = Received(1, "me", Act.CFP, "", 10, b"call")
OFFER = Offer(2, Terms(b"bid", 15))
ACCEPTED = Received(3, "me", Act.ACCEPT, Act.PROPOSE, 40, b"award")
CANCEL = Received(5, "me", Act.CANCEL, "", 9)


def test_one_bid_is_accepted_and_the_rest_rejected() -> None:
    state, effects = called(*AWARDED)
    assert sent(effects) == [("a", Act.ACCEPT, ""), ("b", Act.REJECT, "not-chosen")]
    assert state.phase is InitiatorPhase.AWAIT_RESULT


def test_a_late_proposal_is_rejected_as_late() -> None:
    _, effects = called(bid("a"), Tick(11), bid("b", now=12))
    assert sent(effects) == [("b", Act.REJECT, "late")]


def test_a_result_ends_the_task_as_done() -> None:
    _, effects = called(*AWARDED, result(6))
    assert effects == (Finished("c/finished/done", Outcome.DONE),)


def test_a_task_without_bids_is_refused() -> None:
    _, effects = called(Received(1, "a", Act.REFUSE, Act.CFP), Tick(11))
    assert effects == (Finished("c/finished/refused", Outcome.REFUSED),)


def test_without_a_result_the_task_expires_and_may_have_been_done() -> None:
    _, effects = called(*AWARDED, Tick(41))
    assert effects == (Finished("c/finished/expired", Outcome.EXPIRED, may_have_been_done=True),)


def test_a_result_after_the_deadline_still_makes_it_done() -> None:
    state, effects = called(*AWARDED, Tick(41), result(50))
    assert effects == (Finished("c/finished/done", Outcome.DONE),)
    assert state.leg("a").body == b"result"


def test_a_confirmed_cancel_ends_as_cancelled() -> None:
    state, _ = called(*AWARDED, CallOff(6, 9), Received(7, "a", Act.INFORM_DONE, Act.CANCEL))
    assert (state.phase, state.outcome) == (InitiatorPhase.CANCELLED, Outcome.CANCELLED)


def test_a_cancel_that_crosses_the_result_says_that_it_was_done() -> None:
    state, _ = called(*AWARDED, CallOff(6, 9), result(7), Received(8, "a", Act.FAILURE, Act.CANCEL, code="done"))
    assert (state.phase, state.outcome) == (InitiatorPhase.CANCEL_FAILED, Outcome.DONE)


def test_the_result_of_a_peer_that_was_not_chosen_is_misbehaviour() -> None:
    state, _ = called(*AWARDED)
    forged = Received(6, "b", Act.INFORM_RESULT, Act.ACCEPT, body=b"result")
    assert initiator.step(state, forged) == (
        state,
        (Misbehaved("c/b/misbehaved/unexpected-inform-result", "b", "unexpected-inform-result"),),
    )


def test_a_message_without_the_deadline_it_needs_is_misbehaviour() -> None:
    _, effects = called(Received(1, "a", Act.PROPOSE, Act.CFP, None, b"bid"))
    assert effects == (Misbehaved("c/a/misbehaved/no-deadline", "a", "no-deadline"),)


def test_an_award_that_is_too_late_is_told_to_whoever_chose() -> None:
    _, effects = called(*AWARDED, Award(6, ("b",)))
    assert effects == (NotNow("c/not-now/award", "award"),)


def test_an_acceptance_after_the_offer_lapsed_fails_as_late_and_starts_nothing() -> None:
    late = Received(16, "me", Act.ACCEPT, Act.PROPOSE, 40, b"award")
    state, effects = asked(CALL, OFFER, late)
    assert sent(effects) == [("me", Act.FAILURE, "late")]
    assert state.phase is ParticipantPhase.FAILED
    assert not [effect for effect in effects if isinstance(effect, StartWork)]


def test_a_cancel_stops_the_work_and_is_confirmed() -> None:
    state, effects = asked(CALL, OFFER, ACCEPTED, WorkBegun(4), CANCEL)
    assert effects[0] == StopWork("c/stop-work")
    assert sent(effects) == [("me", Act.INFORM_DONE, "")]
    assert state.phase is ParticipantPhase.CANCELLED


def test_a_cancel_after_the_work_is_done_fails_and_says_what_holds() -> None:
    _, effects = asked(CALL, OFFER, ACCEPTED, WorkBegun(4), Performed(4, b"result"), CANCEL)
    assert sent(effects) == [("me", Act.FAILURE, "done")]


def test_work_that_a_crash_interrupted_does_not_begin_again() -> None:
    _, effects = asked(CALL, OFFER, ACCEPTED, WorkBegun(4), Restarted(5))
    assert sent(effects) == [("me", Act.FAILURE, "interrupted")]


def test_work_that_had_not_begun_before_the_crash_begins_after_it() -> None:
    _, effects = asked(CALL, OFFER, ACCEPTED, Restarted(5))
    assert [effect.id for effect in effects if isinstance(effect, StartWork)] == ["c/work"]
