"""One act that waits for the person: exactly what will happen, why it asks, what led to it, and the answers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QMoveEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.skill_results import ApprovalRow
from app.theme.tokens import SPACE
from app.views.approval_fields import ApprovalFields
from app.views.because import Because
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, clear, column, label, rename, role, row
from app.views.plain import one_line

HOLD_MS = 600
"""For so long after a card appears, moves or changes its buttons do nothing: nobody presses what they did not see."""

_STATES = {
    "pending": ("approvals.pending", "muted"),
    "approved": ("approvals.approved", "muted"),
    "declined": ("approvals.declined", "muted"),
    "expired": ("approvals.expired", "muted"),
    "running": ("approvals.running", "muted"),
    "done": ("approvals.done", "good"),
    "failed": ("approvals.failed", "danger"),
    "unknown": ("approvals.unknown", "warning"),
}
_ANSWERS = (
    ("once", "approvals.once", "primary"),
    ("always", "approvals.always", ""),
    ("no", "approvals.no", ""),
    ("never", "approvals.never", "danger"),
)
_WHAT_BECAME = (
    ("happened", "approvals.happened", ""),
    ("not", "approvals.did_not", ""),
    ("again", "approvals.again", ""),
)


class ApprovalCard(QFrame):
    """`opened` with a record's id; `answered` with the approval's id once the node has the answer."""

    opened = Signal(str)
    answered = Signal(int)

    def __init__(self, desk: Desk, approval: ApprovalRow) -> None:
        super().__init__()
        self._desk = desk
        self.approval = approval
        self._busy = False
        self._buttons: list[QPushButton] = []
        self.setProperty("role", "card")
        self._title = label("", "heading")
        self._state = label("")
        self._because = label("")
        self._exact = column(gap=SPACE)
        self._sources = column(gap=2)
        self._details = QWidget()
        self._details.setLayout(column(self._exact, self._because, self._sources, gap=SPACE + 4))
        self._toggle = button(desk.words("approvals.details"), "filter")
        self._toggle.clicked.connect(self._turn_details)
        self._rules = label("", "small")
        self._answers = QWidget()
        self._flow = Flow()
        self._answers.setLayout(self._flow)
        self._notice = Notice(desk)
        self._notice.again.connect(self.reload)
        self._hold = QTimer(self, singleShot=True, interval=HOLD_MS)
        self._hold.timeout.connect(self._release)
        layout = column(
            self._title, self._state, row(self._toggle, 0), self._details, self._rules, self._answers, self._notice,
            margin=SPACE * 2, gap=SPACE + 2,
        )  # fmt: skip
        self.setLayout(layout)
        self._build()

    def show_approval(self, approval: ApprovalRow) -> None:
        """The same approval as the node has it now; what did not change stays as it is."""
        if approval != self.approval:
            self.approval = approval
            self._build()

    def hold(self) -> None:
        """Let the buttons wait: the card is new, or stands somewhere else than it did."""
        for one in self._buttons:
            one.setEnabled(False)
        if self._buttons:
            self._hold.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.hold()

    def moveEvent(self, event: QMoveEvent) -> None:  # noqa: N802
        super().moveEvent(event)
        self.hold()

    def reload(self) -> None:
        """Ask the node how it stands."""
        self._desk.bridge.submit(
            self, "approval", self.approval.id, on_done=self.show_approval, on_failed=self._notice.tell
        )

    # -- what it says ----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words, approval = self._desk.words, self.approval
        waits = approval.state in ("pending", "unknown")
        self._title.setText(one_line(approval.title))
        key, look = _STATES[approval.state]
        expires = words.when(approval.expires)
        said = words(key, when=expires) if approval.state == "pending" else words(key)
        by = "" if approval.skill.startswith("(") else words("approvals.by", skill=one_line(approval.skill))
        self._state.setText(" ".join(part for part in (by, said, one_line(approval.outcome)) if part))
        role(self._state, look)
        clear(self._exact)
        self._exact.addWidget(ApprovalFields(self._desk, approval.fields))
        self._because.setText(approval.because)
        self._because.setVisible(bool(approval.because))
        clear(self._sources)
        if approval.sources:
            self._sources.addWidget(label(words("approvals.led"), "muted"))
            because = Because(self._desk, approval.sources)
            because.opened.connect(self.opened)
            self._sources.addWidget(because)
        self._toggle.setVisible(not waits)
        self._show_details(waits)
        self._build_answers()
        self.hold()

    def _build_answers(self) -> None:
        """What can be answered now, and the rules that an answer would leave behind."""
        clear(self._flow)
        self._buttons = []
        words, approval = self._desk.words, self.approval
        answers = {"pending": _ANSWERS, "unknown": _WHAT_BECAME}.get(approval.state, ())
        offered = {"always": bool(approval.always), "never": bool(approval.never)}
        for decision, key, look in answers:
            if offered.get(decision, True):
                self._flow.addWidget(self._answer(decision, words(key), look))
        leaves = [("approvals.always", approval.always), ("approvals.never", approval.never)]
        said = [words("approvals.leaves", answer=words(key), rule=rule) for key, rule in leaves if rule]
        self._rules.setText("\n".join(said))
        self._rules.setVisible(bool(said) and approval.state == "pending")
        self._answers.setVisible(bool(self._buttons))

    def _answer(self, decision: str, caption: str, look: str) -> QPushButton:
        result = button(caption, look)
        result.setAutoDefault(False)
        result.setAccessibleDescription(self._title.text())
        result.setEnabled(False)
        result.clicked.connect(lambda: self._decide(decision))
        self._buttons.append(result)
        return result

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)
        rename(self._toggle, self._desk.words("approvals.hide" if shown else "approvals.details"))

    def _turn_details(self) -> None:
        self._show_details(self._details.isHidden())

    # -- the answer ------------------------------------------------------------------------------------------------

    def _decide(self, decision: str) -> None:
        """Hand back what was shown with the answer: the node does that and nothing else, and only once."""
        if self._busy:
            return
        self._busy = True
        self._hold.stop()
        for one in self._buttons:
            one.setEnabled(False)
        self._notice.hide()
        self._desk.bridge.submit(
            self,
            "answer_approval",
            self.approval.id,
            decision,
            self.approval.digest,
            on_done=self._ended,
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _ended(self, result: Any) -> None:
        self._busy = False
        if isinstance(result, ApprovalRow):
            self.show_approval(result)
        else:
            self.reload()
        self.answered.emit(self.approval.id)

    def _failed(self, error: BaseException) -> None:
        """Somebody else was faster, it expired, or it is not what was shown: show how it stands now."""
        self._rest()
        self._notice.tell(error)
        self.reload()

    def _rest(self) -> None:
        self._busy = False
        self.hold()

    def _release(self) -> None:
        if not self._busy and self.isVisible():
            for one in self._buttons:
                one.setEnabled(True)
