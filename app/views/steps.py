"""What the agent does on the way to an answer: which skill, with what, how far; and what waits for the person."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, frame, label, role, row
from app.views.plain import one_line

_MOST = 120  # characters of one argument
_STATES = {
    "done": ("steps.done", "good"),
    "failed": ("steps.failed", "danger"),
    "waiting": ("steps.waiting", "warning"),
}


class Steps(QWidget):
    """Empty until the first step.  `wanted_approvals` when the person wants to see what waits."""

    wanted_approvals = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._states: dict[tuple[str, str], QLabel] = {}
        self._lines = column(gap=4)
        self.setLayout(self._lines)
        self.hide()

    def restart(self) -> None:
        """The answer begins anew."""
        clear(self._lines)
        self._states.clear()
        self.hide()

    def chosen(
        self, skill: str, entry: str, title: str, arguments: Sequence[tuple[str, object]], step: int, steps: int
    ) -> None:
        """A skill is at work, as step `step` of at most `steps`."""
        words = self._desk.words
        told = [words("steps.using", skill=one_line(title) or skill)]
        told += [f"{name}: {_short(one_line(str(value)))}" for name, value in arguments]
        if steps > 1:
            told.append(words("steps.of", step=step, steps=steps))
        picture = QLabel()
        self._desk.theme.picture(picture, "puzzle-piece", "accent", 18)
        state = label(words("steps.running"), "muted", wrap=False)
        line = row(picture, label(" · ".join(told)), state)
        line.setStretch(1, 1)
        self._states[skill, entry] = state
        self._lines.addLayout(line)
        self.show()

    def done(self, skill: str, entry: str, state: str) -> None:
        """It came to its end: done, waiting or failed."""
        said = self._states.get((skill, entry))
        if said is not None and state in _STATES:
            key, look = _STATES[state]
            said.setText(self._desk.words(key))
            role(said, look)

    def waits(self, what: str) -> None:
        """Nothing happens before the person has answered."""
        self._lines.addWidget(self._card(what))
        self.show()

    def _card(self, what: str) -> QFrame:
        words = self._desk.words
        see = button(words("steps.see"))
        see.setAccessibleDescription(one_line(what))
        see.clicked.connect(self.wanted_approvals)
        said = column(label(words("steps.waits"), "warning"), label(one_line(what)), gap=2)
        line = row(said, see, margin=SPACE + 4)
        line.setStretch(0, 1)
        return frame("warning", line)


def _short(value: str) -> str:
    return value if len(value) <= _MOST else f"{value[:_MOST]}…"
