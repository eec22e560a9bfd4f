"""A record itself: who, when, what, with the quoted passage marked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QPlainTextEdit, QPushButton, QSizePolicy, QTextEdit

from app.bridge import Job
from app.results import RecordView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row
from app.views.spans import displayable, units

KINDS = {"mail": "kind.mail", "note": "kind.note", "file": "kind.file"}
_MOST_HEADERS = 3  # attachments and thread neighbours listed before "and N more"


class Reader(QFrame):
    """`closed` when the person is done with it.  Shows plain text only; loads nothing."""

    closed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        self._span = (0, 0)
        self._record: RecordView | None = None
        self.setProperty("role", "pane")
        words = desk.words
        self._title = label("", "heading")
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = icon_button(desk.theme, "x", words("reader.close"), "muted")
        self._close.setToolTip(f"{words('reader.close')} (Esc)")
        self._close.clicked.connect(self.close_reader)
        self._facts = QFormLayout()
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setHorizontalSpacing(SPACE * 2)
        self._facts.setVerticalSpacing(4)
        self._facts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._warnings = column(gap=4)
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
        head = row(self._title, self._close)
        head.setStretch(0, 1)
        head.setAlignment(self._close, Qt.AlignmentFlag.AlignTop)
        layout = column(
            head, self._facts, self._warnings, self._notice, self._body, self._thread, margin=SPACE * 2, gap=SPACE + 2
        )
        layout.setStretch(4, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._body)
        self._wanted = ""

    def open_record(self, record: str, start: int = 0, end: int = 0) -> None:
        """Show `record` with characters `start` to `end` of its body marked; nothing is marked where they are equal."""
        if self._job is not None:
            self._job.cancel()
        self._wanted = record
        self._span = (start, end)
        self._notice.hide()
        self._job = self._desk.bridge.submit(self, "show", record, on_done=self._show, on_failed=self._failed)

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
        self._title.setText(record.title or self._desk.words("record.untitled"))
        self._show_facts(record)
        clear(self._warnings)
        for warning in record.warnings:
            self._warnings.addWidget(frame("warning", column(label(warning), margin=SPACE)))
        self._show_thread(record)
        self._body.setPlainText(displayable(record.body))
        self._mark(record)
        self._body.setFocus()

    def _show_facts(self, record: RecordView) -> None:
        while self._facts.rowCount():
            self._facts.removeRow(0)
        words = self._desk.words
        attachments = ", ".join(f"{one.name} ({words.size(one.size)})" for one in record.attachments)
        facts = (
            (words("reader.from"), record.sender),
            (words("reader.to"), ", ".join(record.recipients)),
            (words("reader.date"), words.date(record.date, time=True)),
            (words("reader.attachments"), attachments),
            (words("reader.folder"), record.folder if record.kind == "mail" else ""),
            (words("reader.origin"), "" if record.kind == "mail" else record.origin),
        )
        for name, value in facts:
            if value:
                self._facts.addRow(label(name, "muted", wrap=False), _fact(value))

    def _show_thread(self, record: RecordView) -> None:
        clear(self._thread)
        if not record.thread:
            return
        words = self._desk.words
        self._thread.addWidget(label(words("reader.thread", count=len(record.thread)), "muted"))
        shown = record.thread[-_MOST_HEADERS:]
        for other, title in shown:
            jump = self._jump(other, title or words("record.untitled"))
            self._thread.addWidget(jump)
        if len(record.thread) > len(shown):
            more = button(words("reader.more", count=len(record.thread) - len(shown)), "quiet")
            more.clicked.connect(lambda: self._show_all(record))
            self._thread.addLayout(row(more, 0))

    def _show_all(self, record: RecordView) -> None:
        clear(self._thread)
        for other, title in record.thread:
            self._thread.addWidget(self._jump(other, title or self._desk.words("record.untitled")))

    def _jump(self, record: str, title: str) -> QPushButton:
        jump = button(title, "chip")
        self._desk.theme.dress(jump, "envelope-simple", "muted")
        jump.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
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
