"""When a line counts as dead.  Time is counted here, not waited for."""

from __future__ import annotations

from p2p.host_limits import Limits
from p2p.host_silence import ASK_AFTER, HURRIED, LONGEST, Silence, Verdict

TURN = 0.5
INTERVAL, PATIENCE = Limits.health_interval, Limits.health_timeout


def line() -> Silence:
    """One that has answered its first question."""
    made = Silence(INTERVAL, PATIENCE)
    made.heard()
    return made


def until_dead(silence: Silence, most: float = 100) -> float:
    """Seconds."""
    spent = 0.0
    while spent < most:
        spent += TURN
        if silence.turn(TURN) is Verdict.DEAD:
            return spent
    return spent


def test_a_line_on_which_something_is_asked_is_given_up_after_5_seconds() -> None:
    silence = line()
    silence.said()
    assert until_dead(silence) == ASK_AFTER + PATIENCE == 5


def test_an_idle_line_is_given_up_after_9_seconds() -> None:
    assert until_dead(line()) == INTERVAL + PATIENCE == 9


def test_a_suspected_line_is_given_up_after_2_seconds() -> None:
    silence = line()
    assert silence.suspect()
    assert until_dead(silence) == HURRIED == 2


def test_a_line_that_never_answers_its_first_question_is_given_up() -> None:
    assert until_dead(Silence(INTERVAL, PATIENCE)) == PATIENCE


def test_a_peer_that_stands_still_for_three_seconds_is_not_given_up() -> None:
    silence = line()
    for _ in range(100):
        silence.said()
        assert all(silence.turn(TURN) is not Verdict.DEAD for _ in range(6))
        silence.heard()


def test_a_line_that_is_heard_is_not_asked() -> None:
    silence = line()
    for _ in range(100):
        assert silence.turn(TURN) is Verdict.FINE
        silence.heard()


def test_an_idle_line_is_asked_once() -> None:
    silence = line()
    verdicts = [silence.turn(TURN) for _ in range(17)]
    assert verdicts.count(Verdict.ASK) == 1
    assert Verdict.DEAD not in verdicts


def test_a_slow_line_whose_kernel_acknowledges_is_not_given_up() -> None:
    silence = line()
    silence.said()
    for _ in range(40):
        assert silence.turn(TURN) is not Verdict.DEAD
        silence.sign()


def test_a_program_that_never_answers_is_given_up_whatever_its_kernel_says() -> None:
    silence = line()
    silence.said()
    spent = 0.0
    while silence.turn(TURN) is not Verdict.DEAD:
        silence.sign()
        spent += TURN
        assert spent < 2 * LONGEST


def test_a_frozen_program_whose_kernel_took_the_question_is_given_up() -> None:
    silence = line()
    silence.said()
    while silence.turn(TURN) is not Verdict.ASK:
        pass
    silence.sign()  # the question arrived
    assert until_dead(silence) == PATIENCE


def test_a_line_in_doubt_is_of_no_use_until_it_is_heard() -> None:
    silence = line()
    silence.suspect()
    for _ in range(2):
        silence.turn(TURN)
    assert silence.doubtful
    silence.heard()
    assert not silence.doubtful


def test_a_line_is_not_in_doubt_the_moment_it_is_asked() -> None:
    silence = line()
    silence.suspect()
    assert not silence.doubtful
