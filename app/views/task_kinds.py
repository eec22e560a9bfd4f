"""What is asked of the person for each kind of task: a form made of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSpinBox, QWidget

from app.views.desk import Desk
from app.views.field import Field
from app.views.number_box import number_box
from app.views.parts import column

Shape = Literal["text", "line", "number"]
_TEXT_HEIGHT = 110


@dataclass(frozen=True)
class Wanted:
    """One argument.  `caption`: its key; `help`: that of a sentence about it, or "".  `usual`, `most`: of a number."""

    argument: str
    shape: Shape
    caption: str
    help: str = ""
    required: bool = True
    usual: int = 0
    most: int = 0


FORMS: dict[str, tuple[Wanted, ...]] = {
    "inference": (
        Wanted("prompt", "text", "give.prompt", "give.prompt_help"),
        Wanted("max_tokens", "number", "give.tokens", "give.tokens_help", usual=512, most=2048),
    ),
}
"""By kind; a kind that is not here cannot be given from the window."""


class TaskFields(QWidget):
    """The fields of one kind."""

    def __init__(self, desk: Desk, kind: str) -> None:
        super().__init__()
        self._desk = desk
        self._fields = tuple((one, _field(desk, one)) for one in FORMS[kind])
        layout = column(gap=16)
        for _, field in self._fields:
            layout.addWidget(field)
        self.setLayout(layout)
        self.setFocusProxy(self._fields[0][1])

    def given(self) -> dict[str, Any] | None:
        """The arguments; None where one is missing, which is said beside it."""
        result: dict[str, Any] = {}
        for one, field in self._fields:
            value = _value(field.control)
            if value == "":
                if one.required:
                    field.wrong(self._desk.words("give.missing"))
                    return None
                continue
            result[one.argument] = value
        return result

    def complain(self, argument: str, sentence: str) -> bool:
        """Say what is wrong with one of them; False where there is no such field."""
        for one, field in self._fields:
            if one.argument == argument:
                field.wrong(sentence)
                return True
        return False


def _field(desk: Desk, one: Wanted) -> Field:
    words = desk.words
    control: QWidget
    if one.shape == "number":
        control = number_box(words, one.usual, 1, one.most)
    elif one.shape == "text":
        control = QPlainTextEdit()
        control.setProperty("role", "input")
        control.setTabChangesFocus(True)
        control.setFixedHeight(_TEXT_HEIGHT)
    else:
        control = QLineEdit()
    field = Field(words(one.caption), control, words(one.help) if one.help else "")
    if isinstance(control, QPlainTextEdit):
        control.textChanged.connect(field.right)
    return field


def _value(control: QWidget) -> Any:
    if isinstance(control, QSpinBox):
        return control.value()
    if isinstance(control, QPlainTextEdit):
        return control.toPlainText().strip()
    assert isinstance(control, QLineEdit)
    return control.text().strip()
