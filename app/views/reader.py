"""A record itself: who, when, what, with the quoted passage marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QTextEdit,
    QVBoxLayout,
)

from app.bridge import Job
from app.results import RecordView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.facts import address, doubt, facts
from app.views.jump import Jump
from app.views.kinds import GLYPHS, NAMES
from app.views.leaving import ask_to_leave
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row
from app.views.spans import displayable, units

_MOST_HEADERS = 3  # attachments and thread neighbours listed before "and N more"


class Reader(QFrame):
    """`closed` when the person is done with it; `wanted_forget` with the record's id.

    Shows plain text only; loads nothing.
    """

    closed = Signal()
    wanted_forget = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._wanted = ""
        self._span = (0, 0)
        self._record: RecordView | None = None
        self.setProperty("role", "pane")
        words = desk.words
        self._title = label("", "heading")
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = icon_button(desk.theme, "x", words("reader.close"), "muted")
        self._close.setToolTip(f"{words('reader.close')} (Esc)")
        self._close.clicked.connect(self.close_reader)
        self._forget = icon_button(desk.theme, "trash", words("forget.menu"), "muted")
        self._forget.clicked.connect(lambda: self.wanted_forget.emit(self._wanted))
        self._kind = QLabel()
        self._facts = QFormLayout()
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setHorizontalSpacing(SPACE * 2)
        self._facts.setVerticalSpacing(4)
        self._facts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._warnings = column(gap=4)
        self._outside = row(gap=4)
        self._thread = column(gap=2)
        self._body = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self._body.setProperty("role", "document")
        self._body.setAccessibleName(words("reader.body"))
        self._body.setAcceptDrops(False)
        self._body.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._body.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._notice = Notice(desk)
        self._notice.again.connect(self._reload)
        head = row(self._kind, self._title, self._forget, self._close)
        head.setStretch(1, 1)
        for part in (self._kind, self._title, self._forget, self._close):
            head.setAlignment(part, Qt.AlignmentFlag.AlignTop)
        layout = column(
            head,
            self._facts,
            self._outside,
            self._warnings,
            self._notice,
            self._body,
            self._thread,
            margin=SPACE * 2,
            gap=SPACE + 2,
        )
        layout.setStretch(5, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._body)

    def open_record(self, record: str, start: int = 0, end: int = 0) -> None:
        """Show `record` with characters `start` to `end` of its body marked; nothing is marked where they are equal."""
        if self._job is not None:
            self._job.cancel()
        self._wanted = record
        self._span = (start, end)
        self._notice.hide()
        self._job = self._desk.bridge.submit(self, "show", record, on_done=self._show, on_failed=self._failed)

    def clear(self) -> None:
        """Let go of everything that was shown."""
        self._record = None
        self._title.clear()
        self._body.clear()
        self._kind.clear()
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for part in (self._outside, self._warnings, self._thread):
            clear(part)

    def close_reader(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = None
        self.closed.emit()

    def marked_text(self) -> str:
        """The marked passage as it stands in the document."""
        selections = self._body.extraSelections()
        if not selections:
            return ""
        return selections[0].cursor.selectedText().replace("\u2029", "\n")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.close_reader()
        else:
            super().keyPressEvent(event)

    def _reload(self) -> None:
        self.open_record(self._wanted, *self._span)

    def _failed(self, error: BaseException) -> None:
        self._job = None
        self._notice.tell(error)

    def _show(self, record: RecordView) -> None:
        self._job = None
        self._record = record
        words = self._desk.words
        self._title.setText(record.title or words("record.untitled"))
        self._desk.theme.picture(self._kind, GLYPHS.get(record.kind, "file-text"), "muted", 20)
        self._kind.setToolTip(words(NAMES[record.kind]) if record.kind in NAMES else "")
        self._show_facts(record)
        clear(self._warnings)
        for warning in filter(None, (doubt(record, words), *record.warnings)):
            self._warnings.addWidget(frame("warning", column(label(warning), margin=SPACE)))
        self._show_neighbours(record)
        self._body.setPlainText(displayable(record.body))
        self._mark(record)
        self._body.setFocus()

    def _show_facts(self, record: RecordView) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        for name, value in facts(record, self._desk.words):
            caption = label(name, "muted", wrap=False)
            caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)  # beside a value of two lines
            self._facts.addRow(caption, _fact(value))
        clear(self._outside)
        where = address(record)
        if where:
            words = self._desk.words
            copy = button(words("reader.copy_address"), "quiet")
            copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(where))
            leave = button(words("reader.leave"), "quiet")
            leave.clicked.connect(lambda: ask_to_leave(self._desk, self.window(), where))
            self._outside.addWidget(copy)
            self._outside.addWidget(leave)
            self._outside.addStretch(1)

    def _show_neighbours(self, record: RecordView) -> None:
        """What it belongs to: its thread; of a note, what it links to and what links to it."""
        clear(self._thread)
        words = self._desk.words
        if record.thread:
            self._thread.addWidget(label(words("reader.thread", count=len(record.thread)), "muted"))
            self._list(record.thread, last=True)
        links = [(other, title) for title, other in record.links]
        if links:
            self._thread.addWidget(label(words("reader.links"), "muted"))
            self._list(links)
        backlinks = [(other, title) for title, other in record.backlinks]
        if backlinks:
            self._thread.addWidget(label(words("reader.backlinks"), "muted"))
            self._list(backlinks)

    def _list(self, others: Sequence[tuple[str, str]], *, last: bool = False) -> None:
        """The first of (id, title), or the `last`; the rest on demand."""
        holder = column(gap=2)
        self._thread.addLayout(holder)
        shown = others[-_MOST_HEADERS:] if last else others[:_MOST_HEADERS]
        for other, title in shown:
            holder.addWidget(self._jump(other, title or self._desk.words("record.untitled")))
        if len(others) > len(shown):
            more = button(self._desk.words("reader.more", count=len(others) - len(shown)), "quiet")
            more.clicked.connect(lambda: self._show_all(holder, others))
            holder.addLayout(row(more, 0))

    def _show_all(self, holder: QVBoxLayout, others: Sequence[tuple[str, str]]) -> None:
        clear(holder)
        for other, title in others:
            holder.addWidget(self._jump(other, title or self._desk.words("record.untitled")))

    def _jump(self, record: str, title: str) -> Jump:
        """A button that opens `record`; without an id, what is linked is not in the vault."""
        kind = self._record.kind if self._record is not None else ""
        jump = Jump(self._desk, title, GLYPHS.get(kind, "file-text"), "chip")
        jump.setEnabled(bool(record))
        jump.setToolTip("" if record else self._desk.words("reader.not_here"))
        jump.clicked.connect(lambda: self.open_record(record))
        return jump

    def _mark(self, record: RecordView) -> None:
        start, end = (units(record.body, offset) for offset in self._span)
        cursor = self._body.textCursor()
        last = self._body.document().characterCount() - 1
        cursor.setPosition(min(start, last))
        if end > start:
            cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        marks = []
        if cursor.hasSelection():
            mark = QTextEdit.ExtraSelection()
            style = QTextCharFormat()
            style.setBackground(QColor(self._desk.theme.tokens.mark))
            mark.cursor = QTextCursor(cursor)
            mark.format = style
            marks.append(mark)
        self._body.setExtraSelections(marks)
        self._body.setTextCursor(cursor)
        self._body.centerCursor()


def _fact(value: str) -> QLabel:
    result = label(value)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return result
