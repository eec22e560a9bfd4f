"""One task: how it stands, who proposed what, what comes as it comes, the result, and the talk as a diagram."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.bridge import Job
from app.results import Piece, Progress
from app.swarm_results import TaskRow, TaskView
from app.texts import catalogue
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, column, frame, label, rename, role, row
from app.views.plain import breakable, one_line
from app.views.receipts import ReceiptLink
from app.views.sequence import SequenceView, as_text
from app.views.task_bids import TaskBids
from app.views.task_checked import TaskChecked
from app.views.task_ending import TaskEnding
from app.views.task_kinds import KINDS
from app.views.task_outcome import TaskOutcome
from app.views.task_payment import TaskPayment
from app.views.task_words import FINAL, LOOKS, UNCALLED, heading, state_of

_NOT_OFF = UNCALLED | {"cancelling"}  # nothing to be called off


class TaskDetail(QWidget):
    """`closed` to go back to all; `changed` when the task was answered, cancelled or removed; `wanted_again` with
    the TaskView of one that is to be asked anew; `wanted_models` to see where a model came in."""

    closed = Signal()
    changed = Signal()
    wanted_again = Signal(object)
    wanted_models = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._id = ""
        self._view: TaskView | None = None
        self._following: Job | None = None
        back = self._back()
        self._title = label("", "title")
        self._state = label("")
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._accept = self._action("tasks.accept", lambda: self._do("answer_task", True), "primary")
        self._decline = self._action("tasks.decline", lambda: self._do("answer_task", False))
        self._cancel = self._action("tasks.cancel", lambda: self._do("cancel_task"))
        self._again = self._action("tasks.again", lambda: self.wanted_again.emit(self._view))
        self._remove = self._action("tasks.remove", self._remove_it)
        actions = QWidget()
        actions.setLayout(Flow(self._accept, self._decline, self._cancel, self._again, self._remove))
        self._consent = label("")
        self._consent.hide()
        self._outcome = TaskOutcome(desk)
        self._outcome.wanted_models.connect(self.wanted_models)
        self._payment = TaskPayment(desk)
        self._payment.said.connect(self._done)
        self._checked = TaskChecked(desk)
        self._receipts = ReceiptLink(desk)
        self._ending = TaskEnding(desk)
        self._ending.again.connect(lambda: self.wanted_again.emit(self._view))
        self._bids = TaskBids(desk)
        self._bids.awarded.connect(lambda peer: self._do("award_task", (peer,) if peer else ()))
        self._diagram = SequenceView(desk)
        self._words = label("", "muted")
        self._words.hide()
        self._as_text = button(words("tasks.as_text"), "filter")
        self._as_text.clicked.connect(self._turn_text)
        talk = frame("card", column(row(label(words("tasks.diagram"), "heading", wrap=False), 0, self._as_text),
                                    self._diagram, self._words, margin=SPACE * 2))  # fmt: skip
        self.setLayout(
            column(row(back, 0), self._title, self._state, self._consent, actions, self._notice, self._ending,
                   self._outcome, self._payment, self._checked, self._receipts, self._bids, talk, gap=SPACE * 2)
        )  # fmt: skip
        self.setFocusProxy(back)

    def _back(self) -> QPushButton:
        result = button(self._desk.words("tasks.back"))
        self._desk.theme.dress(result, "arrow-left")
        result.clicked.connect(self.closed)
        return result

    @property
    def shown(self) -> str:
        """The task's id, "" before there was one."""
        return self._id

    def open_task(self, name: str) -> None:
        """Show it and follow it; the one before is no longer followed."""
        self.leave()
        self._id = name
        self._view = None
        self._notice.hide()
        self._outcome.clear()
        self.refresh()

    def leave(self) -> None:
        """Nobody looks at it any more.  The task goes on."""
        if self._following is not None:
            self._following.cancel()
            self._following = None
        self._id = ""

    def refresh(self) -> None:
        if self._id:
            self._desk.bridge.submit(self, "task", self._id, on_done=self._show, on_failed=self._notice.tell)

    def _show(self, view: TaskView) -> None:
        if view.row.id != self._id:
            return
        changed, self._view = view != self._view, view
        self._receipts.show_task(view)
        self._checked.show_task(view)
        if not changed:
            return
        words, task = self._desk.words, view.row
        name = next((one_line(arrow.name) for arrow in view.messages), "")
        self._title.setText(breakable(heading(words, task, name)))
        self._state.setText(state_of(words, task))
        role(self._state, LOOKS.get(task.state, "muted"))
        self._show_actions(task, check="check" in view.spec)
        self._outcome.show_task(view)
        self._payment.show_task(view)
        self._ending.show_task(view)
        self._bids.show_task(view)
        self._diagram.show_messages(view.messages)
        self._words.setText(as_text(self._desk, view.messages))
        self._follow(task)

    def _show_actions(self, task: TaskRow, *, check: bool) -> None:
        deciding = task.role == "participant" and task.state == "deciding"
        ended = task.state in FINAL or task.ended is not None
        key = f"tasks.decide_{'check' if check else task.kind}" if deciding else "tasks.waits_calling"
        calling = task.role == "initiator" and task.state == "calling"
        self._consent.setVisible((deciding or calling) and f"window.{key}" in catalogue())
        self._consent.setText(self._desk.words(key) if not self._consent.isHidden() else "")
        self._accept.setVisible(deciding)
        self._decline.setVisible(deciding)
        self._cancel.setVisible(task.role == "initiator" and not ended and task.state not in _NOT_OFF)
        self._again.setVisible(task.role == "initiator" and task.state == "done" and task.kind in KINDS)
        self._remove.setVisible(ended)

    def _follow(self, task: TaskRow) -> None:
        """Text of the result as it comes."""
        if task.role != "initiator" or task.state in FINAL | UNCALLED or self._following is not None:
            return
        self._following = self._desk.bridge.submit(
            self, "follow_task", task.id, on_done=self._ended, on_failed=lambda _: self._unfollowed(),
            on_cancelled=self._unfollowed, on_report=lambda event: self._streamed(task.id, event),
        )  # fmt: skip

    def _streamed(self, name: str, event: object) -> None:
        if name != self._id:
            return
        if isinstance(event, Piece):
            self._outcome.add(event.text)
        elif isinstance(event, Progress):
            self._outcome.show_progress(event)

    def _ended(self, task: TaskRow) -> None:
        if task.id == self._id:
            self._following = None
            self.refresh()

    def _unfollowed(self) -> None:
        """It is only a courtesy: how the task stands is told by the node."""

    def _do(self, command: str, *args: object) -> None:
        self._notice.hide()
        self._desk.bridge.submit(self, command, self._id, *args, on_done=lambda _: self._done(), on_failed=self._failed)

    def _done(self) -> None:
        self.refresh()
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        self.refresh()
        self._notice.tell(error)

    def _remove_it(self) -> None:
        self._desk.bridge.submit(
            self, "remove_task", self._id, on_done=lambda _: self.closed.emit(), on_failed=self._failed
        )

    def _turn_text(self) -> None:
        shown = self._words.isHidden()
        self._words.setVisible(shown)
        self._diagram.setVisible(not shown)
        rename(self._as_text, self._desk.words("tasks.as_picture" if shown else "tasks.as_text"))

    def _action(self, key: str, then: object, look: str = "") -> QPushButton:
        result = button(self._desk.words(key), look)
        result.setAutoDefault(False)
        result.clicked.connect(lambda _=False: then())  # type: ignore[operator]
        result.hide()
        return result
