"""One thing the agent remembers: its words, where they are from and since when; it is changed where it stands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QWidget

from app.skill_results import FactRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, icon_button, label, row
from app.views.plain import one_line


class FactCard(QFrame):
    """`changed` with the new words; `confirmed`; `wanted_remove`; `opened` with the record it rests on."""

    changed = Signal(str)
    confirmed = Signal()
    wanted_remove = Signal()
    opened = Signal(str)

    def __init__(self, desk: Desk, fact: FactRow) -> None:
        super().__init__()
        self._desk = desk
        self.fact = fact
        words = desk.words
        self.setProperty("role", "card")
        self._said = label(one_line(fact.text))
        self._line = QLineEdit()
        self._line.setAccessibleName(words("memory.edit", text=one_line(fact.text)))
        self._line.returnPressed.connect(self._save)
        save, cancel = button(words("memory.save"), "primary"), button(words("memory.cancel"))
        save.clicked.connect(self._save)
        cancel.clicked.connect(self._close)
        self._editor = QWidget()
        self._editor.setLayout(row(self._line, save, cancel))
        self._editor.hide()
        self._edit = self._tool("pencil-simple", "memory.edit")
        self._edit.clicked.connect(self._open)
        text = column(self._said, self._editor, self._origin(), gap=4)
        head = row(text, *self._tools(), margin=SPACE + 4)
        head.setStretch(0, 1)
        self.setLayout(head)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self._editor.isVisible():
            self._close()
        else:
            super().keyPressEvent(event)

    def _tools(self) -> list[QPushButton]:
        """What can be done with it; what is not confirmed is first of all confirmed or not."""
        words, fact = self._desk.words, self.fact
        if not fact.confirmed:
            yes, no = button(words("memory.yes"), "primary"), button(words("memory.no"))
            for one in (yes, no):
                one.setAccessibleDescription(one_line(fact.text))
            yes.clicked.connect(self.confirmed)
            no.clicked.connect(self.wanted_remove)
            return [yes, no, self._edit]
        remove = self._tool("trash", "memory.remove")
        remove.clicked.connect(self.wanted_remove)
        return [self._edit, remove]

    def _tool(self, glyph: str, key: str) -> QPushButton:
        name = self._desk.words(key, text=one_line(self.fact.text))
        return icon_button(self._desk.theme, glyph, name)

    def _origin(self) -> QWidget:
        """Who says so, and since when."""
        words, fact = self._desk.words, self.fact
        date = words.date(fact.created)
        if fact.source == "you":
            return label(words("memory.you", date=date), "small")
        if not fact.source:
            return label(words("memory.gone", date=date), "small")
        title = one_line(fact.title) or words("record.untitled")
        see = button(words("memory.from", title=title), "quiet")
        see.setAccessibleName(words("because.open", what=title))
        see.clicked.connect(lambda: self.opened.emit(fact.source))
        result = QWidget()
        result.setLayout(row(see, label(date, "small", wrap=False), 0))
        return result

    def _open(self) -> None:
        self._line.setText(self.fact.text)
        self._said.hide()
        self._editor.show()
        self._line.setFocus()
        self._line.selectAll()

    def _close(self) -> None:
        self._editor.hide()
        self._said.show()
        self._edit.setFocus()

    def _save(self) -> None:
        said = self._line.text().strip()
        if said and said != self.fact.text:
            self.changed.emit(said)
        self._close()
