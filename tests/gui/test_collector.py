"""Garbage goes on the Qt thread, and what is known to stay does not hold the event loop again and again."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app import collector
from app.collector import Collector


class Knot:
    """Garbage that only the collector takes."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(name="collecting")
def collecting_fixture(qapp: QApplication) -> Iterator[Collector]:
    made = Collector(qapp)
    made._timer.stop()
    yield made
    made.stop()


def test_garbage_is_collected(collecting: Collector) -> None:
    knot = weakref.ref(Knot())
    collecting._collect(2)
    assert knot() is None


def test_what_survived_a_long_collection_is_not_looked_at_again(
    collecting: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "LONG", -1.0)
    survivor = Knot()
    before = gc.get_freeze_count()
    collecting._collect(2)
    assert gc.get_freeze_count() > before
    assert all(one is not survivor for one in gc.get_objects())


def test_what_became_garbage_since_is_taken_when_nobody_sees_the_window(
    collecting: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    knot = Knot()
    gone = weakref.ref(knot)
    gc.freeze()
    del knot
    monkeypatch.setattr(collector, "THAWED", -1.0)
    monkeypatch.setattr(collector, "_is_looked_at", lambda: True)
    collecting._collect(2)
    assert gone() is not None
    monkeypatch.setattr(collector, "_is_looked_at", lambda: False)
    collecting._collect(2)
    assert gone() is None


def test_in_the_end_python_collects_everything_again(qapp: QApplication) -> None:
    made = Collector(qapp)
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    gc.disable()  # as the collector of all tests has it
