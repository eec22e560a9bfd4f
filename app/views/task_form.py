"""What the forms of all kinds of task have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.views.desk import Desk
from app.views.field import Field


class TaskForm(QWidget):
    """The fields of one kind.  `edited` when something was put in; `offered_by` with the ids of the peers who offer
    what was chosen."""

    edited = Signal()
    offered_by = Signal(object)
    WRONG: ClassVar[Mapping[str, str]] = {}
    """Codes of refusals of the node, and the argument that each is about."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._fields: dict[str, Field] = {}

    @abstractmethod
    def given(self) -> dict[str, Any] | None:
        """The arguments; None where one has to be put right first, which is said beside it."""

    @abstractmethod
    def fill(self, arguments: Mapping[str, Any]) -> None:
        """Put in what was asked another time; what does not fit is left out."""

    def refused(self, code: str, sentence: str) -> bool:
        """Say what the node refuses beside its field; False where there is none."""
        field = self._fields.get(self.WRONG.get(code, ""))
        if field is not None:
            field.wrong(sentence)
        return field is not None

    def watched(self, name: str, field: Field, wrong: Callable[[], str]) -> Field:
        """A field of text that is looked at while somebody types; `wrong`: a sentence, or "" where it is right.

        What is still empty is only complained of when the task is to go out.
        """
        self._fields[name] = field

        def look() -> None:
            sentence = wrong() if typed(field) else ""
            field.complain(sentence) if sentence else field.right()
            self.edited.emit()

        control = field.control
        assert isinstance(control, QLineEdit | QPlainTextEdit)
        control.textChanged.connect(look)
        return field

    def checked(self, name: str, wrong: str) -> bool:
        """Whether a field may go out as it is; else `wrong` stands beside it, or that it is needed."""
        field = self._fields[name]
        sentence = wrong if typed(field) else self._desk.words("give.missing")
        if sentence:
            field.wrong(sentence)
        return not sentence


def typed(field: Field) -> str:
    """What stands in a field of text."""
    control = field.control
    if isinstance(control, QPlainTextEdit):
        return control.toPlainText().strip()
    assert isinstance(control, QLineEdit)
    return control.text().strip()


def put(field: Field, text: str) -> None:
    """Into a field of text."""
    control = field.control
    if isinstance(control, QPlainTextEdit):
        control.setPlainText(text)
    else:
        assert isinstance(control, QLineEdit)
        control.setText(text)


def text_box(height: int) -> QPlainTextEdit:
    """For several lines."""
    result = QPlainTextEdit()
    result.setProperty("role", "input")
    result.setTabChangesFocus(True)
    result.setFixedHeight(height)
    return result
