"""An empty conversation: what can be asked, or, in an empty vault, how to fill it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from app.results import Status
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, frame, label, row

_SAMPLE = ("examples.sample.1", "examples.sample.2", "examples.sample.3")
_OWN = ("examples.own.1", "examples.own.2", "examples.own.3")


class Examples(QWidget):
    """`chosen` with a question; `wanted_import` when the vault is empty and the person wants to fill it."""

    chosen = Signal(str)
    wanted_import = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        emblem = QLabel()
        desk.theme.picture(emblem, "cloud", "accent", 40)
        self._body = column(gap=SPACE)
        self.setLayout(
            column(
                SPACE * 4,
                emblem,
                label(desk.words("examples.title"), "title"),
                self._body,
                gap=SPACE * 2,
            )
        )
        desk.bridge.submit(self, "status", on_done=self._status)

    def _status(self, status: Status) -> None:
        if status.records == 0:
            self._show_hint()
        else:
            self._desk.bridge.submit(self, "setting", "sample", on_done=lambda sample: self._offer(bool(sample)))

    def _offer(self, sample: bool) -> None:
        clear(self._body)
        words = self._desk.words
        self._body.addWidget(label(words("examples.try"), "muted"))
        for key in _SAMPLE if sample else _OWN:
            question = words(key)
            choice = button(question, "example")
            choice.clicked.connect(lambda _=False, asked=question: self.chosen.emit(asked))
            self._body.addWidget(choice)

    def _show_hint(self) -> None:
        clear(self._body)
        words = self._desk.words
        bring = button(words("examples.import"), "primary")
        self._desk.theme.dress(bring, "download-simple", "on_accent")
        bring.clicked.connect(self.wanted_import)
        hint = column(label(words("examples.empty")), row(bring, 0), margin=SPACE * 2, gap=SPACE * 2)
        self._body.addWidget(frame("hint", hint))
