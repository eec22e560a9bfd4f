"""Changing what opens the vault: another passphrase, or a new recovery phrase."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.privacy_results import NewPhrase
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.new_passphrase import NewPassphrase
from app.views.parts import button, column, label, rename
from app.views.recovery_phrase import RecoveryPhrase
from app.views.secret_field import SecretField

_PHRASE = (720, 560)
_EDGE = 32


class _Secrets(Dialog):
    """Asks for the secret that is valid now, and runs a command with it."""

    def __init__(self, desk: Desk, parent: QWidget, title: str, go: str) -> None:
        super().__init__(parent, title)
        self._desk = desk
        words = desk.words
        self._now = SecretField(desk, words("secrets.current"))
        self._wrong = label("", "danger")
        self._wrong.hide()
        self._now.edited.connect(self._wrong.hide)
        self._cancel = button(words("secrets.cancel"))
        self._cancel.clicked.connect(self.reject)
        self._go = button(go, "primary")

    def _ready(self) -> bool:
        """Whether the secret of now was typed and nothing is under way; what is missing is said."""
        if not self._go.isEnabled():
            return False
        if self._now.text():
            return True
        self._wrong.setText(self._desk.words("secrets.missing"))
        self._wrong.show()
        self._now.select()
        return False

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._wrong.setText(self._desk.words.failure(error))
        self._wrong.show()
        self._now.select()

    def _rest(self) -> None:
        self.job = None
        self._go.setEnabled(True)
        self._cancel.setEnabled(True)

    def _work(self) -> None:
        """Changing the key file is not cut off half way."""
        self._wrong.hide()
        self._go.setEnabled(False)
        self._cancel.setEnabled(False)

    def reject(self) -> None:
        if self._cancel.isEnabled():
            super().reject()


class ChangePassphrase(_Secrets):
    """Opened with `open()`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(desk, parent, words("secrets.passphrase_title"), words("secrets.change"))
        self._new = NewPassphrase(desk)
        self._new.entered.connect(self._submit)
        self._go.clicked.connect(self._submit)
        self._now.entered.connect(self._new.setFocus)
        self._done = label(words("secrets.passphrase_changed"), "good")
        self._done.hide()
        self.fill(
            column(
                label(words("secrets.passphrase_what"), "muted"),
                column(self._now, self._wrong, gap=4),
                self._new,
                self._done,
                gap=SPACE * 2,
            ),
            self._cancel,
            self._go,
        )
        self._now.setFocus()

    def _submit(self) -> None:
        if not self._ready() or not self._new.complete():
            return
        self._work()
        self._desk.bridge.submit(
            self,
            "change_passphrase",
            self._now.text(),
            self._new.text(),
            on_done=lambda _: self._changed(),
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _changed(self) -> None:
        self._now.clear()
        self._new.clear()
        for part in (self._now, self._new, self._go):
            part.hide()
        self._done.show()
        self._cancel.setEnabled(True)
        rename(self._cancel, self._desk.words("secrets.close"))
        self._cancel.setFocus()


class AskNewPhrase(_Secrets):
    """Opened with `open()`; on success the phrase is shown in a dialog of its own."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(desk, parent, words("secrets.phrase_title"), words("secrets.make_phrase"))
        self._behind = parent
        self._now.entered.connect(self._submit)
        self._go.clicked.connect(self._submit)
        self.fill(
            column(label(words("secrets.new_phrase_explain")), column(self._now, self._wrong, gap=4), gap=SPACE * 2),
            self._cancel,
            self._go,
        )
        self._now.setFocus()

    def _submit(self) -> None:
        if not self._ready():
            return
        self._work()
        self._desk.bridge.submit(
            self,
            "new_recovery_phrase",
            self._now.text(),
            on_done=self._show,
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _show(self, made: NewPhrase) -> None:
        self._now.clear()
        self.accept()
        NewPhraseShown(self._desk, made.recovery_phrase, self._behind).open()


class NewPhraseShown(QDialog):
    """The new phrase, once; it closes when the asked words were typed."""

    def __init__(self, desk: Desk, phrase: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(desk.words("secrets.phrase_title"))
        page = RecoveryPhrase(desk, phrase)
        page.confirmed.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page)
        self.resize(min(_PHRASE[0], parent.width() - _EDGE), min(_PHRASE[1], parent.height() - _EDGE))
        page.setFocus()

    def reject(self) -> None:
        """Escape would lose the phrase for good: the old one opens nothing any more."""
