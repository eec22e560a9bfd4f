"""The only thing a locked Nuée shows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row
from app.views.secret_field import SecretField
from app.views.sheet import Sheet


class Unlock(QWidget):
    """`unlocked` when the passphrase or the recovery phrase was right."""

    unlocked = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        emblem = QLabel()
        desk.theme.picture(emblem, "lock-key", "accent", 48)
        self._secret = SecretField(desk, words("unlock.secret"))
        self._wrong = label("", "danger")
        self._wrong.hide()
        self._unlock = button(words("unlock.unlock"), "primary")
        self._unlock.clicked.connect(self._submit)
        self._secret.entered.connect(self._submit)
        self._secret.edited.connect(self._wrong.hide)
        content = column(
            emblem,
            label(words("unlock.title"), "title"),
            label(words("unlock.how"), "muted"),
            SPACE,
            self._secret,
            self._wrong,
            row(self._unlock, 0),
            gap=SPACE + 4,
        )
        content.setAlignment(emblem, Qt.AlignmentFlag.AlignLeft)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 420))
        self.setFocusProxy(self._secret)

    def _submit(self) -> None:
        if not self._secret.text() or not self._unlock.isEnabled():
            return
        self._busy(True)
        self._desk.bridge.submit(
            self,
            "unlock",
            self._secret.text(),
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=lambda: self._busy(False),
        )

    def _busy(self, busy: bool) -> None:
        self._unlock.setEnabled(not busy)
        self._unlock.setText(self._desk.words("unlock.unlocking" if busy else "unlock.unlock"))
        self._secret.setEnabled(not busy)

    def _done(self, _: object) -> None:
        self._secret.clear()
        self.unlocked.emit()

    def _failed(self, error: BaseException) -> None:
        self._busy(False)
        self._wrong.setText(self._desk.words.failure(error))
        self._wrong.show()
        self._secret.select()
