"""A new catalog: where it is, and whose key signs it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, column, frame, label


class CatalogForm(Dialog):
    """Opened with `open()`; `stored` once the node has read the catalog and its signature."""

    stored = Signal()

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("catalog.new_title"))
        self._desk = desk
        self._address = line_field(
            words("catalog.address"), words("catalog.address_help"), "https://example.org/catalog/"
        )
        self._key = line_field(words("catalog.key"), words("catalog.key_help"))
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        trust = frame("warning", column(label(words("catalog.trust")), margin=SPACE + 4))
        self._save = button(words("catalog.trust_add"), "primary")
        self._save.clicked.connect(self._store)
        cancel = button(words("catalog.cancel"))
        cancel.clicked.connect(self.reject)
        content = column(self._address, self._key, trust, self._notice, gap=SPACE * 2)
        self.fill(content, cancel, self._save)
        self._address.setFocus()

    def _store(self) -> None:
        given = []
        for field in (self._address, self._key):
            if not _typed(field):
                field.wrong(self._desk.words("catalog.missing"))
                return
            given.append(_typed(field))
        self._save.setEnabled(False)
        self._notice.hide()
        self.job = self._desk.bridge.submit(
            self,
            "add_catalog",
            *given,
            on_done=lambda _: self._ended(),
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _ended(self) -> None:
        self.job = None
        self.stored.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._save.setEnabled(True)


def _typed(field: Field) -> str:
    assert isinstance(field.control, QLineEdit)
    return field.control.text().strip()
