"""Exactly what will happen, nothing left out: each value under its name, a long one in full with a scroll bar."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import column, label
from app.views.plain import revealed
from app.views.plain_document import PlainDocument

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
                grid.addLayout(column(label(name, "muted"), PlainDocument(name, shown, _LINES), gap=4), line, 0, 1, 2)
                continue
            caption, said = label(name, "muted", wrap=False), label(shown)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(caption, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, line, 1)
        self.setLayout(grid)
