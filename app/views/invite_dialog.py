"""Inviting one person: whom and for how long; then the link and its picture to hand over."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.errors import code
from app.swarm import qr
from app.swarm_results import InviteMade
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, choices, column, label, rename, row
from app.views.qr_picture import QrPicture

_HOURS = (1.0, 24.0, 7 * 24.0, 30 * 24.0)
_LINK_HEIGHT = 92


class InviteDialog(Dialog):
    """Opened with `open()`; `made` once there is an invite."""

    made = Signal()

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("invite.title"), 720)
        self._desk = desk
        self._name = line_field(words("invite.name"), words("invite.name_help"))
        self._line = self._name.control
        times = (words("duration.hour", count=1), *(words("duration.day", count=days) for days in (1, 7, 30)))
        self._hours = choices(words("invite.hours"), zip(_HOURS, times, strict=True))
        self._hours.setCurrentIndex(1)
        self._notice = Notice(desk)
        self._notice.again.connect(self._make)
        self._asking = QWidget()
        self._asking.setLayout(
            column(
                label(words("invite.what"), "muted"), self._name, Field(words("invite.hours"), self._hours),
                self._notice, gap=SPACE * 2,
            )
        )  # fmt: skip
        self._shown = column(gap=SPACE + 4)
        self._do = button(words("invite.do"), "primary")
        self._do.clicked.connect(self._make)
        self._close = button(words("peers.cancel"))
        self._close.clicked.connect(self.reject)
        self.fill(column(self._asking, self._shown), self._close, self._do)
        self._name.setFocus()

    def _make(self) -> None:
        self._notice.hide()
        self._do.setEnabled(False)
        assert isinstance(self._line, QLineEdit)
        self.job = self._desk.bridge.submit(
            self, "invite", self._line.text().strip(), self._hours.currentData(),
            on_done=self._show, on_failed=self._failed, on_cancelled=self._rest,
        )  # fmt: skip

    def _show(self, made: InviteMade) -> None:
        """The link is a secret: it is shown here once and kept nowhere."""
        words = self._desk.words
        self._rest()
        self._asking.hide()
        self._do.hide()
        rename(self._close, words("peers.close"))
        picture = QrPicture(qr.matrix(made.invite), words("invite.picture"))
        self._link = QPlainTextEdit(made.invite)
        self._link.setReadOnly(True)
        self._link.setProperty("role", "exact")
        self._link.setAccessibleName(words("invite.link"))
        self._link.setTabChangesFocus(True)
        self._link.setFixedHeight(_LINK_HEIGHT)
        copy = button(words("invite.copy"), "primary")
        self._desk.theme.dress(copy, "copy", "on_accent")
        self._copied = label("", "small")
        copy.clicked.connect(self._copy)
        said = column(
            label(words("invite.hand_over", when=words.when(made.expires))), label(words("invite.secret"), "warning"),
            self._link, row(copy, self._copied, 0), 0, gap=SPACE + 4,
        )  # fmt: skip
        beside = row(picture, said, gap=SPACE * 2)
        beside.setStretch(1, 1)
        beside.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        self._shown.addLayout(beside)
        if not made.addresses:
            self._shown.addWidget(label(words("invite.nowhere"), "warning"))
        copy.setFocus()
        self.made.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._link.toPlainText())
        self._copied.setText(self._desk.words("invite.copied"))

    def _failed(self, error: BaseException) -> None:
        self._rest()
        if code(error) == "invite-time":
            self._name.wrong(self._desk.words.failure(error))
        else:
            self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._do.setEnabled(True)
