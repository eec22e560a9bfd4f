"""A button that leads to a record: its icon and its title, cut short where there is no room for it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app.views.desk import Desk

_BESIDE = 52  # pixels that icon and paddings take


class Jump(QPushButton):
    """As wide as there is room."""

    def __init__(self, desk: Desk, title: str, glyph: str, look: str) -> None:
        super().__init__()
        self._full = title
        self.setProperty("role", look)
        self.setAutoDefault(False)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        desk.theme.dress(self, glyph, "muted")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(0, self.width() - _BESIDE)
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, room)
        self.setText(shown.replace("&", "&&"))
