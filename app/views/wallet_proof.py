"""What takes the passphrase: asked for when the wallet says so, or before a key is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.parts import button, column, frame, label, selectable
from app.views.secret_field import SecretField

NEEDED = "wallet-secret"  # the code with which the wallet asks for the passphrase


class WalletProof(Dialog):
    """`given` with what was typed; it stays open, and says what is wrong, until it is closed by whoever opened it."""

    given = Signal(str)

    def __init__(self, desk: Desk, parent: QWidget, title: str, why: str, do: str) -> None:
        super().__init__(parent, title, 480)
        self._desk = desk
        self._field = SecretField(desk, desk.words("wallet.proof"))
        self._wrong = label("", "danger")
        self._wrong.hide()
        self._do = button(do, "primary")
        self._do.clicked.connect(self._give)
        self._field.entered.connect(self._give)
        self._field.edited.connect(self._wrong.hide)
        cancel = button(desk.words("wallet.cancel"))
        cancel.clicked.connect(self.reject)
        self.fill(column(label(why), self._field, self._wrong, gap=SPACE * 2), cancel, self._do)
        self._field.setFocus()

    def complain(self, error: BaseException) -> None:
        """Beneath the field, which is selected to be typed over."""
        self._do.setEnabled(True)
        self._wrong.setText(self._desk.words.failure(error))
        self._wrong.show()
        self._field.select()

    def _give(self) -> None:
        if self._field.text() and self._do.isEnabled():
            self._do.setEnabled(False)
            self.given.emit(self._field.text())


def prove(
    desk: Desk, owner: QWidget, command: str, *args: object, on_done: Callable[[Any], None],
    on_failed: Callable[[BaseException], None], always: bool = False,
) -> None:  # fmt: skip
    """Run `command` with `args` and a secret after them: "" first, and what the person types where it is wanted.

    `always`: it takes the secret each time, so it is asked for at once.
    """

    def ask() -> None:
        words = desk.words
        dialog = WalletProof(desk, owner.window(), words("wallet.proof_title"), words("wallet.proof_why"),
                             words("wallet.proof_do"))  # fmt: skip

        def done(result: Any) -> None:
            dialog.accept()
            on_done(result)

        dialog.given.connect(
            lambda secret: desk.bridge.submit(dialog, command, *args, secret, on_done=done, on_failed=dialog.complain)
        )
        dialog.open()

    def failed(error: BaseException) -> None:
        ask() if getattr(error, "code", "") == NEEDED else on_failed(error)

    if always:
        ask()
    else:
        desk.bridge.submit(owner, command, *args, "", on_done=on_done, on_failed=failed)


class WalletExport(Dialog):
    """The private key of an account: first the passphrase, then the key, until the dialog is closed."""

    def __init__(self, desk: Desk, parent: QWidget, account: int) -> None:
        words = desk.words
        super().__init__(parent, words("wallet.export_title", number=account), 560)
        self._desk = desk
        self._account = account
        self._field = SecretField(desk, words("wallet.proof"))
        self._wrong = label("", "danger")
        self._wrong.hide()
        self._key = selectable("")
        self._key.setProperty("role", "phrase")
        self._key.setAccessibleName(words("wallet.export_key"))
        self._copied = label(words("wallet.export_copied"), "small")
        self._copied.hide()
        self._shown = QWidget()
        self._copy = button(words("wallet.export_copy"))
        desk.theme.dress(self._copy, "copy")
        self._copy.clicked.connect(self._copy_it)
        self._shown.setLayout(column(self._key, self._copy, self._copied))
        self._shown.hide()
        self._do = button(words("wallet.export_do"), "danger")
        self._do.clicked.connect(self._ask)
        self._field.entered.connect(self._ask)
        close = button(words("wallet.close"))
        close.clicked.connect(self.reject)
        warning = frame("warning", column(label(words("wallet.export_warns")), margin=SPACE + 4))
        self.fill(column(warning, self._field, self._wrong, self._shown, gap=SPACE * 2), close, self._do)
        self._field.setFocus()

    def _ask(self) -> None:
        self._do.setEnabled(False)
        self._wrong.hide()
        self._desk.bridge.submit(
            self, "export_key", self._field.text(), self._account, on_done=self._show, on_failed=self._failed
        )

    def _show(self, key: str) -> None:
        self._field.clear()
        self._field.hide()
        self._do.hide()
        self._key.setText(f"{key[:34]}\u200b{key[34:]}")
        self._shown.show()
        self._copy.setFocus()

    def _failed(self, error: BaseException) -> None:
        self._do.setEnabled(True)
        self._wrong.setText(self._desk.words.failure(error))
        self._wrong.show()
        self._field.select()

    def _copy_it(self) -> None:
        QGuiApplication.clipboard().setText(self._key.text().replace("\u200b", ""))
        self._copied.show()
