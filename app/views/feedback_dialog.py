"""Saying how a task went: for oneself, or where the person ticks it for everybody and for ever."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.reputation_results import FeedbackRow
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, choices, column, label
from app.views.plain import one_line

VALUES = (100, 80, 50, 20, 0)
TAG = 64  # characters, at most; the registry counts bytes and says so


class FeedbackDialog(Dialog):
    """Opened with `open()`; `given` with the FeedbackRow once it is kept.  `network`: "" where none can take it."""

    given = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget, name: str, receipt: str, network: str) -> None:
        words = desk.words
        super().__init__(parent, words("feedback.title"), 520)
        self._desk = desk
        self._receipt = receipt
        self._value = choices(words("feedback.value"), [(one, words(f"feedback.value_{one}")) for one in VALUES])
        self._tag = line_field(words("feedback.tag"))
        line = self._tag.control
        assert isinstance(line, QLineEdit)
        line.setMaxLength(TAG)
        self._line = line
        self._public = QCheckBox(words("feedback.public", network=one_line(network)))
        self._public.setVisible(bool(network))
        self._what = label(words("feedback.public_what" if network else "feedback.not_public"), "small")
        self._public.setAccessibleDescription(self._what.text())
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        self._send = button(words("feedback.send"), "primary")
        self._send.clicked.connect(self._store)
        cancel = button(words("feedback.cancel"))
        cancel.clicked.connect(self.reject)
        about = label(words("feedback.about", name=name), "muted")
        value = Field(words("feedback.value"), self._value)
        self.fill(column(about, value, self._tag, self._public, self._what, self._notice), cancel, self._send)
        self._value.setFocus()

    def _store(self) -> None:
        self._send.setEnabled(False)
        self._desk.bridge.submit(
            self, "give_feedback", self._receipt, self._value.currentData(), self._line.text().strip(),
            self._public.isChecked(), on_done=self._ended, on_failed=self._failed,
        )  # fmt: skip

    def _failed(self, error: BaseException) -> None:
        self._send.setEnabled(True)
        self._notice.tell(error)

    def _ended(self, row: FeedbackRow) -> None:
        self.given.emit(row)
        self.accept()
