"""The skills: those that are installed, what catalogs offer, and one of them by itself."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.views.catalog import Catalog
from app.views.desk import Desk
from app.views.parts import column, label
from app.views.sheet import Head, Sheet
from app.views.skill_detail import SkillDetail
from app.views.skill_list import SkillList
from app.views.tabs import Tabs

INSTALLED, CATALOG = range(2)
_WIDTH = 760
_SOON_MS = 200


class Skills(QWidget):
    """`opened` with the id of a record that a run rests on; `wanted_approvals` where a run waits for an answer."""

    opened = Signal(str)
    wanted_approvals = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        words = desk.words
        self.installed = SkillList(desk)
        self.catalog = Catalog(desk)
        self._tabs = Tabs()
        self._tabs.add(words("skills.installed"), Sheet(column(self.installed), _WIDTH, middle=False))
        self._tabs.add(words("skills.catalog"), Sheet(column(self.catalog), _WIDTH, middle=False))
        self._tabs.turned.connect(lambda _: self.refresh())
        head = column(label(words("skills.title"), "title"), label(words("skills.what"), "muted"), self._tabs)
        overview = QWidget()
        lists = column(Head(head, _WIDTH), self._tabs.pages, gap=0)
        lists.setStretch(1, 1)
        overview.setLayout(lists)
        self.detail = SkillDetail(desk)
        self._pages = QStackedWidget()
        self._pages.addWidget(overview)
        self._pages.addWidget(Sheet(column(self.detail), _WIDTH, middle=False))
        self.setLayout(column(self._pages))
        self.setFocusProxy(self._tabs)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self._connect()

    def _connect(self) -> None:
        self.installed.wanted.connect(self.open_skill)
        self.installed.wanted_catalog.connect(lambda: self._tabs.turn_to(CATALOG))
        self.installed.changed.connect(self.refresh)
        self.catalog.wanted.connect(self.open_skill)
        self.catalog.changed.connect(self.refresh)
        self.detail.closed.connect(self.show_list)
        self.detail.removed.connect(self.show_list)
        self.detail.opened.connect(self.opened)
        self.detail.wanted_approvals.connect(self.wanted_approvals)

    def refresh(self) -> None:
        if self._pages.currentIndex() == 1:
            self.detail.refresh()
        elif self._tabs.current == INSTALLED:
            self.installed.refresh()
        else:
            self.catalog.refresh()

    def open_skill(self, name: str) -> None:
        """Show one skill with its runs."""
        self.detail.open_skill(name)
        self._pages.setCurrentIndex(1)
        self.detail.setFocus()

    def open_run(self, run: int) -> None:
        """Show the skill that a run was of, with the run opened."""
        self.detail.open_run(run)
        self._pages.setCurrentIndex(1)

    def show_list(self) -> None:
        """Back from one to all."""
        self._pages.setCurrentIndex(0)
        self.refresh()

    def skills_changed(self) -> None:
        """The node says that something was installed, updated or removed, or that a run began or ended."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()
