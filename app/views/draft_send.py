"""The whole of a mail, from whom it comes too, before it is sent."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.errors import code
from app.skill_results import DraftRow
from app.theme.tokens import SPACE
from app.views.approval_card import HOLD_MS
from app.views.approval_fields import ApprovalFields
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.notice import Notice
from app.views.parts import button, column, label

_OVER = ("draft-perhaps", "draft-sent", "draft-changed", "unknown-draft")  # what is shown here is no draft any more


class DraftSend(Dialog):
    """Opened with `open()`.  `ended` when the drafts are others now; `wanted_account` to set up one that can send.

    What is sent is what is shown: its digest goes with the click, which does nothing for a moment after it appears.
    """

    ended = Signal()
    wanted_account = Signal()

    def __init__(self, desk: Desk, parent: QWidget, draft: DraftRow) -> None:
        words = desk.words
        super().__init__(parent, words("drafts.send_title"), 640)
        self._desk = desk
        self._draft = draft
        self._failure = label("", "danger")
        self._failure.hide()
        self._notice = Notice(desk)
        self._notice.again.connect(self._send)
        cancel = button(words("drafts.not_now"))
        cancel.clicked.connect(self.reject)
        self._account = button(words("drafts.set_up"), "primary")
        self._account.clicked.connect(self._set_up)
        self._do = button(words("drafts.do_send"), "primary")
        self._do.setAutoDefault(False)
        self._do.clicked.connect(self._send)
        self._do.setEnabled(False)
        fields = ApprovalFields(desk, [(words("drafts.from"), draft.sender or words("drafts.nobody")), *draft.fields])
        self.fill(column(fields, self._failure, self._notice, gap=SPACE * 2), cancel, self._account, self._do)
        self._hold = QTimer(self, singleShot=True, interval=HOLD_MS)
        self._hold.timeout.connect(lambda: self._do.setEnabled(self.job is None))
        self._account.setVisible(not draft.sender)
        self._do.setVisible(bool(draft.sender))
        if not draft.sender:
            self._say(words("drafts.no_account"))
        cancel.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._hold.start()

    def _send(self) -> None:
        if self.job is not None:
            return
        self._do.setEnabled(False)
        self._notice.hide()
        self._failure.hide()
        self.job = self._desk.bridge.submit(
            self,
            "send_draft",
            self._draft.id,
            self._draft.digest,
            on_done=lambda _: self._sent(),
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _sent(self) -> None:
        self.job = None
        self.ended.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        found = code(error)
        if found in _OVER or found == "draft-no-account":
            self._hold.stop()
            self._do.hide()
            self._account.setVisible(found == "draft-no-account")
            self._say(self._desk.words.failure(error))
            self.ended.emit()
        else:
            self._notice.tell(error)

    def _say(self, sentence: str) -> None:
        self._failure.setText(sentence)
        self._failure.show()

    def _set_up(self) -> None:
        self.accept()
        self.wanted_account.emit()

    def _rest(self) -> None:
        self.job = None
        self._hold.start()
