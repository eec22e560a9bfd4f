"""The parts of a page, one of which is shown: their captions beside each other, and beneath them the one chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QWidget

from app.views.flow import Flow
from app.views.parts import button, one_stop


class Tabs(QWidget):
    """`turned` with the number of the part that is shown from now on.  Put `self` above `self.pages`."""

    turned = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.pages = QStackedWidget()
        self._group = QButtonGroup(self)
        self._flow = Flow()
        self.setLayout(self._flow)
        self._group.idClicked.connect(self.turn_to)

    def add(self, caption: str, page: QWidget) -> QPushButton:
        """A further part; the button that leads to it."""
        choice = button(caption, "filter")
        choice.setCheckable(True)
        number = self.pages.addWidget(page)
        choice.setChecked(number == 0)
        self._group.addButton(choice, number)
        self._flow.addWidget(choice)
        self._stop_at(0)
        return choice

    @property
    def current(self) -> int:
        return self.pages.currentIndex()

    def turn_to(self, number: int) -> None:
        self._group.button(number).setChecked(True)
        self._stop_at(number)
        self.pages.setCurrentIndex(number)
        self.turned.emit(number)

    def _stop_at(self, number: int) -> None:
        """Where the keyboard enters: the part that is shown."""
        chosen = self._group.button(number)
        one_stop(self._group, chosen)
        self.setFocusProxy(chosen)
