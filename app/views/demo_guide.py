"""In the windows of `nuee demo swarm`: whose this one is, and what to do next to see two agents agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from app.swarm_results import TaskRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, icon_button, label, rename, row
from app.views.task_words import FINAL
from app.views.wording import Words


@dataclass(frozen=True)
class Part:
    """Whose window it is, who is in the other one, and whether this is the one to begin in."""

    mine: str
    other: str
    begins: bool

    @classmethod
    def read(cls, value: object) -> Part | None:
        """As app.demo stores it; None for a profile of a person."""
        match value:
            case [str(mine), str(other), bool(begins)]:
                return cls(mine, other, begins)
        return None

    def title(self, words: Words) -> str:
        """Whose Nuée this is."""
        return words("demo.whose", **self.names(words))

    def names(self, words: Words) -> dict[str, str]:
        """For the gaps of sentences."""
        mine, other = self.mine, self.other
        return {"mine": mine, "other": other, "of_mine": _of(words, mine), "of_other": _of(words, other)}


class DemoGuide(QFrame):
    """`wanted_give` with a kind and arguments to begin with; `wanted_task` with the id of one, "" for all."""

    wanted_give = Signal(str, object)
    wanted_task = Signal(str)

    def __init__(self, desk: Desk, part: Part) -> None:
        super().__init__()
        self._desk = desk
        self._part = part
        self._step = ""
        self._waits = ""
        self.setProperty("role", "hint" if part.begins else "warning")
        badge = label(part.title(desk.words), "heading", wrap=False)
        self._what = label("")
        self._what.setAccessibleName(desk.words("demo.guide"))
        self._do = button("", "primary")
        self._do.setAutoDefault(False)
        self._do.clicked.connect(self._act)
        close = icon_button(desk.theme, "x", desk.words("demo.close"), "muted")
        close.clicked.connect(self.hide)
        line = row(column(badge, self._what, gap=4), self._do, close, margin=SPACE + 4, gap=SPACE * 2)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.show_tasks(())

    def show_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """What to do next, where these are all that went on so far, the newest first."""
        step = self._beginning(tasks) if self._part.begins else self._answering(tasks)
        if step != self._step:
            self._step = step
            self._tell()

    @property
    def step(self) -> str:
        return self._step

    def _beginning(self, tasks: Sequence[TaskRow]) -> str:
        asked, meeting = (_furthest(tasks, kind) for kind in ("inference", "meeting"))
        if asked != "done":
            return {"": "ask", "open": "watch"}.get(asked, "ask_again")
        return {"": "meet", "open": "meet_wait", "done": "ended"}.get(meeting, "meet_again")

    def _answering(self, tasks: Sequence[TaskRow]) -> str:
        self._waits = next((one.id for one in tasks if one.role == "participant" and one.state == "deciding"), "")
        if self._waits and next(one.kind for one in tasks if one.id == self._waits) == "meeting":
            return "answer"
        if any(one.kind == "meeting" and one.state == "done" for one in tasks):
            return "agreed"
        return "seen" if tasks else "idle"

    def _tell(self) -> None:
        words, names = self._desk.words, self._part.names(self._desk.words)
        self._what.setText(words(f"demo.{self._step}", **names))
        rename(self._do, words(f"demo.{self._step}_do", **names))

    def _act(self) -> None:
        words = self._desk.words
        given: Mapping[str, tuple[str, dict[str, Any]]] = {
            "ask": ("inference", {"prompt": words("demo.prompt"), "max_tokens": 128}),
            "meet": ("meeting", {"title": words("demo.lunch")}),
        }
        wanted = given.get(self._step.removesuffix("_again"))
        if wanted is not None:
            self.wanted_give.emit(*wanted)
        else:
            self.wanted_task.emit(self._waits)


def _of(words: Words, name: str) -> str:
    """ "Ada’s"; in French "d’Ada" and "de Ben"."""
    if words.language == "fr":
        return words("demo.of_vowel" if name[:1].casefold() in "aeiouyh" else "demo.of", name=name)
    return words("demo.of", name=name)


def _furthest(tasks: Sequence[TaskRow], kind: str) -> str:
    """How far tasks of ours of this kind came: "" none, open, done, or ended in another way."""
    states = [one.state for one in tasks if one.role == "initiator" and one.kind == kind]
    if "done" in states:
        return "done"
    return "" if not states else "ended" if states[0] in FINAL else "open"
