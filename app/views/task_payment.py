"""On the page of a task: its job on chain in words, and what can be said of a result that is paid for."""

from __future__ import annotations

from dataclasses import asdict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLineEdit

from app.actions.settling_cli import told
from app.settle_results import SettlementView
from app.swarm_results import TaskView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.notice import Notice
from app.views.parts import button, column, label, row, selectable

_LOOKS = {"settled": "good", "refunded": "good", "disputed": "warning"}
_OPEN = frozenset({"funded", "submitted"})


class TaskPayment(QFrame):
    """`said` once the node took what the person said of the result.  Hidden where no money is held for the task."""

    said = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._desk = desk
        self._task = ""
        words = desk.words
        self._state = label("", "heading")
        self._lines = selectable("")
        self._lines.setProperty("role", "small")
        self._reason = QLineEdit()
        self._why = Field(words("payment.reason"), self._reason, words("payment.reason_help"))
        self._accept = button(words("payment.accept"), "primary")
        self._accept.clicked.connect(lambda: self._say("accept_result"))
        self._dispute = button(words("payment.dispute"))
        self._dispute.clicked.connect(lambda: self._say("dispute_task", self._reason.text().strip()))
        self._notice = Notice(desk)
        self.setLayout(
            column(self._state, self._lines, self._why, row(self._accept, self._dispute, 0), self._notice,
                   margin=SPACE * 2, gap=SPACE)
        )  # fmt: skip
        self.hide()

    def show_task(self, view: TaskView) -> None:
        job = view.settlement
        if view.row.id != self._task:
            self._task = view.row.id
            self._reason.clear()
            self._notice.hide()
        self.setVisible(job is not None)
        if job is None:
            return
        words = self._desk.words
        first, *others = told(asdict(job), words.language, lambda moment: words.date(moment, time=True))
        self._state.setText(first)
        self._state.setProperty("role", _LOOKS.get(job.state, "heading"))
        self._lines.setText("\n".join(others))
        ours = view.row.role == "initiator" and view.row.state == "done" and job.state in _OPEN
        for part in (self._why, self._accept, self._dispute):
            part.setVisible(ours and _waits(job))

    def _say(self, command: str, *args: str) -> None:
        self._notice.hide()
        self._desk.bridge.submit(
            self, command, self._task, *args, on_done=lambda _: self.said.emit(), on_failed=self._notice.tell
        )


def _waits(job: SettlementView) -> bool:
    """A result can be looked at before it is paid where somebody else judges; else it is paid at once."""
    return job.judged_by == "arbiter" or bool(job.problem)
