"""What a run of a skill said, with its sources, what it called, and what it printed."""

from __future__ import annotations

import json

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.results import CitationView
from app.skill_results import CallView, RunView, SourceView
from app.theme.tokens import SPACE
from app.views.chip import Chip
from app.views.desk import Desk
from app.views.parts import button, column, frame, label, row
from app.views.plain import one_line, revealed
from app.views.plain_document import PlainDocument
from app.views.sealed_text import SealedText

_ARGUMENTS = 200  # characters of the arguments of a call that are shown
_DECISIONS = {"allow": "runs.allowed", "ask": "runs.asked", "deny": "runs.denied"}
_PRINTED = 8  # lines seen at once


class RunDetail(QWidget):
    """`opened` with a record's id; `wanted_approvals` where it waits for an answer."""

    opened = Signal(str)
    wanted_approvals = Signal()

    def __init__(self, desk: Desk, view: RunView) -> None:
        super().__init__()
        self._desk = desk
        self._citations = [_citation(number, one) for number, one in enumerate(view.sources, 1)]
        content = column(gap=SPACE)
        if view.row.state == "waiting":
            content.addWidget(self._waiting())
        if view.row.error:
            content.addWidget(frame("notice", column(label(one_line(view.row.error), "danger"), margin=SPACE + 4)))
        if view.row.text:
            content.addLayout(self._said(view.row.text))
        elif view.row.state == "done":
            content.addWidget(label(desk.words("runs.silent"), "muted"))
        if view.calls:
            content.addLayout(self._calls(view.calls))
        if view.printed:
            content.addWidget(label(desk.words("runs.printed"), "muted"))
            content.addWidget(PlainDocument(desk.words("runs.printed"), revealed(view.printed), _PRINTED))
        self.setLayout(content)

    def _waiting(self) -> QWidget:
        words = self._desk.words
        go = button(words("runs.to_approvals"))
        go.clicked.connect(self.wanted_approvals)
        line = row(label(words("runs.waits")), go, margin=SPACE + 4)
        line.setStretch(0, 1)
        return frame("warning", line)

    def _said(self, text: str) -> QVBoxLayout:
        view = SealedText(self._desk.words("runs.said"))
        view.show_markdown(text, {one.number for one in self._citations})
        view.cited.connect(self._cited)
        chips = column(gap=4)
        for citation in self._citations:
            chip = Chip(self._desk, citation)
            chip.opened.connect(lambda one: self.opened.emit(one.id))
            chips.addWidget(chip)
        return column(view, chips)

    def _cited(self, number: int) -> None:
        for citation in self._citations:
            if citation.number == number and citation.id:
                self.opened.emit(citation.id)

    def _calls(self, calls: tuple[CallView, ...]) -> QVBoxLayout:
        words = self._desk.words
        result = column(label(words("runs.calls"), "muted"), gap=4)
        for call in calls:
            decision = words(_DECISIONS[call.decision]) if call.decision in _DECISIONS else call.decision
            given = one_line(json.dumps(call.arguments, ensure_ascii=False))
            shown = given if len(given) <= _ARGUMENTS else f"{given[:_ARGUMENTS]}…"
            said = label(f"{words.time(call.at)}  {call.function} {shown}", "small")
            verdict = " · ".join(part for part in (decision, one_line(call.reason)) if part)
            look = {"ask": "warning", "deny": "danger"}.get(call.decision, "small")
            result.addLayout(column(said, label(verdict, look), gap=0))
        return result


def _citation(number: int, source: SourceView) -> CitationView:
    return CitationView(number, source.record, one_line(source.title), source.sender, None, source.quote, 0, 0)
