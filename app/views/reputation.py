"""What is known of a peer's work, in words and with its reasons; where a task was done, the way to say how it went."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.reputation_results import FeedbackRow, ReputationView
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.feedback_dialog import FeedbackDialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, label, line, row
from app.views.plain import one_line

_LOOKS = {"good": "good", "poor": "warning"}  # of the sentence


class ReputationCard(QWidget):
    """Asks when it is made, and again by `refresh`.  `peer`: its id; `name`: what the person calls it."""

    def __init__(self, desk: Desk, peer: str, name: str) -> None:
        super().__init__()
        self._desk = desk
        self._peer = peer
        self._name = one_line(name)
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._body = column(label(desk.words("reputation.looking"), "muted"), gap=SPACE // 2)
        self._said = label("", "good")
        self._said.hide()
        self.setLayout(column(line(), self._notice, self._said, self._body, gap=SPACE))
        self.refresh()

    def refresh(self) -> None:
        self._desk.bridge.submit(
            self, "reputation", self._peer, on_done=self.show_view, on_failed=self._notice.tell
        )  # fmt: skip

    def show_view(self, view: ReputationView) -> None:
        """The sentence first, then why, then what anybody may have written, set apart."""
        words = self._desk.words
        clear(self._body)
        sentence = label(view.sentence, _LOOKS.get(view.word, ""))
        spoken = words("reputation.of_word", word=words(f"reputation.word_{view.word}"))
        sentence.setAccessibleName(f"{spoken}. {view.sentence}")
        self._body.addWidget(sentence)
        self._body.addSpacing(SPACE // 2)
        self._body.addWidget(label(words("reputation.why"), "small"))
        for reason in view.reasons:
            self._body.addWidget(label(reason.sentence))
        if view.network:
            self._body.addSpacing(SPACE // 2)
            self._body.addWidget(label(words("reputation.naked"), "small"))
            self._body.addWidget(label(view.naked_sentence, "muted"))
        if view.rateable:
            say = button(words("reputation.say"))
            say.setAccessibleName(words("reputation.say_name", name=self._name))
            say.clicked.connect(lambda: self._say(view))
            self._body.addSpacing(SPACE)
            self._body.addLayout(row(say, 0))

    def _say(self, view: ReputationView) -> None:
        network = view.network if view.agent is not None else ""
        dialog = FeedbackDialog(self._desk, self.window(), self._name, view.rateable[0], network)
        dialog.given.connect(self._given)
        dialog.open()

    def _given(self, row: FeedbackRow) -> None:
        key = "reputation.said_public" if row.state == "public" else "reputation.said_here"
        self._said.setText(self._desk.words(key))
        self._said.show()
        self.refresh()
