"""What the agent did, day by day: why, from which content, and taking it back where that can be done."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from app.skill_results import ActivityRow, SkillRow
from app.theme.tokens import SPACE
from app.views.because import Because
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, frame, label, row, select
from app.views.plain import one_line
from app.views.sheet import Sheet

_SOON_MS = 500
_SHOWN = 100  # acts at a time


class Activity(QWidget):
    """`opened` with a record's id; `wanted_run` with a run's id; `wanted_skills` where there is nothing to show."""

    opened = Signal(str)
    wanted_run = Signal(int)
    wanted_skills = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: tuple[ActivityRow, ...] = ()
        self._shown = _SHOWN
        self._named: dict[str, str] = {}
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._skill = choices(words("activity.filter"), [("", words("activity.all"))])
        self._skill.activated.connect(lambda _: self._filtered())
        self._list = column(gap=SPACE)
        self._more = button(words("activity.more"))
        self._more.clicked.connect(self._show_more)
        self._more.hide()
        content = column(
            label(words("activity.title"), "title"),
            label(words("activity.what"), "muted"),
            row(self._skill, 0),
            self._notice,
            self._list,
            row(self._more, 0),
            gap=SPACE * 2,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 760, middle=False))
        self.setFocusProxy(self._skill)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "activity", self._shown + 1, on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "skills", on_done=self._name_skills)

    def something_happened(self) -> None:
        """The node says that a run began or ended, or that something was answered."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _name_skills(self, skills: Sequence[SkillRow]) -> None:
        named = {skill.name: skill.title or skill.name for skill in skills}
        if named == self._named:
            return
        self._named = named
        self._list_actors()
        if self._rows:
            self._build()

    def _list_actors(self) -> None:
        """The skills that are installed, and whoever else did something."""
        chosen, named = self._skill.currentData(), self._named
        while self._skill.count() > 1:
            self._skill.removeItem(1)
        for actor in dict.fromkeys((*named, *(one.actor for one in self._rows))):
            self._skill.addItem(one_line(named.get(actor, actor)), actor)
        select(self._skill, chosen)

    def _fill(self, rows: Sequence[ActivityRow]) -> None:
        self._notice.hide()
        if tuple(rows) != self._rows or not self._list.count():
            self._rows = tuple(rows)
            self._list_actors()
            self._build()

    def _filtered(self) -> None:
        self._build()

    def _show_more(self) -> None:
        self._shown += _SHOWN
        self.refresh()

    def _build(self) -> None:
        clear(self._list)
        words, actor = self._desk.words, self._skill.currentData()
        found = [one for one in self._rows[: self._shown] if actor in ("", one.actor)]
        for day, of_day in itertools.groupby(found, key=_day):
            self._list.addSpacing(SPACE)
            self._list.addWidget(label(words.day(day), "heading"))
            for one in of_day:
                self._list.addWidget(self._card(one))
        self._more.setVisible(len(self._rows) > self._shown)
        if not found:
            self._list.addWidget(self._nothing())

    def _nothing(self) -> QWidget:
        words = self._desk.words
        if self._rows:
            return label(words("activity.none_of_it"), "muted")
        go = button(words("activity.skills"))
        go.clicked.connect(self.wanted_skills)
        title, what = label(words("activity.none"), "heading"), label(words("activity.none_what"), "muted")
        return frame("card", column(title, what, row(go, 0), margin=SPACE * 3))

    def _card(self, one: ActivityRow) -> QFrame:
        words = self._desk.words
        said = column(label(one_line(one.sentence)), label(self._about(one), "small"), gap=4)
        if one.because:
            because = Because(self._desk, one.because)
            because.opened.connect(self.opened)
            said.addWidget(label(words("activity.because"), "small"))
            said.addWidget(because)
        tools = row(gap=4)
        if one.run is not None:
            run = one.run
            see = button(words("activity.run"), "quiet")
            see.setAccessibleDescription(one_line(one.sentence))
            see.clicked.connect(lambda: self.wanted_run.emit(run))
            tools.addWidget(see)
        if one.undo and one.undone is None:
            undo = button(words("activity.undo"))
            undo.setAccessibleDescription(one_line(one.sentence))
            undo.clicked.connect(lambda: self._undo(one, undo))
            tools.addWidget(undo)
        tools.addStretch(1)
        return frame("card", column(said, tools, margin=SPACE + 4, gap=4))

    def _about(self, one: ActivityRow) -> str:
        words = self._desk.words
        facts = [words.time(one.at), one_line(self._named.get(one.actor, one.actor))]
        if one.undone is not None:
            facts.append(words("activity.undone", when=words.date(one.undone, time=True)))
        return " · ".join(fact for fact in facts if fact)

    def _undo(self, one: ActivityRow, pressed: QPushButton) -> None:
        pressed.setEnabled(False)
        self._desk.bridge.submit(self, "undo", one.id, on_done=lambda _: self.refresh(), on_failed=self._undo_failed)

    def _undo_failed(self, error: BaseException) -> None:
        self._notice.tell(error)
        self._build()


def _day(row: ActivityRow) -> str:
    """The local day of it, YYYY-MM-DD."""
    try:
        return datetime.fromisoformat(row.at).astimezone().date().isoformat()
    except (ValueError, OverflowError, OSError):
        return row.at[:10]
