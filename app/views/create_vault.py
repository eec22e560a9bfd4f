"""First start: choose a passphrase, see how strong it is, create the vault."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.new_passphrase import NewPassphrase
from app.views.parts import button, column, label, row
from app.views.sheet import Sheet


class CreateVault(QWidget):
    """`created` with the command's Created, which holds the recovery phrase."""

    created = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._passphrase = NewPassphrase(desk)
        self._passphrase.entered.connect(self._submit)
        self._create = button(words("create.create"), "primary")
        self._create.clicked.connect(self._submit)
        content = column(
            label(words("create.title"), "title"),
            label(words("create.why"), "muted"),
            SPACE,
            self._passphrase,
            SPACE,
            row(self._create, 0),
            gap=SPACE + 4,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content))
        self.setFocusProxy(self._passphrase)

    def _submit(self) -> None:
        if not self._create.isEnabled() or not self._passphrase.complete():
            return
        self._busy(True)
        self._desk.bridge.submit(
            self,
            "create",
            self._passphrase.text(),
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=lambda: self._busy(False),
        )

    def _busy(self, busy: bool) -> None:
        self._create.setEnabled(not busy)
        self._create.setText(self._desk.words("create.creating" if busy else "create.create"))
        self._passphrase.setEnabled(not busy)

    def _failed(self, error: BaseException) -> None:
        self._busy(False)
        self._passphrase.refuse(self._desk.words.failure(error))

    def _done(self, created: object) -> None:
        self._passphrase.clear()
        self.created.emit(created)
