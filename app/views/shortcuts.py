"""The list of keys."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row

_KEYS = (
    ("Ctrl+1 … Ctrl+6", "keys.views"),
    ("Ctrl+7 … Ctrl+0", "keys.agent"),
    ("Ctrl+Shift+P, Ctrl+Shift+T", "keys.swarm"),
    ("Ctrl+Shift+I", "keys.account"),
    ("Ctrl+N", "keys.new"),
    ("Ctrl+F, Ctrl+K", "keys.search"),
    ("Enter", "keys.send"),
    ("Shift+Enter", "keys.newline"),
    ("↑", "keys.recall"),
    ("Esc", "keys.stop"),
    ("F2", "keys.rename"),
    ("Ctrl+I", "keys.import"),
    ("Del", "keys.forget"),
    ("Ctrl+L", "keys.lock"),
    ("F1, ?", "keys.help"),
    ("Ctrl+Q", "keys.quit"),
)


class Shortcuts(QDialog):
    """Opened with `open()`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        words = desk.words
        self.setWindowTitle(words("keys.title"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE * 4)
        grid.setVerticalSpacing(SPACE)
        for index, (keys, key) in enumerate(_KEYS):
            grid.addWidget(label(keys, "muted", wrap=False), index, 0)
            grid.addWidget(label(words(key), wrap=False), index, 1)
        close = button(words("keys.close"), "primary")
        close.clicked.connect(self.accept)
        self.setLayout(
            column(label(words("keys.title"), "heading"), grid, row(0, close), margin=SPACE * 3, gap=SPACE * 2)
        )
