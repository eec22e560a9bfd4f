"""Exactly what would leave with a task: the words, how many bytes, for whom, and the records they come from."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.swarm_results import Preview
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.parts import button, column, label, selectable
from app.views.plain import one_line, revealed
from app.views.task_words import kind_of

_HEIGHT = 180


class TaskPreview(Dialog):
    """Opened with `open()`; `agreed` with once or always, where it `asks`."""

    agreed = Signal(str)

    def __init__(
        self, desk: Desk, parent: QWidget, preview: Preview, names: dict[str, str], *, asks: bool, once: str = "",
        note: str = "",
    ) -> None:  # fmt: skip
        """`names`: what the person calls peers, by peer id.  `once`: the caption of the one answer that there is then.
        `note`: what is said besides."""
        words = desk.words
        super().__init__(parent, words("preview.title"), 620)
        kind = kind_of(words, preview.kind)
        called = ", ".join(names.get(peer) or f"…{peer[-6:]}" for peer in preview.peer_ids)
        text = QPlainTextEdit(revealed(preview.text))
        text.setReadOnly(True)
        text.setProperty("role", "exact")
        text.setAccessibleName(words("preview.exact"))
        text.setTabChangesFocus(True)
        text.setFixedHeight(_HEIGHT)
        digest = selectable(words("left.digest", digest=preview.digest))
        digest.setProperty("role", "small")
        said = column(
            label(words("preview.to", kind=kind, names=called or words("preview.nobody"))),
            text,
            label(words("preview.size", size=words.size(preview.bytes)), "small"),
            digest,
            gap=SPACE,
        )
        if preview.price:
            price, chain = one_line(preview.price), one_line(preview.chain)
            said.addWidget(label(words("payment.preview", price=price, chain=chain)))
        if note:
            said.addWidget(label(note, "warning"))
        if preview.records:
            said.addWidget(label(words("left.records", count=len(preview.records)), "warning"))
            said.addWidget(label("\n".join(one_line(title) for _, title in preview.records)))
        close = button(words("peers.cancel" if asks else "peers.close"))
        close.clicked.connect(self.reject)
        answers = []
        if asks:
            usual = [("always", words("preview.always"), ""), ("once", words("preview.once"), "primary")]
            for decision, caption, look in [("once", once, "primary")] if once else usual:
                answer = button(caption, look)
                answer.setAutoDefault(False)
                answer.clicked.connect(lambda _=False, decision=decision: self._answer(decision))
                answers.append(answer)
        self.fill(said, close, *answers)
        close.setFocus()

    def _answer(self, decision: str) -> None:
        self.agreed.emit(decision)
        self.accept()
