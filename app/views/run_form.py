"""Asking something of a skill: a small form made of what it declares, and what came of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit

from app.bridge import Job
from app.skill_results import EntryView, RunView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, label, row
from app.views.plain import one_line
from app.views.run_view import RunDetail

_SHAPES = {
    "day": "2026-03-04",
    "time": "14:30",
    "duration": "45",
    "address": "https://example.org/",
    "person": "ada@example.org",
}
_WRONG = {"number": "runs.number", "duration": "runs.duration"}


class RunForm(QFrame):
    """`ended` when a run came to its end here; `opened` with a record's id; `wanted_approvals`."""

    ended = Signal()
    opened = Signal(str)
    wanted_approvals = Signal()

    def __init__(self, desk: Desk, skill: str, entry: EntryView, about: str = "") -> None:
        """`about`: what comes of it, where no example says so."""
        super().__init__()
        self._desk = desk
        self._skill = skill
        self._entry = entry
        self._job: Job | None = None
        words = desk.words
        self.setProperty("role", "card")
        self._fields = {argument[0]: self._field(argument) for argument in entry.arguments}
        self._run = button(words("runs.run"), "primary")
        self._run.setAutoDefault(False)
        self._run.setAccessibleDescription(entry.name)
        self._run.clicked.connect(self.run)
        self._stop = button(words("runs.stop"))
        self._stop.clicked.connect(self._cancel)
        self._stop.hide()
        self._busy = label(words("runs.running"), "muted", wrap=False)
        self._busy.hide()
        self._notice = Notice(desk)
        self._notice.again.connect(self.run)
        self._result = column()
        content = column(label(about or self._heading(), "muted"), margin=SPACE * 2, gap=SPACE + 2)
        for field in self._fields.values():
            content.addWidget(field)
        content.addLayout(row(self._run, self._stop, self._busy, 0))
        content.addWidget(self._notice)
        content.addLayout(self._result)
        self.setLayout(content)

    def run(self) -> None:
        """Run it with what is typed; what is missing or cannot be read is said beside its field."""
        if self._job is not None:
            return
        given = self._given()
        if given is None:
            return
        self._notice.hide()
        clear(self._result)
        self._rest(running=True)
        self._job = self._desk.bridge.submit(
            self,
            "run_skill",
            self._skill,
            self._entry.name,
            given,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._cancelled,
        )

    def _heading(self) -> str:
        examples = [one_line(example) for example in self._entry.examples[:1]]
        return self._desk.words("runs.example", example=examples[0]) if examples else self._entry.name

    def _field(self, argument: tuple[str, str, str, bool, tuple[str, ...]]) -> Field:
        name, kind, about, required, options = argument
        words = self._desk.words
        caption = one_line(about) or name
        if kind == "choice":
            offered: list[tuple[object, str]] = [] if required else [("", words("runs.none"))]
            return Field(caption, choices(caption, [*offered, *((one, one_line(one)) for one in options)]))
        line = QLineEdit()
        line.setPlaceholderText(_SHAPES.get(kind, ""))
        line.returnPressed.connect(self.run)
        return Field(caption if required else words("runs.optional", caption=caption), line)

    def _given(self) -> dict[str, Any] | None:
        """The arguments, without those that were left empty; None where one has to be put right first."""
        words = self._desk.words
        given: dict[str, Any] = {}
        for name, kind, _, required, _ in self._entry.arguments:
            field = self._fields[name]
            value: Any = _typed(field)
            if not value:
                if required:
                    field.wrong(words("runs.missing"))
                    return None
                continue
            if kind in ("number", "duration"):
                value = _number(value)
                if value is None:
                    field.wrong(words(_WRONG[kind]))
                    return None
            given[name] = value
        return given

    def _done(self, view: RunView) -> None:
        self._rest(running=False)
        detail = RunDetail(self._desk, view)
        detail.opened.connect(self.opened)
        detail.wanted_approvals.connect(self.wanted_approvals)
        self._result.addWidget(detail)
        self.ended.emit()

    def _failed(self, error: BaseException) -> None:
        self._rest(running=False)
        self._notice.tell(error)
        self.ended.emit()

    def _cancelled(self) -> None:
        self._rest(running=False)
        self.ended.emit()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _rest(self, *, running: bool) -> None:
        self._job = None
        self._run.setEnabled(not running)
        self._stop.setVisible(running)
        self._busy.setVisible(running)


def _typed(field: Field) -> str:
    control = field.control
    if isinstance(control, QComboBox):
        return str(control.currentData())
    assert isinstance(control, QLineEdit)
    return control.text().strip()


def _number(value: str) -> int | float | None:
    try:
        found = float(value.replace(",", ".").replace("\u202f", "").replace("\xa0", ""))
    except ValueError:
        return None
    if found in (float("inf"), float("-inf")) or found != found:
        return None
    return int(found) if found.is_integer() else found
