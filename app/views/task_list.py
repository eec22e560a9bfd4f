"""All tasks, the newest first: whose they are, how they stand, since when."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.swarm_results import PeerRow, TaskRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, column, frame, label
from app.views.plain import one_line
from app.views.task_card import TaskCard
from app.views.task_words import heading

_PAGE = 30
_AT_ONCE = 4  # cards that are made in one go: more would hold up what is drawn


class TaskList(QWidget):
    """`wanted` with a task's id; `waiting` with how many calls wait for the person; `listed` with all tasks."""

    wanted = Signal(str)
    waiting = Signal(int)
    listed = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._tasks: tuple[TaskRow, ...] | None = None
        self._names: dict[str, str] = {}
        self._cards: dict[str, TaskCard] = {}
        self._most = _PAGE
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self._older = button(words("tasks.older"))
        self._older.clicked.connect(self._show_more)
        self._older.hide()
        said = column(label(words("tasks.none"), "heading"), label(words("tasks.none_what"), "muted"))
        said.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        self._none = frame("card", said)
        self._none.hide()
        self._growing = QTimer(self, interval=0)
        self._growing.timeout.connect(self._arrange)
        self.setLayout(column(self._notice, self._list, self._none, self._older, gap=SPACE))

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "peers", on_done=self._name, on_failed=self._notice.tell)
        submit(self, "tasks", on_done=self._fill, on_failed=self._notice.tell)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Nobody waits for cards that nobody sees."""
        super().showEvent(event)
        self._growing.start()

    def _name(self, peers: Sequence[PeerRow]) -> None:
        """What the person calls those whose tasks these are."""
        self._names = {peer.peer_id: one_line(peer.name) for peer in peers}

    def _fill(self, tasks: Sequence[TaskRow]) -> None:
        self._notice.hide()
        self._tasks = tuple(tasks)
        self.listed.emit(self._tasks)
        self.waiting.emit(sum(task.role == "participant" and task.state == "deciding" for task in tasks))
        if self.isVisible():
            self._growing.start()

    def _arrange(self) -> None:
        """A card for each of the newest, a few at a time; what did not change stays as it is."""
        tasks = self._tasks
        if tasks is None:
            self._growing.stop()
            return
        shown = tasks[: self._most]
        for name in self._cards.keys() - {task.id for task in shown}:
            card = self._cards.pop(name)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        made = 0
        for place, task in enumerate(shown):
            title = heading(self._desk.words, task, self._names.get(task.id.partition("/")[0], ""))
            card = self._cards.get(task.id) or TaskCard(self._desk)
            if task.id not in self._cards:
                card.wanted.connect(self.wanted)
                self._cards[task.id] = card
                made += 1
            card.show_task(task, title)
            if self._list.indexOf(card) != place:
                self._list.insertWidget(place, card)
            if made == _AT_ONCE:
                return
        self._growing.stop()
        self._older.setVisible(len(tasks) > self._most)
        self._none.setVisible(not tasks)

    def _show_more(self) -> None:
        self._most += _PAGE
        self._growing.start()
