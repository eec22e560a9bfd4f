"""Windows in tests live under the same rule as in the program: garbage is collected on the Qt thread only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.collector import Collector


@pytest.fixture(autouse=True)
def _collector(qapp: QApplication) -> Iterator[None]:
    collector = Collector()
    yield
    collector.stop()
    collector.deleteLater()
