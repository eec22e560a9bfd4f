"""Who answered a call, and with what; the person's choice where they wanted to choose."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.swarm_results import BidRow, TaskView
from app.texts import catalogue
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, label, row
from app.views.plain import one_line
from app.views.task_words import reason


class TaskBids(QFrame):
    """`awarded` with the peer that gets the task, "" for nobody.  Hidden where nobody was asked."""

    awarded = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[tuple[BidRow, ...], bool] | None = None
        self.setProperty("role", "card")
        self._list = column(gap=SPACE)
        self.setLayout(column(label(desk.words("bids.title"), "heading"), self._list, margin=SPACE * 2, gap=SPACE + 2))
        self.hide()

    def show_task(self, view: TaskView) -> None:
        """What did not change stays as it is: somebody may be about to press a button."""
        choosing = view.row.state == "choosing"
        if (view.bids, choosing) == self._shown:
            return
        self._shown = (view.bids, choosing)
        clear(self._list)
        for bid in view.bids:
            self._list.addLayout(self._line(bid, choosing))
        if choosing:
            nobody = button(self._desk.words("bids.nobody"))
            nobody.clicked.connect(lambda: self.awarded.emit(""))
            self._list.addLayout(row(nobody, 0))
        self.setVisible(bool(view.bids))

    def _line(self, bid: BidRow, choosing: bool) -> QHBoxLayout:
        words, name = self._desk.words, one_line(bid.name)
        said = column(label(name), label(self._told(bid), "small"), gap=2)
        line = row(said)
        line.setStretch(0, 1)
        if choosing and bid.state == "proposed":
            award = button(words("bids.award"), "primary")
            award.setAutoDefault(False)
            award.setAccessibleName(words("bids.award_name", name=name))
            award.clicked.connect(lambda: self.awarded.emit(bid.peer_id))
            line.addWidget(award)
        return line

    def _told(self, bid: BidRow) -> str:
        words = self._desk.words
        key = f"bids.{bid.state.replace('-', '_')}"
        said = [words(key) if f"window.{key}" in catalogue() else one_line(bid.state)]
        if bid.until is not None:
            said.append(f"{bid.price} {one_line(bid.token)}" if bid.price else words("bids.free"))
            if bid.eta_ms:
                said.append(words("bids.eta", seconds=words.number(max(1, round(bid.eta_ms / 1000)))))
        if bid.reason:
            said.append(reason(words, bid.reason))
        return " · ".join(said)
