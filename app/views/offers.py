"""What this node does for others, a card for each kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.swarm_results import Offerable, OfferRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.offer_card import OfferCard
from app.views.parts import clear, column, label


class Offers(QWidget):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[tuple[OfferRow, ...], Offerable] | None = None
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        what = label(desk.words("offer.what"), "muted")
        self.setLayout(column(what, self._notice, self._list, gap=SPACE * 2))

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "offerable", on_done=self._ask, on_failed=self._notice.tell)

    def _ask(self, could: Offerable) -> None:
        self._desk.bridge.submit(
            self, "swarm_offers", on_done=lambda offers: self._fill(offers, could), on_failed=self._notice.tell
        )

    def _fill(self, offers: Sequence[OfferRow], could: Offerable) -> None:
        """What did not change stays as it is: somebody may be typing in it."""
        self._notice.hide()
        if (tuple(offers), could) == self._shown:
            return
        self._shown = (tuple(offers), could)
        clear(self._list)
        for offer in offers:
            card = OfferCard(self._desk, offer, could)
            card.stored.connect(self.refresh)
            self._list.addWidget(card)
