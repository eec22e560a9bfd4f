"""What the person asked, as a bubble on the right."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.views.desk import Desk
from app.views.parts import column, frame, row
from app.views.sealed_text import SealedText

_SHARE = 0.85  # of the width, at most
_PADDING = 12
_LEAST = 120  # pixels


class Question(QWidget):
    def __init__(self, desk: Desk, text: str) -> None:
        super().__init__()
        self.text = text
        self._view = SealedText(desk.words("chat.you"))
        self._view.show_plain(text)
        self._natural = self._view.natural_width() + 2 * _PADDING
        self._bubble = frame("bubble", column(self._view, margin=_PADDING))
        self.setLayout(row(0, self._bubble))
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """The bubble follows this widget's width; it must not keep the widget from becoming narrower."""
        return QSize(_LEAST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._bubble.setFixedWidth(min(self._natural, max(_LEAST, int(self.width() * _SHARE))))
