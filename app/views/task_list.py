"""The tasks, newest first: ours for others, and those of others that this node was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.swarm_results import PeerRow, TaskRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, row
from app.views.plain import one_line
from app.views.task_words import LOOKS, heading, state_of

_PAGE = 30


class TaskList(QWidget):
    """`wanted` with a task's id; `waiting` with how many calls wait for the person; `listed` with all tasks."""

    wanted = Signal(str)
    waiting = Signal(int)
    listed = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[TaskRow, ...] | None = None
        self._names: dict[str, str] = {}
        self._most = _PAGE
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self.setLayout(column(self._notice, self._list, gap=SPACE))

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "peers", on_done=self._name, on_failed=self._notice.tell)
        submit(self, "tasks", on_done=self._fill, on_failed=self._notice.tell)

    def _name(self, peers: Sequence[PeerRow]) -> None:
        """What the person calls those whose tasks these are."""
        names = {peer.peer_id: one_line(peer.name) for peer in peers}
        if names != self._names:
            self._names, self._shown = names, None

    def _fill(self, tasks: Sequence[TaskRow]) -> None:
        """What did not change stays as it is."""
        self._notice.hide()
        self.listed.emit(tuple(tasks))
        self.waiting.emit(sum(task.role == "participant" and task.state == "deciding" for task in tasks))
        if tuple(tasks) == self._shown:
            return
        self._shown = tuple(tasks)
        self._build()

    def _build(self) -> None:
        clear(self._list)
        tasks, words = self._shown or (), self._desk.words
        for task in tasks[: self._most]:
            self._list.addWidget(self._card(task))
        if len(tasks) > self._most:
            more = button(words("tasks.older"))
            more.clicked.connect(self._show_more)
            self._list.addLayout(row(more, 0))
        if not tasks:
            said = column(label(words("tasks.none"), "heading"), label(words("tasks.none_what"), "muted"))
            said.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
            self._list.addWidget(frame("card", said))

    def _show_more(self) -> None:
        self._most += _PAGE
        self._build()

    def _card(self, task: TaskRow) -> QFrame:
        words = self._desk.words
        title = heading(words, task, self._names.get(task.id.partition("/")[0], ""))
        said = column(
            label(title, "heading"),
            label(state_of(words, task), LOOKS.get(task.state, "muted")),
            label(words.ago(task.created), "small"),
            gap=4,
        )
        see = button(words("tasks.open"))
        see.setAccessibleName(words("tasks.open_name", what=f"{title}, {words.ago(task.created)}"))
        see.clicked.connect(lambda: self.wanted.emit(task.id))
        line = row(said, see, margin=SPACE * 2, gap=SPACE * 2)
        line.setStretch(0, 1)
        return frame("card", line)
