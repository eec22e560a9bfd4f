"""What was asked in a task, and what came of it: text that others' models wrote is shown as text and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QPlainTextEdit, QProgressBar

from app.results import Progress
from app.swarm_results import TaskView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, clear, column, form, label, rename, row, selectable
from app.views.plain import breakable, revealed
from app.views.task_words import asked, pairs

_LEAST, _MOST = 48, 280  # pixels of height
_FLUSH_MS = 60  # pieces that come within this are drawn together
_SAID_MS = 2000


class TaskOutcome(QFrame):
    """`wanted_models` to see where a model came in."""

    wanted_models = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._listed: dict[QFormLayout, list[tuple[str, str]]] = {}
        self._waiting = ""  # pieces that are not drawn yet
        self._to_copy = ""
        self.setProperty("role", "card")
        self._asked = form()
        self._heading = label(words("tasks.result"), "heading", wrap=False)
        self._copy = button(words("tasks.copy"), "quiet")
        desk.theme.dress(self._copy, "copy", "muted")
        self._copy.clicked.connect(self._copy_it)
        self._said = QTimer(self, singleShot=True, interval=_SAID_MS)
        self._said.timeout.connect(lambda: rename(self._copy, words("tasks.copy")))
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setProperty("role", "exact")
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName(words("tasks.result"))
        self._bytes = label("", "small")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("tasks.progress"))
        self._text.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self._values = form()
        self._lands = label("", "good")
        self._models = button(words("tasks.to_models"))
        self._models.clicked.connect(self.wanted_models)
        self._soon = QTimer(self, singleShot=True, interval=_FLUSH_MS)
        self._soon.timeout.connect(self._flush)
        self.setLayout(
            column(label(words("tasks.asked"), "heading"), self._asked, row(self._heading, self._copy, 0), self._bytes,
                   self._bar, self._text, self._values, self._lands, row(self._models, 0), margin=SPACE * 2)
        )  # fmt: skip
        self.clear()

    def clear(self) -> None:
        """Of another task."""
        self._soon.stop()
        self._waiting = self._to_copy = ""
        self._list(self._asked, [])
        self._list(self._values, [])
        self._text.setPlainText("")
        for part in (self._text, self._heading, self._copy, self._bytes, self._bar, self._lands, self._models):
            part.hide()

    def add(self, piece: str) -> None:
        """A further piece of the result, as it comes."""
        self._waiting += piece
        if not self._soon.isActive():
            self._soon.start()

    def show_progress(self, progress: Progress) -> None:
        """How much of what is fetched is here."""
        total = progress.total or 0
        words = self._desk.words
        self._bar.setRange(0, 1000)
        self._bar.setValue(1000 * progress.done // total if total else 0)
        self._bytes.setText(words("tasks.bytes", done=words.size(progress.done), total=words.size(total)))
        self._bar.show()
        self._bytes.show()

    def show_task(self, view: TaskView) -> None:
        self._list(self._asked, asked(self._desk.words, view.row.kind, view.spec))
        result = dict(view.result or {})
        text = result.pop("text", None)
        if isinstance(text, str):
            self._soon.stop()
            self._waiting = ""
            self._show_text(text)
        ended = view.row.ended is not None or view.row.state == "done"
        if ended:
            self._bar.hide()
            self._bytes.hide()
        values = pairs(self._desk.words, result)
        self._list(self._values, values)
        told = text if isinstance(text, str) else "\n".join(value for _, value in values)
        self._to_copy = told if view.result else ""
        self._copy.setVisible(bool(self._to_copy))
        self._heading.setVisible(bool(view.result) or not self._text.isHidden())
        self._show_where(view)

    def _show_where(self, view: TaskView) -> None:
        """Where to find what came."""
        kind, done = view.row.kind, view.row.state == "done"
        key = {"meeting": "tasks.in_calendar", "model": "tasks.in_models"}.get(kind, "")
        mine = view.row.role == "initiator" or kind == "meeting"
        there = bool(key) and done and mine
        self._lands.setText(self._desk.words(key) if there else "")
        self._lands.setVisible(there)
        self._models.setVisible(kind == "model" and done and view.row.role == "initiator")

    def _flush(self) -> None:
        """What came since is put behind what is there; somebody who reads further up stays there."""
        piece, self._waiting = self._waiting, ""
        bar = self._text.verticalScrollBar()
        follows = bar.value() >= bar.maximum()
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(revealed(piece))
        self._fit()
        if follows:
            bar.setValue(bar.maximum())

    def _show_text(self, text: str) -> None:
        shown = revealed(text)
        if shown != self._text.toPlainText():
            self._text.setPlainText(shown)
        self._fit()

    def _fit(self) -> None:
        there = not self._text.document().isEmpty()
        self._heading.setVisible(there)
        self._text.setVisible(there)
        lines = self._text.document().size().height()  # of a plain text: in lines
        high = round(lines * self._text.fontMetrics().lineSpacing()) + 28
        self._text.setFixedHeight(max(_LEAST, min(_MOST, high)))

    def _copy_it(self) -> None:
        QGuiApplication.clipboard().setText(self._to_copy)
        rename(self._copy, self._desk.words("tasks.copied"))
        self._said.start()

    def _list(self, layout: QFormLayout, values: list[tuple[str, str]]) -> None:
        """What did not change stays as it is: somebody may have marked it to copy it."""
        if self._listed.get(layout) == values:
            return
        self._listed[layout] = values
        clear(layout)
        for name, value in values:
            shown: QLabel = selectable(breakable(value))
            layout.addRow(label(name, "muted", wrap=False), shown)
