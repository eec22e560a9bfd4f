"""What this node does for others: for whom, how much of it a day, how many at once, and whether it asks first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QSpinBox, QWidget

from app.swarm_results import OfferRow
from app.texts import text
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.notice import Notice
from app.views.number_box import number_box
from app.views.parts import button, choices, clear, column, label, row, select
from app.views.plain import one_line
from app.views.task_words import kind_of

_AUDIENCES = ("nobody", "contacts", "open")
_MOST = 1_000_000_000
_AT_ONCE = 64


class Offers(QWidget):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[OfferRow, ...] | None = None
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        what = label(desk.words("offer.what"), "muted")
        self.setLayout(column(what, self._notice, self._list, gap=SPACE * 2))

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "swarm_offers", on_done=self._fill, on_failed=self._notice.tell)

    def _fill(self, offers: Sequence[OfferRow]) -> None:
        """What did not change stays as it is: somebody may be typing in it."""
        self._notice.hide()
        if tuple(offers) == self._shown:
            return
        self._shown = tuple(offers)
        clear(self._list)
        for offer in offers:
            card = OfferCard(self._desk, offer)
            card.stored.connect(self.refresh)
            self._list.addWidget(card)


class OfferCard(QFrame):
    """`stored` once the node has what was set."""

    stored = Signal()

    def __init__(self, desk: Desk, offer: OfferRow) -> None:
        super().__init__()
        self._desk = desk
        self._kind = offer.kind
        words = desk.words
        kind = kind_of(words, offer.kind)
        self.setProperty("role", "card")
        self._audience = choices(
            words("offer.audience_name", kind=kind),
            [(one, _capital(text(f"swarm.audience.{one}", words.language))) for one in _AUDIENCES],
        )
        select(self._audience, offer.audience)
        self._quota = self._number(offer.quota, 0, _MOST, words("offer.quota_name", kind=kind))
        self._quota.setSuffix(f" {one_line(offer.unit)}")
        self._at_once = self._number(offer.at_once, 1, _AT_ONCE, words("offer.at_once_name", kind=kind))
        self._asks = QCheckBox(words("offer.asks"))
        self._asks.setAccessibleName(words("offer.asks_name", kind=kind))
        self._asks.setChecked(offer.asks)
        self._save = button(words("offer.save"))
        self._save.setAccessibleName(words("offer.save_name", kind=kind))
        self._save.clicked.connect(self._store)
        self._saved = label("", "good")
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        fields = row(
            Field(words("offer.audience"), self._audience), Field(words("offer.quota"), self._quota),
            Field(words("offer.at_once"), self._at_once), gap=SPACE * 2,
        )  # fmt: skip
        self.setLayout(
            column(
                label(kind, "heading"), label(offer.about, "muted"), fields, self._asks,
                row(self._save, self._saved, 0), self._notice, margin=SPACE * 2, gap=SPACE + 4,
            )
        )  # fmt: skip

    def _number(self, value: int, least: int, most: int, name: str) -> QSpinBox:
        result = number_box(self._desk.words, value, least, most)
        result.setAccessibleName(name)
        result.valueChanged.connect(lambda _: self._saved.setText(""))
        return result

    def _store(self) -> None:
        self._notice.hide()
        changes = {
            "audience": self._audience.currentData(),
            "quota": self._quota.value(),
            "at_once": self._at_once.value(),
            "asks": self._asks.isChecked(),
        }
        self._desk.bridge.submit(
            self, "change_offer", self._kind, changes, on_done=lambda _: self._done(), on_failed=self._notice.tell
        )

    def _done(self) -> None:
        self._saved.setText(self._desk.words("offer.saved"))


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]
