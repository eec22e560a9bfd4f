"""A long plain text in a box of its own, to be read in full."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy


class PlainDocument(QPlainTextEdit):
    """As high as its text, up to a number of lines; the rest is reached by scrolling, with the keys too."""

    def __init__(self, name: str, text: str, most: int) -> None:
        """`name` for a screen reader; `most` lines are seen at once."""
        super().__init__(readOnly=True, tabChangesFocus=True)
        self._most = most
        self.setProperty("role", "exact")
        self.setAccessibleName(name)
        self.setAcceptDrops(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setPlainText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        lines = min(self._most, max(1, round(self.document().size().height())))
        frame = 2 * round(self.document().documentMargin()) + 2 * self.frameWidth() + 6
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + frame)
