"""Adding a contact: by the link of their invite, or a picture of its QR code."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from app.errors import code
from app.results import CommandFailed
from app.swarm import qr
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, column, label
from app.views.qr_picture import grey

_LINK_HEIGHT = 92
_OF_THE_LINK = ("bad-invite", "invite-own", "invite-expired", "qr-none")


class PeerAdd(Dialog):
    """Opened with `open()`; `added` once they are a contact."""

    added = Signal()

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("peer_add.title"), 620)
        self._desk = desk
        self._link = QPlainTextEdit()
        self._link.setProperty("role", "input")
        self._link.setTabChangesFocus(True)
        self._link.setFixedHeight(_LINK_HEIGHT)
        self._link.setPlaceholderText("nuee:…")
        self._field = Field(words("peer_add.link"), self._link, words("peer_add.link_help"))
        self._link.textChanged.connect(self._field.right)
        self._name = line_field(words("peer_add.name"), words("peer_add.name_help"))
        from_file = button(words("peer_add.from_file"))
        desk.theme.dress(from_file, "image")
        from_file.clicked.connect(self._pick)
        from_clipboard = button(words("peer_add.from_clipboard"))
        desk.theme.dress(from_clipboard, "clipboard")
        from_clipboard.clicked.connect(lambda: self.read_picture(QGuiApplication.clipboard().image()))
        pictures = QWidget()
        pictures.setLayout(Flow(from_file, from_clipboard))
        self._busy = label(words("peer_add.busy"), "muted")
        self._busy.hide()
        self._notice = Notice(desk)
        self._notice.again.connect(self._add)
        self._do = button(words("peer_add.do"), "primary")
        self._do.clicked.connect(self._add)
        cancel = button(words("peers.cancel"))
        cancel.clicked.connect(self.reject)
        what = label(words("peer_add.what"), "muted")
        self.fill(
            column(what, self._field, pictures, self._name, self._busy, self._notice, gap=SPACE * 2), cancel, self._do
        )
        self._link.setFocus()

    def read_picture(self, image: QImage) -> None:
        """Take the link out of a picture of a QR code."""
        try:
            self._link.setPlainText(_text_in(image))
        except CommandFailed as failed:
            self._field.wrong(self._desk.words.failure(failed))

    def _pick(self) -> None:
        words = self._desk.words
        dialog = QFileDialog(self, words("peer_add.from_file"))
        dialog.setNameFilter(words("peer_add.pictures") + " (*.png *.jpg *.jpeg *.webp *.bmp *.gif)")
        dialog.fileSelected.connect(lambda path: self.read_picture(QImage(path)))
        dialog.open()

    def _add(self) -> None:
        link = "".join(self._link.toPlainText().split())  # mail programs break long lines
        if not link:
            self._field.wrong(self._desk.words("peer_add.missing"))
            return
        self._notice.hide()
        self._rest(busy=True)
        self.job = self._desk.bridge.submit(
            self, "add_peer", link, self._typed_name(),
            on_done=lambda _: self._ended(), on_failed=self._failed, on_cancelled=self._rest,
        )  # fmt: skip

    def _typed_name(self) -> str:
        return str(self._name.control.property("text")).strip()

    def _ended(self) -> None:
        self._rest()
        self.added.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        if code(error) in _OF_THE_LINK:
            self._field.wrong(self._desk.words.failure(error))
        else:
            self._notice.tell(error)

    def _rest(self, *, busy: bool = False) -> None:
        if not busy:
            self.job = None
        self._busy.setVisible(busy)
        self._do.setEnabled(not busy)


def _text_in(image: QImage) -> str:
    """Errors: CommandFailed("qr-none")."""
    import numpy as np

    if image.isNull():
        raise CommandFailed("qr-none")
    data, height, width = grey(image)
    return qr.text_in(np.frombuffer(data, np.uint8).reshape(height, width))
