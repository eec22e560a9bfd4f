"""What tests of refusals stand on: `refused` fails where a call is taken, or refused for another reason."""

from __future__ import annotations

import pytest

from tests.contracts.evm import Reverted
from tests.contracts.world import refused


def test_a_call_that_is_taken_was_not_refused() -> None:
    with pytest.raises(AssertionError, match="not refused"), refused("own bid"):
        pass


def test_a_call_that_is_refused_for_another_reason_does_not_count() -> None:
    with pytest.raises(AssertionError, match="for another reason: 'no amount'"), refused("own bid"):
        raise Reverted("no amount")


def test_a_call_that_is_refused_for_the_reason_given_counts() -> None:
    with refused("own bid"):
        raise Reverted("own bid")
