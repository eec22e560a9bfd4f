"""Messages with one contact, from person to person: what went and came, and a line to write the next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QPushButton, QWidget

from app.bridge import Job
from app.skill_results import FactRow
from app.swarm import standing
from app.swarm_results import LetterDraft, LetterRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, rename, row
from app.views.plain import breakable, one_line, revealed

_HEIGHT = 84
_HERE = Qt.ShortcutContext.WidgetShortcut
_STATES = {
    "waiting": "letters.waiting",
    "delivered": "letters.delivered",
    "failed": "letters.failed",
}
_REASONS = {"refused": "letters.refused", "expired": "letters.expired"}


class Letters(QWidget):
    """`closed` to go back to all peers; `wanted_memory` to see and change what the agent was told."""

    closed = Signal()
    wanted_memory = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._peer = ""
        self._name = ""
        self._drafting: Job | None = None
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
        QShortcut(QKeySequence("Ctrl+Return"), self._editor, self._send.click, context=_HERE)
        self._draft = self._draft_button()
        self._drafted = label("", "small")
        self._drafted.hide()
        writing = Field(words("letters.write"), self._editor, words("letters.write_help"))
        self._rule = label("", "small")
        memory = button(words("letters.rule_change"), "quiet")
        memory.clicked.connect(self.wanted_memory)
        rule = row(self._rule, memory)
        rule.setStretch(0, 1)
        self.setLayout(
            column(row(back, 0), self._title, column(writing, self._drafted, gap=4), row(self._send, self._draft, 0),
                   self._notice, rule, self._list, gap=SPACE * 2)
        )  # fmt: skip
        self.setFocusProxy(self._editor)

    def _draft_button(self) -> QPushButton:
        words = self._desk.words
        result = button(words("letters.draft"))
        result.setToolTip(words("letters.draft_help"))
        result.setAccessibleDescription(words("letters.draft_help"))
        self._desk.theme.dress(result, "pencil-simple")
        result.clicked.connect(self._draft_it)
        return result

    def open_peer(self, peer: str, name: str) -> None:
        """Show what was written with this contact; what is new counts as read."""
        self._stop_drafting()
        self._peer, self._name, self._shown = peer, name, None
        self._title.setText(breakable(self._desk.words("letters.with", name=name)))
        self._editor.setPlainText("")
        self._notice.hide()
        clear(self._list)
        self.refresh()

    def leave(self) -> None:
        """Nobody looks at them any more: what comes stays new."""
        self._stop_drafting()
        self._peer = ""

    def refresh(self) -> None:
        if self._peer and self.isVisible():
            peer = self._peer
            self._desk.bridge.submit(
                self, "letters", peer, on_done=lambda rows: self._fill(peer, rows), on_failed=self._notice.tell
            )
            self._desk.bridge.submit(self, "facts", "instruction", on_done=lambda rows: self._tell_rule(peer, rows))

    def _tell_rule(self, peer: str, told: Sequence[FactRow]) -> None:
        """What the agent answers this contact by itself, where the person told it to."""
        words = self._desk.words
        says = standing.saying([rule for rule in told if rule.confirmed], self._name)
        if peer == self._peer:
            known = words("letters.rule", name=self._name, text=one_line(says))
            self._rule.setText(known if says else words("letters.rule_none", name=self._name))

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
            told.append(one_line(letter.why) or words(_REASONS.get(letter.reason, _STATES[letter.state])))
        remove = icon_button(self._desk.theme, "trash", words("letters.remove", name=who, ago=told[0]))
        remove.clicked.connect(lambda: self._remove(letter.id))
        head = row(label(who, "heading", wrap=False), label(" · ".join(told), "small"), remove)
        head.setStretch(1, 1)
        said = column(head, margin=SPACE + 4, gap=4)
        if letter.automatic:
            said.addWidget(label(words("letters.by_agent" if letter.outgoing else "letters.automatic"), "warning"))
        said.addWidget(label(breakable(revealed(letter.text))))
        return frame("bubble" if letter.outgoing else "card", said)

    def _draft_it(self) -> None:
        """Have the agent write into the box, from the conversation and from what was typed; pressed again it stops.

        Nothing is sent by it.
        """
        if self._drafting is not None:
            self._drafting.cancel()
            return
        words, peer = self._desk.words, self._peer
        self._notice.hide()
        rename(self._draft, words("letters.draft_stop"))
        self._drafted.setText(words("letters.drafting"))
        self._drafted.show()
        self._drafting = self._desk.bridge.submit(
            self, "suggest_letter", peer, self._typed(), on_done=lambda draft: self._show_draft(peer, draft),
            on_failed=self._not_drafted, on_cancelled=self._rest,
        )  # fmt: skip

    def _show_draft(self, peer: str, draft: LetterDraft) -> None:
        """In place of what was typed, which Ctrl+Z brings back."""
        if peer != self._peer:
            return
        self._rest()
        cursor = QTextCursor(self._editor.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(draft.text)
        self._drafted.setText(self._desk.words("letters.drafted"))
        self._drafted.show()
        self._editor.setFocus()

    def _not_drafted(self, error: BaseException) -> None:
        self._rest()
        self._notice.tell(error)

    def _rest(self) -> None:
        self._drafting = None
        self._drafted.hide()
        rename(self._draft, self._desk.words("letters.draft"))

    def _stop_drafting(self) -> None:
        if self._drafting is not None:
            self._drafting.cancel()
        self._rest()

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
            self._drafted.hide()
        self._send.setEnabled(bool(self._typed()))
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._send.setEnabled(bool(self._typed()))
        self._notice.tell(error)

    def _remove(self, name: str) -> None:
        self._desk.bridge.submit(
            self, "remove_letter", name, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
        )
