"""First start: choose a passphrase, see how strong it is, create the vault."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, role, row
from app.views.secret_field import SecretField
from app.views.sheet import Sheet
from app.views.strength import Strength, advice, duration, judge

_LEVELS = ("strength.0", "strength.1", "strength.2", "strength.3", "strength.4")
_PAUSE_MS = 120  # the estimate waits for a pause in typing


class CreateVault(QWidget):
    """`created` with the command's Created, which holds the recovery phrase."""

    created = Signal(object)

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
        self._refusal = label("", "danger")
        self._refusal.hide()
        self._create = button(words("create.create"), "primary")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._judge)
        self._first.edited.connect(self._pause.start)
        self._first.edited.connect(self._refusal.hide)
        self._second.edited.connect(self._refusal.hide)
        self._first.entered.connect(self._second.setFocus)
        self._second.entered.connect(self._submit)
        self._create.clicked.connect(self._submit)
        content = column(
            label(words("create.title"), "title"),
            label(words("create.why"), "muted"),
            SPACE,
            self._first,
            column(self._meter, self._verdict, gap=4),
            self._second,
            self._refusal,
            SPACE,
            row(self._create, 0),
            gap=SPACE + 4,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content))
        self.setFocusProxy(self._first)
        self._judge()

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

    def _submit(self) -> None:
        self._pause.stop()
        self._judge()
        words = self._desk.words
        if not self._strength.enough:
            self._refuse(words("create.too_weak"), self._first)
        elif self._first.text() != self._second.text():
            self._refuse(words("create.differ"), self._second)
        else:
            self._busy(True)
            self._desk.bridge.submit(
                self, "create", self._first.text(), on_done=self._done, on_failed=self._failed, on_cancelled=self._idle
            )

    def _refuse(self, sentence: str, field: SecretField) -> None:
        self._refusal.setText(sentence)
        self._refusal.show()
        field.select()

    def _busy(self, busy: bool) -> None:
        self._create.setEnabled(not busy)
        self._create.setText(self._desk.words("create.creating" if busy else "create.create"))
        self._first.setEnabled(not busy)
        self._second.setEnabled(not busy)

    def _idle(self) -> None:
        self._busy(False)

    def _failed(self, error: BaseException) -> None:
        self._busy(False)
        self._refuse(self._desk.words.failure(error), self._first)

    def _done(self, created: object) -> None:
        self._first.clear()
        self._second.clear()
        self.created.emit(created)
