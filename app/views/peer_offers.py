"""What a contact's agent does for this person and what it asks, as it tells just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from PySide6.QtWidgets import QWidget

from app.swarm.explaining import price_asked
from app.swarm_results import PeerOffer, PeerOffers
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import clear, column, label, line
from app.views.plain import one_line
from app.views.task_words import kind_of

_NAMES = 8  # skills or models that are named


class PeerOffersCard(QWidget):
    """Asks when it is made, and again by `refresh`.  `peer`: its id."""

    def __init__(self, desk: Desk, peer: str) -> None:
        super().__init__()
        self._desk = desk
        self._peer = peer
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._body = column(gap=SPACE // 2)
        self.setLayout(column(line(), self._notice, self._body, gap=SPACE))
        self.refresh()

    def refresh(self) -> None:
        self._notice.hide()
        self._say("offers_looking")
        self._desk.bridge.submit(self, "peer_offers", (self._peer,), on_done=self.show_offers, on_failed=self._failed)

    def show_offers(self, told: Sequence[PeerOffers]) -> None:
        if not told:
            self._say("offers_away")
            return
        offers = told[0].offers
        if not offers:
            self._say("offers_none")
            return
        clear(self._body)
        for offer in offers:
            self._body.addWidget(label(kind_of(self._desk.words, offer.kind)))
            asked = price_asked(asdict(offer), self._desk.words.language)
            self._body.addWidget(label(asked[:1].upper() + asked[1:], "small"))
            if named := self._named(offer):
                self._body.addWidget(label(named, "small"))
            self._body.addSpacing(SPACE // 2)

    def _named(self, offer: PeerOffer) -> str:
        """Skills by their titles, models with their sizes."""
        words = self._desk.words
        titles = [one_line(one.title) or one.skill for one in offer.skills]
        titles += [f"{one_line(one.name) or one.sha256[:12]} ({words.size(one.size)})" for one in offer.models]
        return ", ".join(titles[:_NAMES]) + (" …" if len(titles) > _NAMES else "")

    def _say(self, key: str) -> None:
        clear(self._body)
        self._body.addWidget(label(self._desk.words(f"peers.{key}"), "muted"))

    def _failed(self, error: BaseException) -> None:
        clear(self._body)
        self._notice.tell(error)
