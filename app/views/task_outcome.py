"""What was asked in a task, and what came of it: text that others' models wrote is shown as text and nothing else."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit

from app.swarm_results import TaskView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import clear, column, form, label, selectable
from app.views.plain import revealed
from app.views.task_words import pairs

_LEAST, _MOST = 72, 280  # pixels of height


class TaskOutcome(QFrame):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._streamed = ""
        self.setProperty("role", "card")
        self._asked = form()
        self._heading = label(words("tasks.result"), "heading")
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setProperty("role", "exact")
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName(words("tasks.result"))
        self._values = form()
        self.setLayout(
            column(label(words("tasks.asked"), "heading"), self._asked, self._heading, self._text, self._values,
                   margin=SPACE * 2)
        )  # fmt: skip
        self.clear()

    def clear(self) -> None:
        """Of another task."""
        self._streamed = ""
        clear(self._asked)
        clear(self._values)
        self._show_text("")
        self._heading.hide()

    def add(self, piece: str) -> None:
        """A further piece of the result, as it comes."""
        self._streamed += piece
        self._show_text(self._streamed)
        self._text.moveCursor(QTextCursor.MoveOperation.End)

    def show_task(self, view: TaskView) -> None:
        self._list(self._asked, {key: value for key, value in view.spec.items() if not key.endswith("-bytes")})
        result = dict(view.result or {})
        text = result.pop("text", None)
        if isinstance(text, str):
            self._show_text(text)
        self._list(self._values, result)
        self._heading.setVisible(bool(view.result) or bool(self._streamed))

    def _show_text(self, text: str) -> None:
        self._text.setPlainText(revealed(text))
        self._text.setVisible(bool(text))
        self._heading.setVisible(bool(text))
        lines = self._text.fontMetrics().boundingRect(0, 0, max(200, self.width() - 60), 10_000, 0x1000, text).height()
        self._text.setFixedHeight(max(_LEAST, min(_MOST, lines + 28)))

    def _list(self, layout: Any, values: dict[str, Any]) -> None:
        clear(layout)
        for name, value in pairs(self._desk.words, values):
            shown: QLabel = selectable(value)
            layout.addRow(label(name, "muted", wrap=False), shown)
