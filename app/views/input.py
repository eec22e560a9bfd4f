"""Tells the node that somebody is there, so that the vault does not lock under their hands."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication, QWindow

from app.bridge import Bridge

EVERY = 10.0  # seconds between two notes
_INPUT = frozenset(
    (
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    )
)


class Input(QObject):
    """Watches the windows that have the focus, not every widget: paint and timer events never pass through here."""

    def __init__(self, bridge: Bridge, wanted: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """`wanted`: whether there is an open vault.  `clock`: seconds."""
        super().__init__()
        self._bridge = bridge
        self._wanted = wanted
        self._clock = clock
        self._told = -EVERY
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._watch)
        self._watch(application.focusWindow())

    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() in _INPUT and self._wanted():
            now = self._clock()
            if now - self._told >= EVERY:
                self._told = now
                self._bridge.submit(self, "touch")
        return False
