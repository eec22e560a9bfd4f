"""Of the offer of prompts: who may be asked to do again what was done here, and whether that is done for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.swarm import validates
from app.swarm_results import OfferRow, PeerRow
from app.views.desk import Desk
from app.views.field import Field, beside
from app.views.parts import choices, select
from app.views.plain import one_line

_NOBODY = "none"


class OfferValidation(QWidget):
    """`changed` when the person chose something."""

    changed = Signal()

    def __init__(self, desk: Desk, offer: OfferRow, kind: str) -> None:
        """`kind`: as the person reads it."""
        super().__init__()
        words = desk.words
        self._before = {
            validates.VALIDATOR: str(offer.settings.get(validates.VALIDATOR) or _NOBODY),
            validates.VALIDATES: str(offer.settings.get(validates.VALIDATES, "ask")),
        }
        known = [(_NOBODY, words("checked.validator_none"))]
        if self._before[validates.VALIDATOR] != _NOBODY:
            known.append((self._before[validates.VALIDATOR], one_line(str(offer.settings.get(validates.NAME, "…")))))
        self._validator = choices(words("checked.validator_name", kind=kind), known)
        self._rule = choices(
            words("checked.rule_name", kind=kind), [(one, words(f"checked.rule_{one}")) for one in validates.RULES]
        )
        select(self._validator, self._before[validates.VALIDATOR])
        select(self._rule, self._before[validates.VALIDATES])
        for box in (self._validator, self._rule):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.setLayout(
            beside(Field(words("checked.validator"), self._validator, words("checked.validator_help")),
                   Field(words("checked.rule"), self._rule, words("checked.rule_help")))
        )  # fmt: skip
        desk.bridge.submit(self, "peers", on_done=self._fill)

    @property
    def settings(self) -> dict[str, Any]:
        """What was changed."""
        now = {validates.VALIDATOR: self._validator.currentData(), validates.VALIDATES: self._rule.currentData()}
        return {key: value for key, value in now.items() if value != self._before[key]}

    def kept(self) -> None:
        """The node has it."""
        self._before |= self.settings

    def _fill(self, peers: Sequence[PeerRow]) -> None:
        for peer in peers:
            if peer.standing == "contact" and self._validator.findData(peer.peer_id) < 0:
                self._validator.addItem(one_line(peer.name), peer.peer_id)
