"""A number on an entry of the navigation: how much there waits for the person."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.views.desk import Desk

_MOST = 99
_HEIGHT = 18
_ROOM = 60  # a button narrower than this shows its icon alone, and the number in its corner


class Badge(QLabel):
    """Lies on `entry`, at its right end; a screen reader hears the number with the entry's name."""

    def __init__(self, desk: Desk, entry: QAbstractButton, waiting: str) -> None:
        """`waiting`: the key of the entry's name while there is a number, which has the gap `count`."""
        super().__init__(entry)
        self._waiting = waiting
        self._desk = desk
        self._entry = entry
        self._name = entry.accessibleName()
        self.setProperty("role", "badge")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedHeight(_HEIGHT)
        self.hide()
        entry.installEventFilter(self)

    def show_count(self, count: int) -> None:
        """0 hides it."""
        self.setText(str(count) if count <= _MOST else f"{_MOST}+")
        self.setVisible(count > 0)
        words = self._desk.words
        self._entry.setAccessibleName(words(self._waiting, count=count) if count else self._name)
        self._place()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        self.setFixedWidth(max(_HEIGHT, self.sizeHint().width()))
        narrow = self._entry.width() < _ROOM
        top = 1 if narrow else (self._entry.height() - _HEIGHT) // 2
        self.move(self._entry.width() - self.width() - (1 if narrow else 8), top)
