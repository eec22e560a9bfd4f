"""A draft in the person's own words: to whom, the subject and the text."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.errors import code
from app.skill_results import DraftRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, column

_LINES = 14  # of the text that are seen at once


class DraftEdit(Dialog):
    """Opened with `open()`; `stored` once the node has it.  Nothing is sent here."""

    stored = Signal()

    def __init__(self, desk: Desk, parent: QWidget, draft: DraftRow) -> None:
        words = desk.words
        super().__init__(parent, words("drafts.edit_title"), 640)
        self._desk = desk
        self._draft = draft
        self._to = line_field(words("drafts.field_to"), words("drafts.addresses_help"), "ada@example.org")
        self._cc = line_field(words("drafts.field_cc"))
        self._subject = line_field(words("drafts.field_subject"))
        self._text = QPlainTextEdit(draft.text, tabChangesFocus=True)
        self._text.setProperty("role", "input")
        self._text.setAccessibleName(words("drafts.text"))
        self._text.setMinimumHeight(_LINES * self._text.fontMetrics().lineSpacing())
        for field, value in (
            (self._to, ", ".join(draft.to)),
            (self._cc, ", ".join(draft.cc)),
            (self._subject, draft.subject),
        ):
            _line(field).setText(value)
            _line(field).setCursorPosition(0)
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        self._save = button(words("drafts.save"), "primary")
        self._save.clicked.connect(self._store)
        cancel = button(words("drafts.leave"))
        cancel.clicked.connect(self.reject)
        content = column(
            self._to, self._cc, self._subject, Field(words("drafts.field_text"), self._text), self._notice,
            gap=SPACE * 2,
        )  # fmt: skip
        self.fill(content, cancel, self._save)
        _line(self._to).setFocus()

    def _store(self) -> None:
        self._save.setEnabled(False)
        self._notice.hide()
        to, cc = (_addresses(_line(field).text()) for field in (self._to, self._cc))
        given = (self._draft.id, _line(self._subject).text(), self._text.toPlainText(), to, cc)
        self.job = self._desk.bridge.submit(
            self,
            "edit_draft",
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
        sentence = self._desk.words.failure(error)
        match code(error):
            case "draft-address" | "draft-addresses":
                named = str(getattr(error, "values", {}).get("address", ""))
                (self._cc if named and named in _addresses(_line(self._cc).text()) else self._to).wrong(sentence)
            case "draft-subject":
                self._subject.wrong(sentence)
            case _:
                self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._save.setEnabled(True)


def _addresses(typed: str) -> tuple[str, ...]:
    return tuple(one for one in (part.strip() for part in typed.replace(";", ",").split(",")) if one)


def _line(field: Field) -> QLineEdit:
    assert isinstance(field.control, QLineEdit)
    return field.control
