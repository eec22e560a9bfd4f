"""What is seen until the node has said in which state the vault is, and where the node cannot start, why."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row
from app.views.sheet import Sheet


class Opening(QWidget):
    wanted_quit = Signal()

    def __init__(self, desk: Desk, error: BaseException | None = None) -> None:
        super().__init__()
        words = desk.words
        emblem = QLabel()
        desk.theme.picture(emblem, "cloud" if error is None else "warning", "accent" if error is None else "danger", 56)
        title = label(words("opening.title") if error is None else words("opening.failed"), "title")
        content = column(emblem, title, gap=SPACE * 2)
        content.setAlignment(emblem, Qt.AlignmentFlag.AlignLeft)
        if error is not None:
            leave = button(words("opening.quit"), "primary")
            leave.clicked.connect(self.wanted_quit)
            content.addWidget(label(words.failure(error)))
            content.addLayout(row(leave, 0))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 480))
