"""What a skill may do, in words; what is new since the version before is marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.skill_results import PermissionView
from app.views.desk import Desk
from app.views.parts import column, label, row
from app.views.plain import one_line


class Permissions(QWidget):
    """A list of sentences; `mark`: those are marked that are new since the version that is installed; `lost`:
    sentences of what it no longer asks for."""

    def __init__(
        self, desk: Desk, permissions: Sequence[PermissionView], lost: Sequence[str] = (), *, mark: bool = False
    ) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        lines = [
            self._line(one.sentence, "plus" if mark and one.new else "check", new=mark and one.new)
            for one in permissions
        ]
        lines += [self._line(words("skills.lost", sentence=sentence), "minus", new=False) for sentence in lost]
        if not lines:
            lines.append(self._line(words("skills.no_permission"), "check", new=False))
        self.setLayout(column(*lines, gap=4))

    def _line(self, sentence: str, glyph: str, *, new: bool) -> QWidget:
        picture = QLabel()
        self._desk.theme.picture(picture, glyph, "warning" if new else "muted", 16)
        said = label(one_line(sentence), "warning" if new else "")
        marked = [label(self._desk.words("skills.new"), "warning", wrap=False)] if new else []
        line = row(picture, said, *marked)
        line.setStretch(1, 1)
        line.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        result = QWidget()
        result.setLayout(line)
        return result
