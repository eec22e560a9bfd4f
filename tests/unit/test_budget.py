"""Which turns stay when a conversation outgrows the context.  Sizes are characters here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget import TooLong, fit
from agent.llm import Turn

SYSTEM = Turn("system", "s" * 10)


def size(turns: Sequence[Turn]) -> int:
    return sum(len(turn.content) for turn in turns)


def conversation(exchanges: int, length: int = 20) -> list[Turn]:
    turns = [SYSTEM]
    for number in range(exchanges):
        turns += [Turn("user", str(number).ljust(length, "u")), Turn("assistant", "a" * length)]
    return [*turns, Turn("user", "?" * length)]


def test_a_conversation_that_fits_is_left_alone() -> None:
    turns = conversation(3)

    assert fit(turns, size(turns), size).turns == tuple(turns)


def test_the_oldest_exchanges_go_first_and_whole() -> None:
    turns = conversation(5)

    fitted = fit(turns, size(turns) - 1, size)

    assert fitted.turns[0] == SYSTEM
    assert fitted.turns[1].role == "user"
    assert fitted.turns == (SYSTEM, *turns[1 + fitted.dropped :])


def test_the_same_turns_stay_away_while_the_conversation_grows() -> None:
    """Else the prompt's beginning changes with every question, and nothing of the cache can be reused."""
    firsts = [fit(conversation(exchanges), 1000, size).turns[1] for exchanges in range(30, 60)]

    changes = sum(before != after for before, after in itertools.pairwise(firsts))
    assert 1 < changes <= 30 * 40 // 250 + 1


def test_more_than_a_step_is_not_freed_where_little_is_missing() -> None:
    turns = conversation(50)

    assert size(fit(turns, size(turns) - 1, size).turns) > size(turns) * 0.7


def test_a_last_turn_that_does_not_fit_is_too_long() -> None:
    with pytest.raises(TooLong) as error:
        fit(conversation(2), 25, size)

    assert error.value.code == "too-long"
    assert (error.value.size, error.value.limit) == (30, 25)


def test_a_large_exchange_in_the_middle_may_take_all_before_it_along() -> None:
    turns = [SYSTEM, *conversation(3)[1:-1], Turn("user", "x" * 500), Turn("assistant", "y"), Turn("user", "?")]

    assert fit(turns, 100, size).turns == (SYSTEM, turns[-1])


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.integers(0, 60)), min_size=1), st.integers(1, 400))
def test_what_is_kept_always_fits_and_always_holds_the_last_turn(shape: list[tuple[str, int]], limit: int) -> None:
    turns = [Turn("user" if role == "user" else "assistant", "x" * length) for role, length in shape]
    try:
        fitted = fit(turns, limit, size)
    except TooLong:
        assert size(turns[-1:]) > limit
    else:
        assert size(fitted.turns) <= limit
        assert fitted.turns == tuple(turns[fitted.dropped :])
        assert fitted.turns[-1] is turns[-1]
