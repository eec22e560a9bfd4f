"""The airplane switch: while it is on, nothing is fetched."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import column, label, row


class Airplane(QFrame):
    """A card with the switch; it shows what the node says, and asks it again with `refresh`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "card")
        picture = QLabel()
        desk.theme.picture(picture, "airplane-tilt", "muted", 24)
        self.switch = QCheckBox(words("airplane.title"))
        self.switch.setAccessibleName(words("airplane.title"))
        self.switch.setAccessibleDescription(words("airplane.what"))
        self.switch.clicked.connect(self._turn)
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        line = row(picture, column(self.switch, label(words("airplane.what"), "small"), gap=2), gap=SPACE * 2)
        line.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        line.setStretch(1, 1)
        self.setLayout(column(line, self._notice, margin=SPACE + 4))
        self.setFocusProxy(self.switch)

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "airplane", None, on_done=self._show, on_failed=self._notice.tell)

    def _turn(self, on: bool) -> None:
        self._desk.bridge.submit(self, "airplane", on, on_done=self._show, on_failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        self._show(not self.switch.isChecked())
        self._notice.tell(error)

    def _show(self, on: bool) -> None:
        with QSignalBlocker(self.switch):
            self.switch.setChecked(on)
