"""Both machines over a channel that loses, repeats and reorders, with crashes: what may happen, hypothesis chooses."""

from __future__ import annotations

import pytest

from tests.protocol.driver import drive, walk


def test_both_ends_agree_on_how_every_conversation_ended() -> None:
    assert drive(examples=150) >= 150


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_both_ends_agree_in_a_long_campaign() -> None:
    assert drive(examples=10_000, steps=60) >= 10_000


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_both_ends_agree_in_a_hundred_thousand_walks() -> None:
    assert walk(range(100_000), steps=60) == 100_000
