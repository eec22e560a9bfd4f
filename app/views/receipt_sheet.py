"""A verified receipt as a page: what it proves, what it is about, what was said."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.receipt_results import ReceiptView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import column, form, frame, label, row, selectable
from app.views.plain import breakable, one_line
from app.views.plain_document import PlainDocument
from app.views.receipt_words import outcome, party, price, said, settlement
from app.views.task_words import asked, kind_of, pairs

_LINES = 10  # of a text that are seen at once
_SHORT = 80  # characters that fit beside their name


class ReceiptSheet(QWidget):
    """What a peer wrote in it is shown as text and nothing else."""

    def __init__(self, desk: Desk, view: ReceiptView) -> None:
        super().__init__()
        self._desk = desk
        self._view = view
        self.setLayout(column(self._verdict(), self._about(), self._talk(), gap=SPACE * 2))

    def _verdict(self) -> QFrame:
        words, view = self._desk.words, self._view
        maker = "initiator" if view.issuer == view.initiator else "participant"
        mine = view.mine == maker
        made = words("receipts.made_by_you") if mine else words("receipts.made_by", name=party(words, view, maker))
        told = [words("receipts.proved", count=len(view.messages)) + " " + made]
        inside = column(
            verdict(self._desk, "shield-check", "good", words("receipts.good")), *map(label, told),
            label(words("receipts.not_proved"), "muted"), margin=SPACE * 2, gap=6,
        )  # fmt: skip
        if view.settlement:
            inside.addWidget(label(words("receipts.claimed"), "muted"))
        return frame("card", inside)

    def _about(self) -> QFrame:
        words, view = self._desk.words, self._view
        facts = form()

        def fact(key: str, value: str, more: str = "") -> None:
            shown = column(selectable(breakable(value)), gap=2)
            if more:
                shown.addWidget(_small(more))
            name = label(words(f"receipts.{key}"), "muted", wrap=False)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            facts.addRow(name, shown)

        for which, peer in (("initiator", view.initiator), ("participant", view.participant)):
            fact(which, party(words, view, which), peer)
        fact("kind", kind_of(words, view.kind))
        fact("ended", outcome(words, view.outcome))
        fact("price", price(words, view))
        inside = column(label(words("receipts.about"), "heading"), facts, margin=SPACE * 2, gap=SPACE)
        inside.addWidget(label(words("tasks.asked"), "heading"))
        self._list(inside, asked(words, view.kind, view.asked))
        if view.result_digest:
            inside.addWidget(label(words("tasks.result"), "heading"))
            result = view.result if isinstance(view.result, dict) else {"value": view.result}
            self._list(inside, pairs(words, result))
            inside.addWidget(self._pair("receipts.digest", view.result_digest))
        if view.settlement:
            inside.addWidget(label(words("receipts.chain"), "heading"))
            self._list(inside, settlement(words, view.settlement))
        return frame("card", inside)

    def _list(self, inside: Any, values: list[tuple[str, str]]) -> None:
        """Short values beside their names; long ones below, to be scrolled."""
        rows = form()
        inside.addLayout(rows)
        for name, value in values:
            if len(value) <= _SHORT and "\n" not in value:
                rows.addRow(label(name, "muted", wrap=False), selectable(breakable(value)))
            else:
                inside.addLayout(column(label(name, "muted"), PlainDocument(name, value, _LINES), gap=4))

    def _pair(self, key: str, value: str) -> QLabel:
        words = self._desk.words
        return _small(words("receipts.pair", name=words(key), value=value))

    def _talk(self) -> QFrame:
        words, view = self._desk.words, self._view
        lines = [label(breakable(said(words, view, one))) for one in view.messages]
        inside = column(
            label(words("receipts.transcript"), "heading"), *lines, _small(words("receipts.clocks")), SPACE,
            self._pair("receipts.name", view.name), _small(words("receipts.name_help")), margin=SPACE * 2, gap=4,
        )  # fmt: skip
        return frame("card", inside)


def verdict(desk: Desk, glyph: str, look: str, said: str) -> QWidget:
    """A picture and a word: whether it is believed."""
    picture = QLabel()
    desk.theme.picture(picture, glyph, look, 24)
    told = label(one_line(said), "heading")
    line = row(picture, told, gap=SPACE)
    line.setStretch(1, 1)
    result = QWidget()
    result.setLayout(line)
    return result


def _small(text: str) -> QLabel:
    result = selectable(breakable(text))
    result.setProperty("role", "small")
    return result
