"""One line of a form: its caption, its control, a word of help, and beside it what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.theme.tokens import SPACE
from app.views.parts import button, column, label, row


class Field(QWidget):
    """`wrong` says what is the matter with what was put in; putting in something else takes it back."""

    def __init__(self, caption: str, control: QWidget, help_text: str = "", beside: QPushButton | None = None) -> None:
        """`caption` may be empty where the control brings its own."""
        super().__init__()
        self.control = control
        self._wrong = label("", "danger")
        self._wrong.hide()
        self.help = label(help_text, "small")
        self.help.setVisible(bool(help_text))
        line = row(control, *([beside] if beside else []))
        line.setStretch(0, 1)
        layout = column(line, self._wrong, self.help, gap=4)
        self.caption = _caption(caption, control)
        if caption:
            layout.insertWidget(0, self.caption)
        self.setLayout(layout)
        self.setFocusProxy(control)
        if help_text:
            control.setAccessibleDescription(help_text)
        if isinstance(control, QLineEdit):
            control.textChanged.connect(lambda _: self.right())

    def wrong(self, sentence: str) -> None:
        self.complain(sentence)
        self.control.setFocus()

    def complain(self, sentence: str) -> None:
        """`wrong`, but the cursor stays where it went."""
        self._wrong.setText(sentence)
        self._wrong.show()
        self.control.setAccessibleDescription(sentence)

    def right(self) -> None:
        self._wrong.hide()
        self.control.setAccessibleDescription(self.help.text())

    @property
    def complaint(self) -> str:
        """What is said to be wrong; empty for nothing."""
        return "" if self._wrong.isHidden() else self._wrong.text()


def beside(*fields: Field) -> QHBoxLayout:
    """Fields in a row, with their captions on one line however much help each has."""
    result = row(*fields, gap=SPACE * 2)
    for one in fields:
        result.setAlignment(one, Qt.AlignmentFlag.AlignTop)
    return result


def line_field(caption: str, help_text: str = "", placeholder: str = "", beside: QPushButton | None = None) -> Field:
    """A field for one line of text."""
    line = QLineEdit()
    line.setPlaceholderText(placeholder)
    return Field(caption, line, help_text, beside)


def choose_button(caption: str, name: str, then: Callable[[], None]) -> QPushButton:
    """A button beside a field, e.g. one that opens a file dialog."""
    result = button(caption)
    result.setAccessibleName(name)
    result.clicked.connect(lambda: then())
    return result


def _caption(text: str, control: QWidget) -> QLabel:
    result = label(text)
    result.setBuddy(control)
    if not control.accessibleName():
        control.setAccessibleName(text)
    return result
