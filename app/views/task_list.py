"""The tasks, newest first: ours for others, and those of others that this node was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.swarm_results import PeerRow, TaskRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, role, row
from app.views.plain import breakable, one_line
from app.views.task_words import LOOKS, heading, state_of

_PAGE = 30
_IN_A_TURN = 6  # cards that are made in one turn of the event loop, a millisecond each


@dataclass
class _Card:
    frame: QFrame
    subject: QLabel
    state: QLabel
    ago: QLabel
    task: TaskRow | None = None  # as it is shown


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
        self._cards: dict[str, _Card] = {}
        self._foot: tuple[bool, bool] | None = None  # what `_tail` shows
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list, self._tail = column(gap=SPACE), column(gap=SPACE)
        self.setLayout(column(self._notice, self._list, self._tail, gap=SPACE))
        self._rest = QTimer(self, singleShot=True, interval=0)
        self._rest.timeout.connect(self._build)

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "peers", on_done=self._name, on_failed=self._notice.tell)
        submit(self, "tasks", on_done=self._fill, on_failed=self._notice.tell)

    def _name(self, peers: Sequence[PeerRow]) -> None:
        """What the person calls those whose tasks these are."""
        names = {peer.peer_id: one_line(peer.name) for peer in peers}
        if names != self._names:
            self._names, self._shown = names, None
            for name in list(self._cards):
                self._drop(name)

    def _fill(self, tasks: Sequence[TaskRow]) -> None:
        """What did not change stays as it is."""
        self._notice.hide()
        self.listed.emit(tuple(tasks))
        self.waiting.emit(sum(task.role == "participant" and task.state == "deciding" for task in tasks))
        if tuple(tasks) == self._shown:
            return
        self._shown = tuple(tasks)
        self._build()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._build()

    def _build(self) -> None:
        """Cards of what is new are made, few at a time; the others stay, and out of sight nothing is made at all."""
        if self._shown is None or not self.isVisible():
            return
        tasks, room = self._shown[: self._most], _IN_A_TURN
        for name in self._cards.keys() - {task.id for task in tasks}:
            self._drop(name)
        for place, task in enumerate(tasks):
            card = self._cards.get(task.id)
            if card is None:
                if not room:
                    self._rest.start()
                    return
                room -= 1
                card = self._cards[task.id] = self._card(task)
            elif card.task != task:
                self._say(card, task)
            at = self._list.itemAt(place)
            if at is None or at.widget() is not card.frame:
                self._list.insertWidget(place, card.frame)
        self._end(older=len(self._shown) > self._most, none=not self._shown)

    def _drop(self, name: str) -> None:
        if card := self._cards.pop(name, None):
            self._list.removeWidget(card.frame)
            card.frame.hide()
            card.frame.deleteLater()

    def _end(self, *, older: bool, none: bool) -> None:
        """What stands under the cards."""
        if self._foot == (older, none):
            return
        self._foot, words = (older, none), self._desk.words
        clear(self._tail)
        if older:
            more = button(words("tasks.older"))
            more.clicked.connect(self._show_more)
            self._tail.addLayout(row(more, 0))
        if none:
            said = column(label(words("tasks.none"), "heading"), label(words("tasks.none_what"), "muted"))
            said.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
            self._tail.addWidget(frame("card", said))

    def _show_more(self) -> None:
        self._most += _PAGE
        self._build()

    def _card(self, task: TaskRow) -> _Card:
        words = self._desk.words
        title = heading(words, task, self._names.get(task.id.partition("/")[0], ""))
        state, ago = label(""), label("", "small")
        see = button(words("tasks.open"))
        told = ", ".join(part for part in (title, task.subject, words.ago(task.created)) if part)
        see.setAccessibleName(words("tasks.open_name", what=told))
        see.clicked.connect(lambda: self.wanted.emit(task.id))
        subject = label("")
        said = column(label(breakable(title), "heading"), subject, state, ago, gap=4)
        line = row(said, see, margin=SPACE * 2, gap=SPACE * 2)
        line.setStretch(0, 1)
        card = _Card(frame("card", line), subject, state, ago)
        self._say(card, task)
        return card

    def _say(self, card: _Card, task: TaskRow) -> None:
        """How it stands: all that changes of a task."""
        look = LOOKS.get(task.state, "muted")
        if card.task is None or look != LOOKS.get(card.task.state, "muted"):
            role(card.state, look)
        card.state.setText(state_of(self._desk.words, task))
        if card.task is None or card.task.subject != task.subject:
            card.subject.setText(breakable(task.subject))
            card.subject.setVisible(bool(task.subject))
        card.ago.setText(self._desk.words.ago(task.created))
        card.task = task
