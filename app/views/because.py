"""The content that led to something: what it is, whose, whether its sender could be verified; it opens the record."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.skill_results import SourceView
from app.texts import catalogue, text
from app.views.chip import short_name
from app.views.desk import Desk
from app.views.jump import Jump
from app.views.kinds import GLYPHS
from app.views.parts import column, label, row
from app.views.plain import one_line

_OTHERS = {"page": "globe", "peer": "users", "skill": "puzzle-piece", "model": "cpu", "user": "user"}
_SIGNED = ("mail", "peer")  # kinds of content whose sender can be verified


class Because(QWidget):
    """`opened` with a record's id."""

    opened = Signal(str)

    def __init__(self, desk: Desk, sources: Iterable[SourceView]) -> None:
        super().__init__()
        self._desk = desk
        self.setLayout(column(*(self._line(source) for source in sources), gap=2))

    def _line(self, source: SourceView) -> QWidget:
        words = self._desk.words
        caption = self._caption(source)
        jump = Jump(self._desk, caption, GLYPHS.get(source.origin) or _OTHERS.get(source.origin, "file-text"), "item")
        jump.setEnabled(bool(source.record))
        jump.setToolTip(one_line(source.quote)[:300].replace("<", "‹"))
        if source.record:
            jump.setAccessibleName(words("because.open", what=caption))
        jump.clicked.connect(lambda: self.opened.emit(source.record))
        unsure = source.origin in _SIGNED and not source.authenticated
        result = QWidget()
        line = row(jump, *([label(words("because.unverified"), "warning", wrap=False)] if unsure else []))
        line.setStretch(0, 1)
        result.setLayout(line)
        return result

    def _caption(self, source: SourceView) -> str:
        key = f"agent.origin.{source.origin}"
        kind = text(key, self._desk.words.language) if key in catalogue() else source.origin
        who = short_name(source.sender) if source.origin in _SIGNED else source.sender
        parts = (one_line(source.title) or kind[:1].upper() + kind[1:], one_line(who))
        return " · ".join(part for part in parts if part)
