"""What every test shares: a profile folder of its own, and which campaigns run."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from installer import display


def pytest_configure(config: pytest.Config) -> None:
    """Tests that run side by side have a screen each: a window is active only while no other one on its screen is."""
    if not hasattr(config, "workerinput") or os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return
    screens = ExitStack()
    screen = screens.enter_context(display.virtual())
    if "DISPLAY" in screen:
        os.environ.update(screen)
    config.add_cleanup(screens.close)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long campaigns run whole with `installer test --all` only; each has a bounded sibling that always runs."""
    if os.environ.get("NUEE_CAMPAIGN") == "all":
        return
    skip = pytest.mark.skip(reason="a long campaign; runs with: python3 -m installer test --all")
    for item in items:
        if "campaign" in item.keywords:
            item.add_marker(skip)


_DEPTH = sys.getrecursionlimit()


def pytest_collection_finish() -> None:
    """py-evm raises the limit when a test file imports it, and then nested input of other tests ends the process."""
    sys.setrecursionlimit(_DEPTH)


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the profile, passphrase or language of whoever runs it."""
    for name in ("NUEE_HOME", "NUEE_PASSPHRASE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NUEE_LANGUAGE", "en")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A profile folder that does not exist yet."""
    return tmp_path / "home"
