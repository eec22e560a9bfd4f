"""What the wallet signed and sent, and what came in, in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, frame, label, row
from app.views.plain import breakable, one_line
from app.views.wallet_rows import WalletRows
from app.wallet_results import HistoryRow, Movement, Movements

_PAGE = 20
_LOOKS = {"final": "good", "reverted": "danger", "displaced": "warning"}


class WalletHistory(QWidget):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._most = _PAGE
        self._shown: tuple[HistoryRow, ...] | None = None
        self._came: tuple[Movement, ...] | None = None
        self._list = column(gap=SPACE)
        self._payments = column(gap=SPACE)
        words = desk.words
        self._payments_title = label(words("wallet.came"), "heading")
        self._payments_title.hide()
        heading = label(words("wallet.history"), "heading")
        self.setLayout(column(heading, self._list, self._payments_title, self._payments, gap=SPACE + 4))

    def show_rows(self, rows: Sequence[HistoryRow]) -> None:
        """What did not change stays as it is."""
        if tuple(rows) != self._shown:
            self._shown = tuple(rows)
            self._build()

    def show_payments(self, found: Movements) -> None:
        """What came in: of what went out the list above tells."""
        came = tuple(one for one in found.movements if one.way == "in")
        if came == self._came:
            return
        self._came = came
        clear(self._payments)
        for one in came[:_PAGE]:
            self._payments.addWidget(self._payment(one))
        self._payments_title.setVisible(bool(came))

    def _build(self) -> None:
        clear(self._list)
        rows = self._shown or ()
        for one in rows[: self._most]:
            self._list.addWidget(self._card(one))
        if len(rows) > self._most:
            more = button(self._desk.words("wallet.older"))
            more.clicked.connect(self._older)
            self._list.addLayout(row(more, 0))
        if not rows:
            self._list.addWidget(label(self._desk.words("wallet.no_history"), "muted"))

    def _older(self) -> None:
        self._most += _PAGE
        self._build()

    def _card(self, one: HistoryRow) -> QFrame:
        words = self._desk.words
        said = label(breakable(one.text))
        state = label(" · ".join((one.state_text, words.ago(one.at))), _LOOKS.get(one.state, "muted"))
        found = column(said, state, margin=SPACE + 4, gap=4)
        if one.problem:
            found.addWidget(label(one_line(one.problem), "warning"))
        rows = ((words("wallet.hash"), one.hash), (words("wallet.when"), words.date(one.at, time=True)), *one.rows)
        found.addWidget(WalletRows(self._desk, rows, one.text))
        return frame("card", found)

    def _payment(self, one: Movement) -> QFrame:
        words = self._desk.words
        who = one_line(one.other_text) or f"{one.other[:6]}…{one.other[-4:]}"
        said = words("wallet.received", amount=one.money.said, name=who)
        rows = ((words("wallet.hash"), one.hash), (words("wallet.from"), one.other))
        inner = column(label(said), label(words.ago(one.at), "small"), WalletRows(self._desk, rows, said),
                       margin=SPACE + 4, gap=4)  # fmt: skip
        return frame("card", inner)
