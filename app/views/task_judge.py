"""Who decides a dispute over a task that is paid for on chain, and how long everybody has for it."""

from __future__ import annotations

from typing import TypedDict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.chain.spans import span_text
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.parts import choices, column, row, select
from app.views.plain import one_line

WINDOWS = (3_600, 86_400, 3 * 86_400)  # seconds
_USUAL = 86_400


class Judging(TypedDict):
    """As of app.swarm.negotiating.Terms."""

    arbiter: str
    look: bool
    dispute_window: int
    ruling_window: int


class TaskJudge(QWidget):
    """`changed` when somebody else is named, or another time.  Without an arbiter the rest is not asked."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.arbiter = QLineEdit()
        options = [(one, span_text(one, words.language)) for one in WINDOWS]
        self.dispute = choices(words("judge.dispute"), options)
        self.ruling = choices(words("judge.ruling"), options)
        self.look = QCheckBox(words("judge.look"))
        self.look.setChecked(True)
        self._times = QWidget()
        times = row(
            Field(words("judge.dispute"), self.dispute), Field(words("judge.ruling"), self.ruling), gap=SPACE * 2
        )
        self._times.setLayout(column(times, self.look, gap=SPACE))
        self._times.hide()
        who = Field(words("judge.arbiter"), self.arbiter, words("judge.arbiter_help"))
        self.setLayout(column(who, self._times, gap=SPACE * 2))
        for box in (self.dispute, self.ruling):
            select(box, _USUAL)
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.look.toggled.connect(lambda _: self.changed.emit())
        self.arbiter.textChanged.connect(self._named)

    def given(self) -> Judging:
        """What the person chose."""
        named = self.arbiter.text().strip()
        windows = (int(self.dispute.currentData()), int(self.ruling.currentData())) if named else (0, 0)
        return Judging(
            arbiter=named, look=bool(named) and self.look.isChecked(), dispute_window=windows[0],
            ruling_window=windows[1],
        )  # fmt: skip

    def in_words(self) -> str:
        """What follows for a result that is not what was agreed; "" where nobody is named."""
        words, given = self._desk.words, self.given()
        if not given["arbiter"]:
            return ""
        return words(
            "judge.then_look" if given["look"] else "judge.then",
            name=one_line(given["arbiter"]),
            dispute=span_text(given["dispute_window"], words.language),
            ruling=span_text(given["ruling_window"], words.language),
        )

    def _named(self, name: str) -> None:
        self._times.setVisible(bool(name.strip()))
        self.changed.emit()
