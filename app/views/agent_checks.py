"""Which checks of an agent hold, one line each, to the eye and to a screen reader."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from app.agent_results import CheckRow
from app.views.desk import Desk
from app.views.parts import column, label


class AgentChecks(QWidget):
    """`failing`: only those that do not hold."""

    def __init__(self, desk: Desk, checks: Sequence[CheckRow], *, failing: bool = False) -> None:
        super().__init__()
        words = desk.words
        lines = column(gap=4)
        for check in checks:
            if check.holds and failing:
                continue
            what = words(f"check.{check.name}")
            said = what if check.holds else f"{what}: {check.sentence}"
            line = label(f"{'✓' if check.holds else '✗'}  {said}", "good" if check.holds else "danger")
            key = "check.holds" if check.holds else "check.fails"
            line.setAccessibleName(
                words(key, what=what, why=check.sentence) if not check.holds else words(key, what=what)
            )
            lines.addWidget(line)
        self.setLayout(lines)
