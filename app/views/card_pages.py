"""Many cards: a page of them at a time, built one in each pass of the event loop, so that the window never waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row

PAGE = 10  # cards; laying out hundreds takes seconds

Card = TypeVar("Card", bound=QWidget)


class CardPages(QWidget, Generic[Card]):
    """`cards` has those that are built, by their keys.  A card stays where it is for as long as its key does."""

    def __init__(self, desk: Desk, name: str, make: Callable[[int], Card]) -> None:
        """`name`: of the whole list, for a screen reader.  `make`: a card by its key."""
        super().__init__()
        self._words = desk.words
        self._make = make
        self._keys: list[int] = []
        self._page = 0
        self.cards: dict[int, Card] = {}
        self._where = label("", "muted", wrap=False)
        self._before = button(desk.words("pages.before"))
        self._after = button(desk.words("pages.after"))
        for turn, step in ((self._before, -1), (self._after, 1)):
            turn.setAccessibleDescription(name)
            turn.clicked.connect(lambda _=False, step=step: self._turn(step))
        self._pager = QWidget()
        self._pager.setLayout(row(self._where, 0, self._before, self._after))
        self._list = column(gap=SPACE)
        self.setLayout(column(self._pager, self._list, gap=SPACE * 2))
        self._build = QTimer(self, interval=0)
        self._build.timeout.connect(self._build_one)
        self._pager.hide()

    def show_keys(self, keys: Sequence[int]) -> None:
        """These from now on, in this order."""
        self._keys = list(keys)
        self._arrange()

    @property
    def complete(self) -> bool:
        """Whether every card of the page is built."""
        return not self._build.isActive()

    def _turn(self, step: int) -> None:
        self._page += step
        self._arrange()

    def _arrange(self) -> None:
        last = max(0, (len(self._keys) - 1) // PAGE)
        self._page = min(max(self._page, 0), last)
        shown = self._shown()
        for key in [key for key in self.cards if key not in shown]:
            card = self.cards.pop(key)
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._pager.setVisible(last > 0)
        first, numbers = self._page * PAGE + 1, self._words.number
        self._where.setText(
            self._words(
                "pages.of", first=numbers(first), last=numbers(first - 1 + len(shown)), count=numbers(len(self._keys))
            )
        )
        self._before.setEnabled(self._page > 0)
        self._after.setEnabled(self._page < last)
        if set(shown) - set(self.cards):
            self._build.start()
        else:
            self._build.stop()

    def _shown(self) -> list[int]:
        return self._keys[self._page * PAGE : (self._page + 1) * PAGE]

    def _build_one(self) -> None:
        shown = self._shown()
        missing = [key for key in shown if key not in self.cards]
        if missing:
            card = self._make(missing[0])
            self._list.insertWidget(shown.index(missing[0]), card)  # those before it are there
            self.cards[missing[0]] = card
        if len(missing) <= 1:
            self._build.stop()
