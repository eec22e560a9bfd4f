"""Who answered a call, and with what, in a table; the person's choice where they wanted to choose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton

from app.swarm_results import BidRow, TaskView
from app.texts import catalogue
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, label, role, row
from app.views.plain import breakable, one_line
from app.views.task_words import reason

_COLUMNS = ("bids.agent", "bids.price", "bids.ready", "bids.until", "bids.stands")
_GOOD = ("awarded", "done")
_BAD = ("refused", "failed", "not-understood", "held")
_LONG = 40  # signs of a name that are shown


class TaskBids(QFrame):
    """`awarded` with the peer that gets the task, "" for nobody.  Hidden where nobody was asked."""

    awarded = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[tuple[BidRow, ...], bool] | None = None
        self.setProperty("role", "card")
        self._what = label("", "small")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(SPACE * 2)
        self._table.setVerticalSpacing(SPACE)
        self._table.setColumnStretch(0, 2)
        self._table.setColumnStretch(4, 3)
        self._lines: list[_Line] = []
        self._nobody = button(desk.words("bids.nobody"))
        self._nobody.setAutoDefault(False)
        self._nobody.clicked.connect(lambda: self.awarded.emit(""))
        self._nobody.hide()
        self.setLayout(
            column(label(desk.words("bids.title"), "heading"), self._what, self._table, row(self._nobody, 0),
                   margin=SPACE * 2, gap=SPACE + 2)
        )  # fmt: skip
        self.hide()

    def show_task(self, view: TaskView) -> None:
        """What did not change stays as it is: somebody may be about to press a button."""
        choosing = view.row.state == "choosing" and view.row.role == "initiator"
        if (view.bids, choosing) == self._shown:
            return
        same = self._shown is not None and [bid.peer_id for bid in view.bids] == [bid.peer_id for bid in self._shown[0]]
        self._shown = (view.bids, choosing)
        words = self._desk.words
        if not same:
            clear(self._table)
            self._lines = [_Line(self._desk, self._table, number) for number, _ in enumerate(view.bids, start=1)]
            for number, key in enumerate(_COLUMNS):
                self._table.addWidget(label(words(key), "small"), 0, number)
            for line in self._lines:
                line.awarded.connect(self.awarded)
        answered = sum(bid.state not in ("called", "silent") for bid in view.bids)
        self._what.setText(
            words("bids.choose") if choosing else words("bids.answered", count=len(view.bids), answered=answered)
        )
        for line, bid in zip(self._lines, view.bids, strict=True):
            line.show_bid(bid, self._cells(bid), choosing=choosing)
        self._nobody.setVisible(choosing)
        self.setVisible(bool(view.bids))

    def _cells(self, bid: BidRow) -> tuple[str, str, str, str]:
        """Price, when it would be ready, how long the proposal holds, how it stands."""
        words = self._desk.words
        key = f"bids.{bid.state.replace('-', '_')}"
        stands = words(key) if f"window.{key}" in catalogue() else one_line(bid.state)
        if bid.reason and bid.reason != bid.state:
            stands = words("bids.why", stands=stands, why=reason(words, bid.reason))
        if bid.until is None:
            return "", "", "", stands
        price = one_line(bid.said) if bid.price else words("bids.free")
        seconds = max(1, round(bid.eta_ms / 1000))
        ready = words("bids.eta", seconds=words.number(seconds)) if bid.eta_ms else ""
        return price, ready, words.moment(bid.until) if _later(bid.until) else words.time(bid.until), stands


class _Line(QObject):
    """One agent's cells, made once and told what changed; `awarded` with its peer id."""

    awarded = Signal(str)

    def __init__(self, desk: Desk, table: QGridLayout, number: int) -> None:
        super().__init__(table)
        self._desk = desk
        self._table = table
        self._number = number
        self._bid: BidRow | None = None
        self._award: QPushButton | None = None
        self._who = label("")
        self._cells = [label("") for _ in _COLUMNS[1:]]
        for place, cell in enumerate((self._who, *self._cells)):
            table.addWidget(cell, number, place, Qt.AlignmentFlag.AlignVCenter)

    def show_bid(self, bid: BidRow, cells: Sequence[str], *, choosing: bool) -> None:
        name = one_line(bid.name)
        if bid != self._bid:
            self._bid = bid
            self._who.setText(breakable(name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"))
            self._who.setToolTip(name)
            self._who.setAccessibleName(", ".join((name, *(cell for cell in cells if cell))))
            for cell, said in zip(self._cells, cells, strict=True):
                cell.setText(said)
            role(self._cells[-1], "good" if bid.state in _GOOD else "danger" if bid.state in _BAD else "")
        wanted = choosing and bid.state == "proposed"
        if wanted and self._award is None:
            self._award = button(self._desk.words("bids.award"), "primary")
            self._award.setAutoDefault(False)
            self._award.setAccessibleName(self._desk.words("bids.award_name", name=name))
            self._award.clicked.connect(lambda: self.awarded.emit(bid.peer_id))
            self._table.addWidget(self._award, self._number, len(_COLUMNS))
        if self._award is not None:
            self._award.setVisible(wanted)


def _later(moment: str) -> bool:
    """Not today any more."""
    return datetime.fromisoformat(moment).astimezone().date() > datetime.now().astimezone().date()
