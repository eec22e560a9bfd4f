"""What a token is worth to the person, typed by them and shown to them alone: nobody is asked for prices."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.parts import button, column, label
from app.wallet_results import WalletView


class WalletRate(Dialog):
    """Opened with `open()`; `changed` with the wallet as it is then."""

    changed = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("wallet.rate_title"), 440)
        self._desk = desk
        self._rate = line_field(words("wallet.rate_value"), words("wallet.rate_help"))
        self._currency = line_field(words("wallet.rate_currency"))
        do = button(words("wallet.rate_do"), "primary")
        do.clicked.connect(lambda: self._set(self._typed(self._currency), self._typed(self._rate)))
        forget = button(words("wallet.rate_forget"))
        forget.clicked.connect(lambda: self._set("", ""))
        cancel = button(words("wallet.cancel"))
        cancel.clicked.connect(self.reject)
        why = label(words("wallet.rate_what"), "muted")
        self.fill(column(why, self._rate, self._currency, gap=SPACE * 2), cancel, forget, do)
        self._rate.setFocus()

    def _typed(self, field: Field) -> str:
        assert isinstance(field.control, QLineEdit)
        return field.control.text().strip()

    def _set(self, currency: str, rate: str) -> None:
        self._desk.bridge.submit(
            self, "set_rate", currency, rate, on_done=self._done,
            on_failed=lambda error: self._rate.wrong(self._desk.words.failure(error)),
        )  # fmt: skip

    def _done(self, view: WalletView) -> None:
        self.changed.emit(view)
        self.accept()
