"""The page of tasks: what agents do for each other, what this one offers, and what left for others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.swarm_results import TaskView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.ledger import Ledger
from app.views.offers import Offers
from app.views.parts import button, column, label, row
from app.views.sheet import Head, Sheet
from app.views.tabs import Tabs
from app.views.task_detail import TaskDetail
from app.views.task_give import TaskGive
from app.views.task_list import TaskList

TASKS, OFFERS, LEFT = range(3)
_WIDTH = 760
_SOON_MS = 200


class Tasks(QWidget):
    """`waiting` with how many calls of others wait for the person's word; `wanted_models` to see the models."""

    waiting = Signal(int)
    wanted_models = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.list = TaskList(desk)
        self.offers = Offers(desk)
        self.ledger = Ledger(desk)
        self.detail = TaskDetail(desk)
        give = button(words("tasks.give"), "primary")
        desk.theme.dress(give, "plus", "on_accent")
        give.clicked.connect(lambda: self.give())
        self._tabs = Tabs()
        shown = column(row(give, 0), self.list, gap=SPACE * 2)
        self._tabs.add(words("tasks.tab"), Sheet(shown, _WIDTH, middle=False))
        self._tabs.add(words("offer.tab"), Sheet(column(self.offers), _WIDTH, middle=False))
        self._tabs.add(words("left.tab"), Sheet(column(self.ledger), _WIDTH, middle=False))
        self._tabs.turned.connect(lambda _: self.refresh())
        head = column(label(words("tasks.title"), "title"), label(words("tasks.what"), "muted"), self._tabs)
        overview = QWidget()
        lists = column(Head(head, _WIDTH), self._tabs.pages, gap=0)
        lists.setStretch(1, 1)
        overview.setLayout(lists)
        self._pages = QStackedWidget()
        self._pages.addWidget(overview)
        self._sheet = Sheet(column(self.detail), _WIDTH, middle=False)
        self._pages.addWidget(self._sheet)
        self.setLayout(column(self._pages))
        self.setFocusProxy(self._tabs)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._look)
        self.list.wanted.connect(self.open_task)
        self.list.waiting.connect(self.waiting)
        self.detail.closed.connect(self.show_list)
        self.detail.changed.connect(self.list.refresh)
        self.detail.wanted_again.connect(self._again)
        self.detail.wanted_models.connect(self.wanted_models)

    def refresh(self) -> None:
        if self._pages.currentIndex() == 1:
            self.detail.refresh()
        elif self._tabs.current == TASKS:
            self.list.refresh()
        elif self._tabs.current == OFFERS:
            self.offers.refresh()
        else:
            self.ledger.refresh()

    def open_task(self, name: str) -> None:
        """Show one task and follow it."""
        self.detail.open_task(name)
        self._pages.setCurrentIndex(1)
        self._sheet.verticalScrollBar().setValue(0)
        self.detail.setFocus()

    def show_list(self) -> None:
        """Back from one to all."""
        self.detail.leave()
        self._pages.setCurrentIndex(0)
        self._tabs.turn_to(TASKS)

    def give(self, to: str = "", kind: str = "inference", arguments: Mapping[str, Any] | None = None) -> None:
        """Ask what is to be done; `to`: the peer that is chosen at first; `arguments`: what is filled in."""
        self._open(TaskGive(self._desk, self.window(), (to,) if to else (), kind, arguments))

    def _again(self, view: TaskView) -> None:
        """The same of the same peers, to be changed or sent as it is."""
        to = tuple(bid.peer_id for bid in view.bids)
        self._open(TaskGive(self._desk, self.window(), to, view.row.kind, view.spec))

    def _open(self, dialog: TaskGive) -> None:
        dialog.given.connect(self.open_task)
        dialog.open()

    def task_changed(self) -> None:
        """The node says that a task went on.  The number of those that wait is shown on every page."""
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        self.list.refresh()
        if self._pages.currentIndex() == 1:
            self.detail.refresh()
