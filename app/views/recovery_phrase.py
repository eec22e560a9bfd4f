"""First start: the recovery phrase as 24 numbered words, then three of them asked back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLineEdit, QStackedLayout, QVBoxLayout, QWidget

from app.backup_results import PHRASE_CONFIRMED
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, frame, label, row
from app.views.sheet import Sheet

_COLUMNS = 4
_ASKED = 3


class RecoveryPhrase(QWidget):
    """`confirmed` once the asked words were typed.  Forgets the phrase when it is destroyed."""

    confirmed = Signal()

    def __init__(self, desk: Desk, phrase: str, asked: Sequence[int] | None = None) -> None:
        """`asked`: which words to ask for, counted from 0; by default three at random."""
        super().__init__()
        self._desk = desk
        self._phrase = phrase
        self._words = phrase.split()
        chosen = asked or secrets.SystemRandom().sample(range(len(self._words)), _ASKED)
        self._asked = {index: QLineEdit() for index in sorted(chosen)}
        self._wrong = label("", "danger")
        self._wrong.hide()
        self._pages = QStackedLayout()
        self._pages.addWidget(self._show_page())
        self._pages.addWidget(self._ask_page())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._pages)

    def _show_page(self) -> QWidget:
        words = self._desk.words
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE * 3)
        grid.setVerticalSpacing(SPACE)
        rows = -(-len(self._words) // _COLUMNS)
        for index, word in enumerate(self._words):
            cell = row(label(f"{index + 1}.", "ordinal", wrap=False), label(word, "phrase", wrap=False), 0, gap=6)
            grid.addLayout(cell, index % rows, index // rows)
        self._copy = button(words("phrase.copy"))
        self._desk.theme.dress(self._copy, "copy")
        self._written = button(words("phrase.written"), "primary")
        self._copied = label(words("phrase.copied"), "small")
        self._copied.hide()
        self._copy.clicked.connect(self._copy_phrase)
        self._written.clicked.connect(self._ask)
        self.setFocusProxy(self._written)
        return Sheet(
            column(
                label(words("phrase.title"), "title"),
                label(words("phrase.why"), "muted"),
                frame("card", column(grid, margin=SPACE * 2)),
                self._copied,
                row(self._written, self._copy, 0),
                gap=SPACE * 2,
            ),
            640,
        )

    def _ask_page(self) -> QWidget:
        words = self._desk.words
        fields = column(gap=SPACE)
        for index, field in self._asked.items():
            name = words("phrase.word", number=index + 1)
            caption = label(name, wrap=False)
            caption.setBuddy(field)
            caption.setMinimumWidth(90)
            field.setAccessibleName(name)
            field.textChanged.connect(lambda _: self._wrong.hide())
            field.returnPressed.connect(self._check)
            fields.addLayout(row(caption, field))
        confirm = button(words("phrase.confirm"), "primary")
        confirm.clicked.connect(self._check)
        back = button(words("phrase.back"))
        back.clicked.connect(lambda: self._pages.setCurrentIndex(0))
        content = column(
            label(words("phrase.ask_title"), "title"),
            label(words("phrase.ask_why"), "muted"),
            fields,
            self._wrong,
            row(confirm, back, 0),
            gap=SPACE * 2,
        )
        return Sheet(content)

    def _copy_phrase(self) -> None:
        QGuiApplication.clipboard().setText(self._phrase)
        self._copied.show()

    def _ask(self) -> None:
        self._pages.setCurrentIndex(1)
        next(iter(self._asked.values())).setFocus()

    def _check(self) -> None:
        for index, field in self._asked.items():
            if field.text().strip().casefold() != self._words[index]:
                self._wrong.setText(self._desk.words("phrase.wrong", number=index + 1))
                self._wrong.show()
                field.setFocus()
                field.selectAll()
                return
        self._phrase = ""
        self._words = []
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._desk.bridge.submit(self, "set_setting", PHRASE_CONFIRMED, now)
        self.confirmed.emit()
