"""What waits for the person, drafts too, what was answered, and the standing rules."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.skill_results import ApprovalRow
from app.theme.tokens import SPACE
from app.views.approval_card import ApprovalCard
from app.views.card_pages import CardPages
from app.views.desk import Desk
from app.views.drafts import Drafts
from app.views.notice import Notice
from app.views.parts import button, column, frame, label, row
from app.views.rules_list import RulesList
from app.views.sheet import Head, Sheet
from app.views.tabs import Tabs

WAITING, DRAFTS, ANSWERED, RULES = range(4)
_WIDTH = 760
_SOON_MS = 200  # changes come in bursts
_AGAIN_MS = 30_000  # what expires while it is looked at goes
_OPEN = ("pending", "unknown")


class Approvals(QWidget):
    """`opened` with a record's id; `wanted_account` to set up an account that can send; `wanted_skills`."""

    opened = Signal(str)
    wanted_account = Signal()
    wanted_skills = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._answered: set[int] = set()  # here, since the page was turned to: they stay to show what became of them
        self._rows: dict[int, ApprovalRow] = {}  # in the order in which they are shown
        self._past_rows: dict[int, ApprovalRow] = {}
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = CardPages(desk, words("approvals.waiting"), lambda number: self._card(self._rows[number]))
        skills = button(words("approvals.see_skills"))
        skills.clicked.connect(self.wanted_skills)
        self._none = self._nothing("approvals.none", "approvals.none_what", row(skills, 0))
        self._past = CardPages(desk, words("approvals.past"), lambda number: self._past_card(self._past_rows[number]))
        self._none_past = self._nothing("approvals.none_past", "approvals.past_what")
        self._past_notice = Notice(desk)
        self._past_notice.again.connect(self.refresh)
        self.rules = RulesList(desk)
        self._tabs = Tabs()
        self._tabs.add(words("approvals.waiting"), self._sheet(self._notice, self._none, self._list))
        self.drafts = Drafts(desk)
        self.drafts.opened.connect(self.opened)
        self.drafts.wanted_account.connect(self.wanted_account)
        self._tabs.add(words("approvals.drafts"), Sheet(column(self.drafts), _WIDTH, middle=False))
        self._tabs.add(words("approvals.past"), self._sheet(self._past_notice, self._none_past, self._past))
        self._tabs.add(words("approvals.rules"), Sheet(column(self.rules), _WIDTH, middle=False))
        self._tabs.turned.connect(lambda _: self.refresh())
        head = column(label(words("approvals.title"), "title"), label(words("approvals.what"), "muted"), self._tabs)
        outer = column(Head(head, _WIDTH), self._tabs.pages, gap=0)
        outer.setStretch(1, 1)
        self.setLayout(outer)
        self.setFocusProxy(self._tabs)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._again.timeout.connect(self.refresh)

    @staticmethod
    def _sheet(*parts: QWidget) -> Sheet:
        return Sheet(column(*parts, gap=SPACE * 2), _WIDTH, middle=False)

    def _nothing(self, heading: str, what: str, *more: QHBoxLayout) -> QFrame:
        words = self._desk.words
        said = column(label(words(heading), "heading"), label(words(what), "muted"), *more, margin=SPACE * 3)
        found = frame("card", said)
        found.hide()
        return found

    @property
    def _cards(self) -> dict[int, ApprovalCard]:
        """Of what waits, and of what was answered here: those of the page that is shown."""
        return self._list.cards

    def refresh(self) -> None:
        """Ask the node again for what the shown part shows."""
        submit = self._desk.bridge.submit
        if self._tabs.current == WAITING:
            submit(self, "approvals", False, on_done=self._fill, on_failed=self._notice.tell)
        elif self._tabs.current == ANSWERED:
            submit(self, "approvals", True, on_done=self._fill_past, on_failed=self._past_notice.tell)
        elif self._tabs.current == DRAFTS:
            self.drafts.refresh()
        else:
            self.rules.refresh()

    def approvals_changed(self) -> None:
        """The node says that something waits, or waits no more."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def turn_to_waiting(self) -> None:
        self._tabs.turn_to(WAITING)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._again.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._again.stop()
        self._answered.clear()

    # -- what waits ------------------------------------------------------------------------------------------------

    def _fill(self, rows: Sequence[ApprovalRow]) -> None:
        """Cards of the same approvals stay where they are, so that no button moves under a hand."""
        self._notice.hide()
        waiting = {row.id: row for row in rows if row.state in _OPEN}
        kept = {
            number: waiting.get(number, row)
            for number, row in self._rows.items()
            if number in waiting or number in self._answered
        }
        changed = list(kept) != list(self._rows) or bool(set(waiting) - set(kept))
        self._rows = {**kept, **waiting}
        self._none.setVisible(not self._rows)
        if changed:
            self._list.show_keys(list(self._rows))
        for number, card in self._cards.items():
            if changed:
                card.hold()
            if number in waiting:
                card.show_approval(waiting[number])
            else:
                card.reload()

    def _card(self, approval: ApprovalRow) -> ApprovalCard:
        card = ApprovalCard(self._desk, approval)
        card.opened.connect(self.opened)
        card.answered.connect(self._answered.add)
        return card

    # -- what was answered -----------------------------------------------------------------------------------------

    def _fill_past(self, rows: Sequence[ApprovalRow]) -> None:
        self._past_notice.hide()
        self._past_rows = {row.id: row for row in rows if row.state not in _OPEN}
        self._none_past.setVisible(not self._past_rows)
        self._past.show_keys(list(self._past_rows))
        for number, past in self._past.cards.items():
            past.card.show_approval(self._past_rows[number])

    def _past_card(self, approval: ApprovalRow) -> _Past:
        return _Past(self._desk.words.date(approval.created, time=True), self._card(approval))


class _Past(QWidget):
    """What was asked, under the moment when it was."""

    def __init__(self, asked: str, card: ApprovalCard) -> None:
        super().__init__()
        self.card = card
        self.setLayout(column(label(asked, "small"), card, gap=SPACE))
