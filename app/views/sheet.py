"""A page with one centred column: first start, unlocking, settings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.theme.tokens import SPACE


class Sheet(QScrollArea):
    """A column of at most `width` pixels, centred, that scrolls where the window is too small for it."""

    def __init__(self, content: QLayout, width: int = 520, *, middle: bool = True) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QWidget()
        column.setLayout(content)
        column.setMaximumWidth(width)
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner = QVBoxLayout()
        if middle:
            inner.addStretch(1)
        inner.addWidget(column)
        inner.addStretch(1)
        outer = _centred(inner)
        outer.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        page = QWidget()
        page.setObjectName("column")
        page.setLayout(outer)
        self.setWidget(page)


class Head(QWidget):
    """What stays in sight above sheets of the same `width`."""

    def __init__(self, content: QLayout, width: int) -> None:
        super().__init__()
        column = QWidget()
        column.setLayout(content)
        column.setMaximumWidth(width)
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner = QVBoxLayout()
        inner.addWidget(column)
        outer = _centred(inner)
        outer.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, 0)
        self.setLayout(outer)


def _centred(inner: QLayout) -> QHBoxLayout:
    result = QHBoxLayout()
    result.addStretch(1)
    result.addLayout(inner, 100)
    result.addStretch(1)
    return result
