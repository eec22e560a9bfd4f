"""First start, first page: what Nuée is, in two sentences."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row
from app.views.sheet import Sheet


class Welcome(QWidget):
    """`begun` when the person wants to go on; `wanted_restore` when they have a backup."""

    begun = Signal()
    wanted_restore = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        words = desk.words
        emblem = QLabel()
        desk.theme.picture(emblem, "cloud", "accent", 56)
        begin = button(words("welcome.begin"), "primary")
        begin.clicked.connect(self.begun)
        restore = button(words("welcome.restore"))
        restore.clicked.connect(self.wanted_restore)
        self.setFocusProxy(begin)
        content = column(
            emblem,
            label(words("welcome.title"), "title"),
            label(words("welcome.what")),
            label(words("welcome.promise")),
            SPACE,
            row(begin, restore, 0),
            gap=SPACE * 2,
        )
        content.setAlignment(emblem, Qt.AlignmentFlag.AlignLeft)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content))
