"""A model on its card: its name, its facts, and using or removing it.  Answering and searching share it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.parts import button, column, label, row


class ModelCard(QFrame):
    """`wanted_use`; `wanted_remove` once the question was answered."""

    wanted_use = Signal()
    wanted_remove = Signal()

    def __init__(self, desk: Desk, name: str, size: int, facts: str, *, current: bool, removable: bool) -> None:
        """`size` in bytes: what removing it frees."""
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "card")
        layout = row(column(label(name, "heading"), label(facts, "muted"), gap=4), margin=SPACE * 2)
        layout.setStretch(0, 1)
        if current:
            layout.addWidget(label(words("models.current"), "good", wrap=False))
        else:
            use = button(words("models.use"))
            use.setAccessibleName(words("models.use_name", name=name))
            use.clicked.connect(self.wanted_use)
            layout.addWidget(use)
        if removable:
            remove = button(words("models.remove"), "danger")
            remove.setAccessibleName(words("models.remove_name", name=name))
            remove.clicked.connect(lambda: self._ask_remove(name, size))
            layout.addWidget(remove)
        self.setLayout(layout)

    def _ask_remove(self, name: str, size: int) -> None:
        words = self._desk.words
        confirm(
            self.window(),
            words("models.remove_title"),
            words("models.remove_ask", name=name, size=words.size(size)),
            words("models.remove"),
            words("models.keep"),
            self.wanted_remove.emit,
        )
