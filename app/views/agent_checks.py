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
            line = label(f"✓  {what}" if check.holds else f"✗  {check.sentence}", "good" if check.holds else "danger")
            spoken = words("check.holds", what=what) if check.holds else ""
            line.setAccessibleName(spoken or words("check.fails", what=what, why=check.sentence))
            lines.addWidget(line)
        self.setLayout(lines)
