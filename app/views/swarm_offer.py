"""What is asked once, before others can reach this node: whether contacts may use the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.swarm_results import OfferRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field
from app.views.notice import Notice
from app.views.number_box import number_box
from app.views.parts import button, column, label
from app.views.swarm_setting import ASKED

_KIND = "inference"
_MOST = 10_000_000
_STEP = 1000


class SwarmOffer(Dialog):
    """Opened with `open()`; `answered` once the answer is stored.  It can be changed on the page of tasks."""

    answered = Signal()

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("swarm_offer.title"), 560)
        self._desk = desk
        self._quota = number_box(words, 1, 1, _MOST)
        self._quota.setSingleStep(_STEP)
        self._quota.setEnabled(False)  # until it is known what is usual
        self._notice = Notice(desk)
        self._notice.again.connect(self._ask)
        no = button(words("swarm_offer.no"))
        no.clicked.connect(lambda: self._store("nobody"))
        yes = button(words("swarm_offer.yes"), "primary")
        yes.clicked.connect(lambda: self._store("contacts"))
        field = Field(words("swarm_offer.quota"), self._quota, words("swarm_offer.quota_help"))
        self.fill(
            column(label(words("swarm_offer.what")), label(words("swarm_offer.later"), "muted"), field, self._notice,
                   gap=SPACE * 2),
            no, yes,
        )  # fmt: skip
        self._ask()
        yes.setFocus()

    def _ask(self) -> None:
        self._desk.bridge.submit(self, "swarm_offers", on_done=self._show, on_failed=self._notice.tell)

    def _show(self, offers: Sequence[OfferRow]) -> None:
        for offer in offers:
            if offer.kind == _KIND:
                self._quota.setValue(offer.quota)
        self._quota.setEnabled(True)

    def _store(self, audience: str) -> None:
        changes: dict[str, Any] = {"audience": audience}
        if audience != "nobody":
            changes["quota"] = self._quota.value()
        self._desk.bridge.submit(
            self, "change_offer", _KIND, changes, on_done=lambda _: self._note(), on_failed=self._notice.tell
        )

    def _note(self) -> None:
        self._desk.bridge.submit(
            self, "set_setting", ASKED, True, on_done=lambda _: self._ended(), on_failed=self._notice.tell
        )

    def _ended(self) -> None:
        self.answered.emit()
        self.accept()
