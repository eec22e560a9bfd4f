"""What lies over the window while files are dragged across it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import column, label


class DropOverlay(QFrame):
    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        picture = QLabel()
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        desk.theme.picture(picture, "tray", "accent", 56)
        text = label(desk.words("drop.here"), "title")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(0, picture, text, 0, gap=SPACE * 2))
        self.hide()

    def cover(self) -> None:
        """Lie over the whole parent."""
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect().adjusted(SPACE * 2, SPACE * 2, -SPACE * 2, -SPACE * 2))
        self.raise_()
        self.show()
