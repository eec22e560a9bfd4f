"""One signature that waits for the person: what it does in words, whether it is about money, and the two answers."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QMoveEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.theme.tokens import SPACE
from app.views.approval_card import HOLD_MS
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, column, label, role
from app.views.plain import breakable, one_line
from app.views.wallet_rows import WalletRows
from app.wallet_results import AskRow


class WalletAskCard(QFrame):
    """`answered` with the digest once the node has the answer.  What is agreed to is what the card shows, once."""

    answered = Signal(str)

    def __init__(self, desk: Desk, ask: AskRow) -> None:
        super().__init__()
        self._desk = desk
        self.ask = ask
        words = desk.words
        self.setProperty("role", "card")
        said = label(breakable(ask.text), "heading")
        peer = one_line(ask.peer_name)
        told = [words("wallet.asked", ago=words.ago(ask.at)), words("wallet.for_peer", name=peer) if peer else ""]
        money = label(words("wallet.real"), "warning")
        money.setVisible(ask.real)  # of a rehearsal the sentence says enough
        self._state = label("", "muted")
        self._state.hide()
        agree, decline = self._button("wallet.agree", "primary", True), self._button("wallet.decline", "", False)
        self._buttons = (agree, decline)
        self._answers = QWidget()
        self._answers.setLayout(Flow(agree, decline))
        self._notice = Notice(desk)
        self._notice.again.connect(lambda: self.answered.emit(ask.digest))
        self._busy = False
        self._hold = QTimer(self, singleShot=True, interval=HOLD_MS)
        self._hold.timeout.connect(self._release)
        rows = WalletRows(desk, ask.rows, ask.text, shown=ask.real)
        counts = label(ask.counts, "small")
        counts.setVisible(bool(ask.counts))
        when = label(" · ".join(part for part in told if part), "small")
        self.setLayout(
            column(
                said, money, when, counts, rows, self._state, self._answers, self._notice, margin=SPACE * 2, gap=SPACE
            )
        )

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.hold()

    def moveEvent(self, event: QMoveEvent) -> None:  # noqa: N802
        super().moveEvent(event)
        self.hold()

    def hold(self) -> None:
        """The card is new, or stands somewhere else than it did: nobody presses what they did not see."""
        for one in self._buttons:
            one.setEnabled(False)
        self._hold.start()

    def _button(self, key: str, look: str, agreed: bool) -> QPushButton:
        result = button(self._desk.words(key), look)
        result.setAutoDefault(False)
        result.setAccessibleDescription(self.ask.text)
        result.clicked.connect(lambda: self._decide(agreed))
        return result

    def _decide(self, agreed: bool) -> None:
        if self._busy:
            return
        self._busy = True
        self.hold()
        self._desk.bridge.submit(
            self, "decide_wallet_ask", self.ask.digest, agreed, on_done=self._ended, on_failed=self._failed,
            on_cancelled=self._rest,
        )  # fmt: skip

    def _ended(self, ask: AskRow) -> None:
        self._answers.hide()
        self._state.setText(self._desk.words(f"wallet.ask_{ask.state}"))
        role(self._state, "good" if ask.state == "agreed" else "muted")
        self._state.show()
        self.answered.emit(ask.digest)

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._notice.tell(error)

    def _rest(self) -> None:
        self._busy = False
        self.hold()

    def _release(self) -> None:
        if not self._busy and self.isVisible():
            for one in self._buttons:
                one.setEnabled(True)
