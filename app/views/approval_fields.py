"""Exactly what will happen, nothing left out: each value under its name, a long one in full with a scroll bar."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextOption
from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QSizePolicy, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import column, label
from app.views.plain import revealed

_LONG = 160  # characters that still read well beside their name
_LINES = 14  # of a long text that are seen at once


class ApprovalFields(QWidget):
    """Plain text only; what is invisible in it is named."""

    def __init__(self, desk: Desk, fields: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self._desk = desk
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE * 2)
        grid.setVerticalSpacing(SPACE // 2)
        grid.setColumnStretch(1, 1)
        for line, (name, value) in enumerate(fields):
            shown = revealed(value)
            if "\n" in shown or len(shown) > _LONG:
                grid.addLayout(column(label(name, "muted"), _Document(name, shown), gap=4), line, 0, 1, 2)
                continue
            caption, said = label(name, "muted", wrap=False), label(shown)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(caption, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, line, 1)
        self.setLayout(grid)


class _Document(QPlainTextEdit):
    """As high as its text, up to a number of lines; the rest is reached by scrolling, with the keys too."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(readOnly=True, tabChangesFocus=True)
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
        lines = min(_LINES, max(2, round(self.document().size().height())))
        frame = 2 * round(self.document().documentMargin()) + 2 * self.frameWidth() + 6
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + frame)
