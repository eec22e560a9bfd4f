"""A failure told where it happened, with the way to try again."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, label, row


class Notice(QFrame):
    """`again` when the person wants to try again; hidden until `tell`."""

    again = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "notice")
        self._text = label("", "danger")
        self._again = button(desk.words("notice.again"))
        desk.theme.dress(self._again, "arrow-clockwise")
        self._again.clicked.connect(self._pressed)
        layout = row(self._text, self._again, margin=SPACE + 4)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.hide()

    def tell(self, error: BaseException) -> None:
        self._text.setText(self._desk.words.failure(error))
        self.show()

    def _pressed(self) -> None:
        self.hide()
        self.again.emit()
