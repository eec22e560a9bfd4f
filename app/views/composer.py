"""Where a question is typed.  Enter sends, Shift+Enter breaks the line, Up brings the last question back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy

from app.views.desk import Desk
from app.views.parts import button, icon_button, role, row

_LINES = 6


class _Editor(QPlainTextEdit):
    """Grows with its text up to six lines."""

    entered = Signal()
    recalled = Signal()
    focused = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # files dropped here are for the window to import
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if enter and not shift:
            self.entered.emit()
        elif enter:
            self.insertPlainText("\n")
            self.ensureCursorVisible()
        elif event.key() == Qt.Key.Key_Up and not self.toPlainText():
            self.recalled.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.focused.emit(True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self.focused.emit(False)
        super().focusOutEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        lines = min(_LINES, max(1, round(self.document().size().height())))
        frame = 2 * round(self.document().documentMargin()) + 2
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + frame)
        wanted = Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines == _LINES else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(wanted)


class Composer(QFrame):
    """`asked` with the question; `stopped` when the answer under way is to end."""

    asked = Signal(str)
    stopped = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        words = desk.words
        self._last = ""
        self._answering = False
        self.setProperty("role", "composer")
        self._editor = _Editor()
        self._editor.setPlaceholderText(words("chat.placeholder"))
        self._editor.setAccessibleName(words("chat.question"))
        self._send = icon_button(desk.theme, "arrow-up", words("chat.send"), "on_accent", "send")
        self._send.setToolTip(f"{words('chat.send')} ({_keys(Qt.Key.Key_Return)})")
        self._stop = button(words("chat.stop"))
        desk.theme.dress(self._stop, "stop")
        self._stop.setToolTip(f"{words('chat.stop')} ({_keys(Qt.Key.Key_Escape)})")
        self._stop.hide()
        layout = row(self._editor, self._stop, self._send, margin=8)
        layout.setAlignment(self._send, Qt.AlignmentFlag.AlignBottom)
        layout.setAlignment(self._stop, Qt.AlignmentFlag.AlignBottom)
        self.setLayout(layout)
        self.setFocusProxy(self._editor)
        self._editor.entered.connect(self._submit)
        self._editor.recalled.connect(self._recall)
        self._editor.focused.connect(self._show_focus)
        self._editor.textChanged.connect(self._refresh)
        self._send.clicked.connect(self._submit)
        self._stop.clicked.connect(self.stopped)
        self._refresh()

    @property
    def drafting(self) -> bool:
        return bool(self._editor.toPlainText())

    def put(self, question: str) -> None:
        """Type `question` for the person, ready to send."""
        self._editor.setPlainText(question)
        self._editor.moveCursor(self._editor.textCursor().MoveOperation.End)
        self._editor.setFocus()

    def remember(self, question: str) -> None:
        """The question that Up brings back."""
        self._last = question

    def set_answering(self, answering: bool) -> None:
        self._answering = answering
        had_focus = self._stop.hasFocus() or self._send.hasFocus()
        self._stop.setVisible(answering)
        self._send.setVisible(not answering)
        if had_focus:
            self._editor.setFocus()
        self._refresh()

    def _submit(self) -> None:
        question = self._editor.toPlainText().strip()
        if question and not self._answering:
            self._last = question
            self._editor.clear()
            self.asked.emit(question)

    def _recall(self) -> None:
        if self._last:
            self.put(self._last)

    def _refresh(self) -> None:
        self._send.setEnabled(bool(self._editor.toPlainText().strip()) and not self._answering)

    def _show_focus(self, focused: bool) -> None:
        self.setProperty("focus", focused)
        role(self, "composer")


def _keys(key: Qt.Key) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
