"""One task in the list of all."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from app.swarm_results import TaskRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, role, row
from app.views.plain import breakable
from app.views.task_words import LOOKS, state_of


class TaskCard(QFrame):
    """`wanted` with the task's id.  Made once and told what changed: making one takes milliseconds."""

    wanted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[TaskRow, str, str] | None = None
        self.setProperty("role", "card")
        self._title = label("", "heading")
        self._state = label("")
        self._since = label("", "small")
        self._open = button(desk.words("tasks.open"))
        self._open.clicked.connect(lambda: self.wanted.emit(self._shown[0].id if self._shown else ""))
        line = row(column(self._title, self._state, self._since, gap=4), self._open, margin=SPACE * 2, gap=SPACE * 2)
        line.setStretch(0, 1)
        self.setLayout(line)

    def show_task(self, task: TaskRow, title: str) -> None:
        """`title`: what it is and whose."""
        words = self._desk.words
        since = words.ago(task.created)
        if (task, title, since) == self._shown:
            return
        if self._shown is None or self._shown[0].state != task.state:
            role(self._state, LOOKS.get(task.state, "muted"))
        self._shown = (task, title, since)
        self._title.setText(breakable(title))
        self._state.setText(state_of(words, task))
        self._since.setText(since)
        self._open.setAccessibleName(words("tasks.open_name", what=f"{title}, {since}"))
