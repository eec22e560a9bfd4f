"""On the page of a prompt that was answered: whether a third peer did it again, with what result, on which build."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame

from app.swarm_results import Preview, TaskView
from app.theme.tokens import SPACE
from app.validation_results import ValidationView
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, column, label, rename, role, row, selectable
from app.views.plain import breakable, one_line
from app.views.task_preview import TaskPreview

_LOOKS = {"passed": "good", "failed": "warning", "other": "warning"}


class TaskChecked(QFrame):
    """Hidden where there is nothing to say: of other kinds, of what is not done, of a free task that names no model."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._desk = desk
        self._task = ""
        self._by = ""
        self._priced = False
        words = desk.words
        self._state = label("")
        self._more = selectable("")
        self._more.setProperty("role", "small")
        self._ask = button(words("checked.ask", name=""))
        self._ask.setAutoDefault(False)
        self._ask.clicked.connect(self._preview)
        self._notice = Notice(desk)
        self.setLayout(
            column(label(words("checked.title"), "heading"), self._state, self._more, row(self._ask, 0), self._notice,
                   margin=SPACE * 2, gap=SPACE)
        )  # fmt: skip
        self.hide()

    def show_task(self, view: TaskView) -> None:
        """Look what the chain says; again where this is called again."""
        if view.row.id != self._task:
            self._task = view.row.id
            self._notice.hide()
            self.hide()
        if view.row.kind != "inference" or view.row.state != "done":
            self.hide()
            return
        self._priced = view.settlement is not None
        name, ours = self._task, view.row.role == "initiator"
        self._desk.bridge.submit(
            self, "task_validation", name, on_done=lambda found: self._show(name, found, ours),
            on_failed=lambda _: None,  # its receipt is not made yet
        )  # fmt: skip

    def _show(self, task: str, found: ValidationView, ours: bool) -> None:
        if task != self._task:
            return
        words = self._desk.words
        self._by = found.by
        self._state.setText(breakable(self._said(found, ours)))
        role(self._state, _LOOKS.get(found.state, ""))
        told = [words("checked.build", engine=one_line(found.engine))] if found.engine else []
        if found.when and found.state != "none":
            told.append(words("checked.when", when=words.when(found.when)))
        if found.state in ("failed", "passed"):
            told.append(words(f"checked.means_{found.state}"))
        self._more.setText(breakable("\n".join(told)))
        self._more.setVisible(bool(told))
        name = one_line(found.named)
        self._ask.setVisible(found.askable)
        rename(self._ask, words("checked.ask", name=name))
        self.setVisible(found.state != "open" or self._priced)

    def _said(self, found: ValidationView, ours: bool) -> str:
        words = self._desk.words
        who = one_line(found.name) or f"{found.validator[:10]}…"
        named = one_line(found.named)
        if found.going and found.state in ("none", "waiting"):
            return words("checked.going", name=named or who)
        if found.state == "unknown":
            return words("checked.unknown", why=found.why)
        if found.state == "open":
            return words("checked.open")
        if found.state == "none":
            if found.askable:
                return words("checked.none_mine", name=named)
            side = "ours" if ours else "theirs"
            return words(f"checked.none_{side}", name=named) if named else words(f"checked.nobody_{side}")
        key = f"checked.again_{found.state}" if found.ours else f"checked.is_{found.state}"
        return words(key, name=who)

    def _preview(self) -> None:
        """What leaves is shown first: it is the client's prompt."""
        self._notice.hide()
        self._ask.setEnabled(False)
        self._desk.bridge.submit(
            self, "preview_validation", self._task, self._by, on_done=self._confirm, on_failed=self._failed
        )

    def _confirm(self, preview: Preview) -> None:
        self._ask.setEnabled(True)
        words = self._desk.words
        names = dict(zip(preview.peer_ids, preview.names, strict=True))
        dialog = TaskPreview(
            self._desk, self.window(), preview, names, asks=True, once=words("checked.send"), note=words("checked.note")
        )
        dialog.agreed.connect(lambda _: self._send(preview))
        dialog.open()

    def _send(self, preview: Preview) -> None:
        self._ask.setEnabled(False)
        self._desk.bridge.submit(
            self, "ask_validation", self._task, self._by, preview.digest, on_done=lambda _: self._sent(),
            on_failed=self._failed,
        )  # fmt: skip

    def _sent(self) -> None:
        self._ask.setEnabled(True)
        self._ask.hide()
        task = self._task
        self._desk.bridge.submit(
            self, "task_validation", task, on_done=lambda found: self._show(task, found, ours=False),
            on_failed=self._notice.tell,
        )  # fmt: skip

    def _failed(self, error: BaseException) -> None:
        self._ask.setEnabled(True)
        self._notice.tell(error)
