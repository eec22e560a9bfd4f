"""Lengths of time, typed and told."""

from __future__ import annotations

import pytest

from app.chain.spans import seconds_of, span_text


@pytest.mark.parametrize(
    ("typed", "seconds"), [("60", 60), ("90s", 90), ("90m", 5_400), ("2h", 7_200), (" 3D ", 259_200)]
)
def test_a_length_of_time_has_a_unit_or_is_in_seconds(typed: str, seconds: int) -> None:
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize("typed", ["", "h", "-1h", "1.5h", "2 h", "1w", "²h", "123456789", "1h\n2"])
def test_what_is_no_length_of_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        seconds_of(typed)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 seconds"), (60, "1 minute"), (5_400, "90 minutes"), (129_600, "36 hours"), (86_400, "1 day")],
)
def test_a_length_of_time_is_told_exactly_in_its_largest_unit(seconds: int, said: str) -> None:
    assert span_text(seconds, "en") == said
