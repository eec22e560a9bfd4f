"""A new passphrase, typed twice, with a measure of how hard it is to guess."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.parts import column, label, role
from app.views.secret_field import SecretField
from app.views.strength import Strength, advice, duration, judge

_LEVELS = ("strength.0", "strength.1", "strength.2", "strength.3", "strength.4")
_PAUSE_MS = 120  # the estimate waits for a pause in typing


class NewPassphrase(QWidget):
    """`entered` on Enter in the second field."""

    entered = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._strength = Strength(0, 0.0, ())
        self._first = SecretField(desk, words("create.passphrase"))
        self._second = SecretField(desk, words("create.again"))
        self._meter = QProgressBar(maximum=4, textVisible=False)
        self._meter.setAccessibleName(words("create.strength"))
        self._verdict = label("", "muted")
        self._above, self._below = Field("", self._first), Field("", self._second)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._judge)
        self._first.edited.connect(self._pause.start)
        self._first.edited.connect(self._above.right)
        for field in (self._first, self._second):
            field.edited.connect(self._below.right)
        self._first.entered.connect(self._second.setFocus)
        self._second.entered.connect(self.entered)
        measure = column(self._meter, self._verdict, gap=4)
        self.setLayout(column(self._above, measure, self._below, gap=SPACE + 4))
        self.setFocusProxy(self._first)
        self._judge()

    def text(self) -> str:
        return self._first.text()

    def complete(self) -> bool:
        """Whether it is strong enough and was typed twice the same; otherwise it is said what is wrong."""
        self._pause.stop()
        self._judge()
        words = self._desk.words
        if not self._strength.enough:
            self.refuse(words("create.too_weak"))
        elif self._first.text() != self._second.text():
            self._below.wrong(words("create.differ"))
            self._second.select()
        else:
            return True
        return False

    def refuse(self, sentence: str) -> None:
        """Say why it was not taken."""
        self._above.wrong(sentence)
        self._first.select()

    def clear(self) -> None:
        self._first.clear()
        self._second.clear()

    def _judge(self) -> None:
        words = self._desk.words
        passphrase = self._first.text()
        self._strength = judge(passphrase)
        if not passphrase:
            self._meter.setValue(0)
            self._verdict.setText(words("create.hint"))
            return
        self._meter.setValue(max(1, self._strength.score))
        self._meter.setProperty("strength", str(self._strength.score))
        role(self._meter, "strength")
        verdict = words(
            "create.verdict",
            level=words(_LEVELS[self._strength.score]),
            time=duration(self._strength.seconds, words),
        )
        self._verdict.setText(f"{verdict} {advice(self._strength.advice, words)}".strip())
