"""Whether this node takes part in the swarm, and where others can reach it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QFrame

from app.swarm_results import SwarmState
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import column, label, selectable
from app.views.plain import one_line
from app.views.swarm_offer import SwarmOffer
from app.views.swarm_setting import ASKED


class SwarmSwitch(QFrame):
    """`changed` when it was turned.  The first time it asks what is offered."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "card")
        self.switch = QCheckBox(words("peers.on"))
        self.switch.setAccessibleName(words("peers.on"))
        self.switch.setAccessibleDescription(words("peers.on_what"))
        self.switch.clicked.connect(self._turn)
        self._state = label("", "small")
        self._addresses = selectable("")
        self._addresses.setProperty("role", "small")
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        what = label(words("peers.on_what"), "small")
        self.setLayout(column(self.switch, what, self._state, self._addresses, self._notice, margin=SPACE + 4, gap=6))
        self._addresses.hide()
        self.setFocusProxy(self.switch)

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "swarm_state", on_done=self._show, on_failed=self._notice.tell)

    def _show(self, state: SwarmState) -> None:
        words = self._desk.words
        with QSignalBlocker(self.switch):
            self.switch.setChecked(state.on)
        self.switch.setEnabled(True)
        if state.problem:
            said = words("peers.problem", problem=state.problem)
        elif not state.on:
            said = words("peers.is_off")
        elif not state.running:
            said = words("peers.not_running")
        elif state.listening:
            said = words("peers.reached_at", count=state.connected)
        else:
            said = words("peers.reached_nowhere")
        self._state.setText(said)
        self._addresses.setText("\n".join(one_line(address) for address in state.listening))
        self._addresses.setVisible(state.on and bool(state.listening))

    def _turn(self, on: bool) -> None:
        self._notice.hide()
        self.switch.setEnabled(False)
        if not on:
            self._do_turn(on)
            return
        self._desk.bridge.submit(
            self, "setting", ASKED, on_done=lambda asked: self._do_turn(True) if asked else self._ask(),
            on_failed=self._failed,
        )  # fmt: skip

    def _ask(self) -> None:
        dialog = SwarmOffer(self._desk, self.window())
        dialog.answered.connect(lambda: self._do_turn(True))
        dialog.rejected.connect(self.refresh)
        dialog.open()

    def _do_turn(self, on: bool) -> None:
        self._desk.bridge.submit(self, "turn_swarm", on, on_done=self._turned, on_failed=self._failed)

    def _turned(self, state: SwarmState) -> None:
        self._show(state)
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        self.refresh()
        self._notice.tell(error)
