"""Settings: who the person is to their mail, how long questions wait, and what the agent may spend."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLineEdit, QWidget

from app.personal import DEFAULTS
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import column, label, row

_FIELDS = {
    "my_name": ("personal.my_name", "personal.my_name_help"),
    "my_addresses": ("personal.my_addresses", "personal.my_addresses_help"),
    "approval_days": ("personal.approval_days", "personal.approval_days_help"),
    "spend_call": ("personal.spend_call", "personal.spend_call_help"),
    "spend_day": ("personal.spend_day", "personal.spend_day_help"),
}


class Personal(QWidget):
    """Each field is stored on Enter, or when the cursor leaves it; what cannot be meant is said beneath it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._stored: dict[str, str] = {}
        self._saved = label("", "small")
        self._fields = {key: line_field(words(name), words(about)) for key, (name, about) in _FIELDS.items()}
        for key, field in self._fields.items():
            _line(field).editingFinished.connect(partial(self._store, key))
        *rest, call, day = self._fields.values()
        self.setLayout(column(self._notice, *rest, row(call, day, gap=SPACE * 2), self._saved, gap=SPACE * 2))

    def refresh(self) -> None:
        """Ask the node for what is set; what is being typed stays."""
        self._notice.hide()
        self._saved.setText("")
        for key in _FIELDS:
            self._ask(key)

    def _ask(self, key: str) -> None:
        self._desk.bridge.submit(self, "setting", key, on_done=partial(self._show, key), on_failed=self._notice.tell)

    def _show(self, key: str, value: Any) -> None:
        found = _shown(DEFAULTS[key] if value is None else value)
        line = _line(self._fields[key])
        untouched = line.text() == self._stored.get(key, "") or not line.hasFocus()
        self._stored[key] = found
        if untouched:
            with QSignalBlocker(line):
                line.setText(found)

    def _store(self, key: str) -> None:
        typed = _line(self._fields[key]).text()
        if typed == self._stored.get(key):
            self._fields[key].right()
            return
        self._saved.setText("")
        self._desk.bridge.submit(
            self, "set_setting", key, typed, on_done=partial(self._kept, key), on_failed=partial(self._failed, key)
        )

    def _kept(self, key: str, _: object) -> None:
        """It is shown in the form in which it is kept."""
        self._fields[key].right()
        self._stored[key] = _line(self._fields[key]).text()
        self._saved.setText(self._desk.words("personal.saved", what=self._desk.words(_FIELDS[key][0])))
        self._ask(key)

    def _failed(self, key: str, error: BaseException) -> None:
        self._fields[key].complain(self._desk.words.failure(error))


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _line(field: Field) -> QLineEdit:
    assert isinstance(field.control, QLineEdit)
    return field.control
