"""Messages with one contact, from person to person: what went and came, and a line to write the next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from app.swarm_results import LetterRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row
from app.views.plain import one_line, revealed

_HEIGHT = 84
_STATES = {
    "waiting": "letters.waiting",
    "delivered": "letters.delivered",
    "failed": "letters.failed",
}
_REASONS = {"refused": "letters.refused", "expired": "letters.expired"}


class Letters(QWidget):
    """`closed` to go back to all peers."""

    closed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._peer = ""
        self._shown: tuple[LetterRow, ...] | None = None
        back = button(words("letters.back"))
        desk.theme.dress(back, "arrow-left")
        back.clicked.connect(self.closed)
        self._title = label("", "title")
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self._editor = QPlainTextEdit()
        self._editor.setProperty("role", "input")
        self._editor.setTabChangesFocus(True)
        self._editor.setFixedHeight(_HEIGHT)
        self._send = button(words("letters.send"), "primary")
        self._send.clicked.connect(self._send_it)
        self._editor.textChanged.connect(lambda: self._send.setEnabled(bool(self._typed())))
        self._send.setEnabled(False)
        writing = Field(words("letters.write"), self._editor, words("letters.write_help"))
        self.setLayout(
            column(row(back, 0), self._title, writing, row(self._send, 0), self._notice, self._list, gap=SPACE * 2)
        )
        self.setFocusProxy(self._editor)

    def open_peer(self, peer: str, name: str) -> None:
        """Show what was written with this contact; what is new counts as read."""
        self._peer, self._shown = peer, None
        self._title.setText(self._desk.words("letters.with", name=name))
        self._editor.setPlainText("")
        self._notice.hide()
        clear(self._list)
        self.refresh()

    def leave(self) -> None:
        """Nobody looks at them any more: what comes stays new."""
        self._peer = ""

    def refresh(self) -> None:
        if self._peer and self.isVisible():
            peer = self._peer
            self._desk.bridge.submit(
                self, "letters", peer, on_done=lambda rows: self._fill(peer, rows), on_failed=self._notice.tell
            )

    def _fill(self, peer: str, letters: Sequence[LetterRow]) -> None:
        """What is seen is read: the node is told where there was something new, and says so to everybody."""
        if peer != self._peer or tuple(letters) == self._shown:
            return
        self._shown = tuple(letters)
        if any(letter.state == "new" for letter in letters):
            self._desk.bridge.submit(self, "read_letters", peer, on_failed=self._notice.tell)
        clear(self._list)
        for letter in reversed(letters):
            self._list.addWidget(self._card(letter))
        if not letters:
            self._list.addWidget(label(self._desk.words("letters.none"), "muted"))

    def _card(self, letter: LetterRow) -> QFrame:
        words = self._desk.words
        who = words("tasks.you") if letter.outgoing else one_line(letter.name)
        told = [words.ago(letter.at)]
        if letter.outgoing and letter.state in _STATES:
            told.append(words(_REASONS.get(letter.reason, _STATES[letter.state])))
        if letter.automatic:
            told.append(words("letters.automatic"))
        remove = icon_button(self._desk.theme, "trash", words("letters.remove", name=who, ago=told[0]))
        remove.clicked.connect(lambda: self._remove(letter.id))
        head = row(label(who, "heading", wrap=False), label(" · ".join(told), "small"), remove)
        head.setStretch(1, 1)
        return frame("bubble" if letter.outgoing else "card", column(head, label(revealed(letter.text)),
                                                                      margin=SPACE + 4, gap=4))  # fmt: skip

    def _typed(self) -> str:
        return self._editor.toPlainText().strip()

    def _send_it(self) -> None:
        """What was typed stays until the node has it."""
        said = self._typed()
        self._notice.hide()
        self._send.setEnabled(False)
        self._desk.bridge.submit(
            self, "send_letter", self._peer, said, on_done=lambda _: self._sent(said), on_failed=self._failed
        )

    def _sent(self, said: str) -> None:
        if self._typed() == said:
            self._editor.setPlainText("")
        self._send.setEnabled(bool(self._typed()))
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._send.setEnabled(bool(self._typed()))
        self._notice.tell(error)

    def _remove(self, name: str) -> None:
        self._desk.bridge.submit(
            self, "remove_letter", name, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
        )
