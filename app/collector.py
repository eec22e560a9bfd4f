"""Garbage is collected on the Qt thread only.

CPython runs its cyclic collector on whichever thread happens to allocate.  When that is the trio thread and the garbage
holds a widget, Qt destroys the widget on the wrong thread and the program crashes, rarely and far from the cause.  So
the automatic collector is switched off while a window exists, and a timer does its work here.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 250


class Collector(QObject):
    """Qt thread only.  Automatic collection is off from construction to `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.check)
        gc.disable()
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Hand collection back to Python."""
        self._timer.stop()
        gc.enable()

    def check(self) -> None:
        """Collect the oldest generation that is due, as the automatic collector would."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return
