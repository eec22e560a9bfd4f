"""How a task that did not work ended: why, what can be done about it, and the way to ask again."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from app.swarm_results import TaskView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row
from app.views.task_kinds import KINDS
from app.views.task_words import next_step


class TaskEnding(QFrame):
    """`again` when the person wants to ask the same anew, as they may change it before."""

    again = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.setProperty("role", "hint")
        self._what = label("")
        self._again = button(desk.words("tasks.again"))
        desk.theme.dress(self._again, "arrow-clockwise")
        self._again.setAutoDefault(False)
        self._again.clicked.connect(self.again)
        line = row(column(self._what), self._again, margin=SPACE + 4, gap=SPACE * 2)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.hide()

    def show_task(self, view: TaskView) -> None:
        """Of one of ours that has ended; another's is not ours to ask again."""
        said = next_step(self._desk.words, view.row)
        self._what.setText(said)
        self.setVisible(bool(said) and view.row.kind in KINDS)
