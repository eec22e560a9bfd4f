"""A citation under an answer: its number, who, what and when; it opens the record at the passage."""

from __future__ import annotations

from email.utils import parseaddr

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app.results import CitationView
from app.views.desk import Desk


def short_name(sender: str) -> str:
    """The name of "Name <address>", or the address where there is none."""
    name, address = parseaddr(sender)
    return name or address or sender


class Chip(QPushButton):
    """`opened` with the CitationView when pressed."""

    opened = Signal(object)

    def __init__(self, desk: Desk, citation: CitationView) -> None:
        super().__init__()
        words = desk.words
        parts = (short_name(citation.sender), citation.title or words("record.untitled"), words.date(citation.date))
        self._full = f"[{citation.number}] " + " · ".join(part for part in parts if part)
        self.setProperty("role", "chip")
        self.setAutoDefault(False)
        self.setAccessibleName(words("chip.open", what=self._full) if citation.id else self._full)
        self.setToolTip(" ".join(citation.quote.split())[:300].replace("<", "‹"))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setText(self._full.replace("&", "&&"))
        self.setEnabled(bool(citation.id))  # a forgotten source leads nowhere
        self.clicked.connect(lambda: self.opened.emit(citation))

    def sizeHint(self) -> QSize:  # noqa: N802
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 30, hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(60, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.width() - 26)
        self.setText(shown.replace("&", "&&"))
