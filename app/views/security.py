"""Settings: what opens the vault, when it locks by itself, and the proof that nothing leaks."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QPushButton, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.notice import Notice
from app.views.parts import button, choices, column, label, row, select
from app.views.proof import Proof
from app.views.secrets import AskNewPhrase, ChangePassphrase

_LOCK_AFTER = "lock_after_minutes"
_MINUTES = (5, 15, 30, 60, 240)
_USUAL = 15  # minutes, where nothing was chosen


class Security(QWidget):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        after: list[tuple[object, str]] = [(n, words("lock_after.minutes", count=n)) for n in _MINUTES]
        self._lock = choices(words("lock_after.label"), [*after, (0, words("lock_after.never"))])
        self._lock.activated.connect(lambda _: self._store())
        caption = label(words("lock_after.label"), wrap=False)
        caption.setBuddy(self._lock)
        passphrase = self._opener("secrets.change_passphrase", "key", ChangePassphrase)
        phrase = self._opener("secrets.new_phrase", "list-numbers", AskNewPhrase)
        prove = self._opener("proof.open", "shield-check", Proof)
        self.setLayout(
            column(
                self._notice,
                row(caption, self._lock, 0, gap=SPACE * 3),
                label(words("lock_after.hint"), "small"),
                row(passphrase, phrase, 0),
                SPACE,
                label(words("proof.about"), "muted"),
                row(prove, 0),
                gap=SPACE + 4,
            )
        )

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "setting", _LOCK_AFTER, on_done=self._show, on_failed=self._notice.tell)

    def _opener(self, key: str, glyph: str, dialog: type[ChangePassphrase | AskNewPhrase | Proof]) -> QPushButton:
        result = button(self._desk.words(key))
        self._desk.theme.dress(result, glyph)

        def show() -> None:
            made: Dialog = dialog(self._desk, self.window())
            made.open()

        result.clicked.connect(show)
        return result

    def _show(self, minutes: Any) -> None:
        """A number that is not in the list was set by other means; it is shown too."""
        chosen = _USUAL if type(minutes) is not int else minutes
        if not select(self._lock, chosen):
            self._lock.addItem(self._desk.words("lock_after.minutes", count=chosen), chosen)
            select(self._lock, chosen)

    def _store(self) -> None:
        self._desk.bridge.submit(
            self, "set_setting", _LOCK_AFTER, self._lock.currentData(), on_failed=self._notice.tell
        )
