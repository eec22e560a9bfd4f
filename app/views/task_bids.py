"""Who answered a call, and with what, in a table; the person's choice where they wanted to choose."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout

from app.swarm_results import BidRow, TaskView
from app.texts import catalogue
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, label, row
from app.views.plain import one_line
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
        self._below = row(0)
        self.setLayout(
            column(label(desk.words("bids.title"), "heading"), self._what, self._table, self._below,
                   margin=SPACE * 2, gap=SPACE + 2)
        )  # fmt: skip
        self.hide()

    def show_task(self, view: TaskView) -> None:
        """What did not change stays as it is: somebody may be about to press a button."""
        choosing = view.row.state == "choosing" and view.row.role == "initiator"
        if (view.bids, choosing) == self._shown:
            return
        self._shown = (view.bids, choosing)
        words = self._desk.words
        clear(self._table)
        clear(self._below)
        answered = sum(bid.state not in ("called", "silent") for bid in view.bids)
        self._what.setText(
            words("bids.choose") if choosing else words("bids.answered", count=len(view.bids), answered=answered)
        )
        for number, key in enumerate(_COLUMNS):
            self._table.addWidget(label(words(key), "small"), 0, number)
        for number, bid in enumerate(view.bids, start=1):
            self._line(number, bid, choosing)
        if choosing:
            nobody = button(words("bids.nobody"))
            nobody.setAutoDefault(False)
            nobody.clicked.connect(lambda: self.awarded.emit(""))
            self._below.addWidget(nobody)
            self._below.addStretch(1)
        self.setVisible(bool(view.bids))

    def _line(self, number: int, bid: BidRow, choosing: bool) -> None:
        words, name = self._desk.words, one_line(bid.name)
        look = "good" if bid.state in _GOOD else "danger" if bid.state in _BAD else ""
        cells = self._cells(bid)
        who = label(name if len(name) <= _LONG else f"{name[: _LONG - 1]}…")
        who.setToolTip(name)
        who.setAccessibleName(", ".join((name, *(cell for cell in cells if cell))))
        self._table.addWidget(who, number, 0, Qt.AlignmentFlag.AlignVCenter)
        for place, said in enumerate(cells, start=1):
            self._table.addWidget(label(said, look if place == len(cells) else ""), number, place)
        if choosing and bid.state == "proposed":
            award = button(words("bids.award"), "primary")
            award.setAutoDefault(False)
            award.setAccessibleName(words("bids.award_name", name=name))
            award.clicked.connect(lambda: self.awarded.emit(bid.peer_id))
            self._table.addWidget(award, number, len(_COLUMNS))

    def _cells(self, bid: BidRow) -> tuple[str, str, str, str]:
        """Price, when it would be ready, how long the proposal holds, how it stands."""
        words = self._desk.words
        key = f"bids.{bid.state.replace('-', '_')}"
        stands = words(key) if f"window.{key}" in catalogue() else one_line(bid.state)
        if bid.reason and bid.reason != bid.state:
            stands = words("bids.why", stands=stands, why=reason(words, bid.reason))
        if bid.until is None:
            return "", "", "", stands
        price = f"{words.number(bid.price)} {one_line(bid.token)}" if bid.price else words("bids.free")
        seconds = max(1, round(bid.eta_ms / 1000))
        ready = words("bids.eta", seconds=words.number(seconds)) if bid.eta_ms else ""
        return price, ready, words.moment(bid.until) if _later(bid.until) else words.time(bid.until), stands


def _later(moment: str) -> bool:
    """Not today any more."""
    return datetime.fromisoformat(moment).astimezone().date() > datetime.now().astimezone().date()
