"""The first step to a new source: what kind it is, as cards."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import column, label, row
from app.views.source_words import KINDS

_WIDTH = 240  # pixels, where there is no reason for more
_ABOUT = {
    "imap": "source.imap_what",
    "notes": "source.notes_what",
    "feed": "source.feed_what",
    "calendar": "source.calendar_what",
    "contacts": "source.contacts_what",
    "folder": "source.folder_what",
}


class SourceKinds(QWidget):
    """`chosen` with the kind."""

    chosen = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACE)
        words = desk.words
        for number, (kind, (glyph, name)) in enumerate(KINDS.items()):
            card = _Card(desk, glyph, words(name), words(_ABOUT[kind]))
            card.clicked.connect(lambda _=False, chosen=kind: self.chosen.emit(chosen))
            grid.addWidget(card, number // 2, number % 2)
            if number == 0:
                self.setFocusProxy(card)


class _Card(QPushButton):
    """A button with an icon, a name and what it means."""

    def __init__(self, desk: Desk, glyph: str, name: str, what: str) -> None:
        super().__init__()
        self.setProperty("role", "choice")
        self.setAutoDefault(False)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # as high as its neighbour
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(name)
        self.setAccessibleDescription(what)
        picture = QLabel()
        desk.theme.picture(picture, glyph, "accent", 26)
        inner = row(picture, column(label(name, "heading"), label(what, "small"), 0, gap=2), gap=SPACE + 4)
        inner.setContentsMargins(SPACE * 2, SPACE + 4, SPACE + 4, SPACE + 4)
        inner.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        inner.setStretch(1, 1)
        self.setLayout(inner)
        for part in self.findChildren(QLabel):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Of what is in it; a button knows its own text only."""
        layout = self.layout()
        return super().sizeHint() if layout is None else QSize(_WIDTH, layout.totalHeightForWidth(_WIDTH))

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        layout = self.layout()
        return -1 if layout is None else layout.totalHeightForWidth(width)
