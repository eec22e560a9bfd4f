"""Garbage is collected on the Qt thread only.

CPython runs its cyclic collector on whichever thread happens to allocate.  When that is the trio thread and the garbage
holds a widget, Qt destroys the widget on the wrong thread and the program crashes, rarely and far from the cause.  So
the automatic collector is switched off while a window exists, and a timer does its work here.

A full collection looks at every object there is, and the 150,000 of modules and pages hold the event loop for a tenth
of a second.  So what survived a long one is set aside (`gc.freeze`), and looked at again when nobody sees the window.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

INTERVAL_MS = 250
LONG = 0.008  # seconds, half a frame
THAWED = 600.0  # seconds between two looks at all there is


class Collector(QObject):
    """Qt thread only.  Automatic collection is off from construction to `stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.check)
        self._thawed = time.monotonic()
        gc.disable()
        gc.freeze()  # modules, which stay
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Hand collection back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def check(self) -> None:
        """Collect the oldest generation that is due, as the automatic collector would."""
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                self._collect(generation)
                return

    def _collect(self, generation: int) -> None:
        begun = time.monotonic()
        if generation == 2 and begun > self._thawed + THAWED and not _is_looked_at():
            self._thawed = begun
            gc.unfreeze()
        gc.collect(generation)
        if generation == 2 and time.monotonic() > begun + LONG:
            gc.freeze()


def _is_looked_at() -> bool:
    return QApplication.applicationState() is Qt.ApplicationState.ApplicationActive
