"""The runs of a skill, newest first; each unfolds to what it said and did."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.skill_results import RunRow, RunView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, label, rename, role, row
from app.views.run_view import RunDetail
from app.views.skill_words import run_line, run_state

_SHOWN = 20  # runs at a time


class RunLog(QWidget):
    """`opened` with a record's id; `wanted_approvals`."""

    opened = Signal(str)
    wanted_approvals = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._skill = ""
        self._unfold: int | None = None  # as soon as it is listed
        self._rows: tuple[RunRow, ...] = ()
        self._cards: dict[int, _RunCard] = {}
        self._most = _SHOWN
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self._more = button(desk.words("runs.more"))
        self._more.clicked.connect(self._show_more)
        self._more.hide()
        self.setLayout(column(self._notice, self._list, row(self._more, 0), gap=SPACE))

    def open_skill(self, skill: str) -> None:
        self._skill = skill
        self._rows = ()
        self._cards = {}
        self._most = _SHOWN
        clear(self._list)

    def unfold(self, run: int) -> None:
        """Show what this run said and did."""
        self._unfold = run
        if run in self._cards:
            self._cards[run].unfold()

    def refresh(self) -> None:
        if self._skill:
            wanted = (self._skill, self._most + 1)
            self._desk.bridge.submit(self, "runs", *wanted, on_done=self._fill, on_failed=self._notice.tell)

    def _show_more(self) -> None:
        self._most += _SHOWN
        self.refresh()

    def _fill(self, rows: Sequence[RunRow]) -> None:
        """Cards of the same runs stay, unfolded or not."""
        self._notice.hide()
        if tuple(rows) == self._rows and self._list.count():
            return
        self._rows = tuple(rows)
        shown = rows[: self._most]
        kept = {number: card for number, card in self._cards.items() if number in {one.id for one in shown}}
        for card in kept.values():
            self._list.removeWidget(card)
        clear(self._list)
        self._cards = {one.id: kept.get(one.id) or self._card(one) for one in shown}
        for one in shown:
            self._cards[one.id].show_run(one)
            self._list.addWidget(self._cards[one.id])
        self._more.setVisible(len(rows) > len(shown))
        if not rows:
            self._list.addWidget(label(self._desk.words("runs.no_runs"), "muted"))
        if self._unfold in self._cards:
            self._cards[self._unfold].unfold()
            self._unfold = None

    def _card(self, run: RunRow) -> _RunCard:
        card = _RunCard(self._desk, run)
        card.opened.connect(self.opened)
        card.wanted_approvals.connect(self.wanted_approvals)
        return card


class _RunCard(QFrame):
    opened = Signal(str)
    wanted_approvals = Signal()

    def __init__(self, desk: Desk, run: RunRow) -> None:
        super().__init__()
        self._desk = desk
        self._run = run
        self.setProperty("role", "card")
        words = desk.words
        self._line = label("")
        self._state = label("", wrap=False)
        self._stop = button(words("runs.stop"), "quiet")
        self._stop.clicked.connect(self._end)
        self._toggle = button(words("runs.details"), "quiet")
        self._toggle.clicked.connect(self._turn)
        self._notice = Notice(desk)
        self._notice.again.connect(self._load)
        self._detail: QVBoxLayout = column()
        self._open = False
        head = row(self._line, self._state, self._stop, self._toggle)
        head.setStretch(0, 1)
        self.setLayout(column(head, self._notice, self._detail, margin=SPACE + 4, gap=SPACE))

    def show_run(self, run: RunRow) -> None:
        """The same run as the node has it now."""
        changed = run != self._run
        self._run = run
        words = self._desk.words
        self._line.setText(run_line(run, words))
        said, look = run_state(run, words)
        self._state.setText(said)
        role(self._state, look)
        for control in (self._toggle, self._stop):
            control.setAccessibleDescription(self._line.text())
        self._stop.setVisible(run.state in ("running", "waiting"))
        if changed and self._open:
            self._load()

    def unfold(self) -> None:
        if not self._open:
            self._turn()

    def _turn(self) -> None:
        self._open = not self._open
        rename(self._toggle, self._desk.words("runs.hide" if self._open else "runs.details"))
        clear(self._detail)
        if self._open:
            self._load()

    def _load(self) -> None:
        self._desk.bridge.submit(self, "run", self._run.id, on_done=self._show, on_failed=self._notice.tell)

    def _show(self, view: RunView) -> None:
        if not self._open:
            return
        clear(self._detail)
        detail = RunDetail(self._desk, view)
        detail.opened.connect(self.opened)
        detail.wanted_approvals.connect(self.wanted_approvals)
        self._detail.addWidget(detail)

    def _end(self) -> None:
        self._stop.setEnabled(False)
        self._desk.bridge.submit(
            self,
            "stop_run",
            self._run.id,
            on_done=lambda _: self._stop.setEnabled(True),
            on_failed=self._not_ended,
        )

    def _not_ended(self, error: BaseException) -> None:
        self._stop.setEnabled(True)
        self._notice.tell(error)
