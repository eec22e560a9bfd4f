"""The page of peers: whether this node takes part, who is a contact, and how to become one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.actions.open_invites import InviteRow
from app.swarm_results import PeerRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.invite_dialog import InviteDialog
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, row
from app.views.peer_add import PeerAdd
from app.views.peer_card import PeerCard
from app.views.plain import one_line
from app.views.sheet import Sheet
from app.views.swarm_switch import SwarmSwitch

_WIDTH = 760
_SOON_MS = 200


class Peers(QWidget):
    """`wanted_task` with the id of the peer whose agent is to be asked something."""

    wanted_task = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._shown: tuple[PeerRow, ...] | None = None
        self.switch = SwarmSwitch(desk)
        self.switch.changed.connect(self.refresh)
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        invite = button(words("peers.invite"), "primary")
        desk.theme.dress(invite, "qr-code", "on_accent")
        invite.clicked.connect(self._invite)
        add = button(words("peers.add"))
        desk.theme.dress(add, "plus")
        add.clicked.connect(self._add)
        actions = QWidget()
        actions.setLayout(Flow(invite, add))
        self._invites = column(gap=SPACE)
        self._list = column(gap=SPACE)
        title = column(label(words("peers.title"), "title"), label(words("peers.what"), "muted"))
        content = column(title, self.switch, self._notice, actions, self._invites, self._list, gap=SPACE * 2)
        self.setLayout(column(Sheet(content, _WIDTH, middle=False)))
        self.setFocusProxy(self.switch)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        self.switch.refresh()
        submit(self, "peers", on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "open_invites", on_done=self._list_invites, on_failed=self._notice.tell)

    def peers_changed(self) -> None:
        """The node says that somebody came, went, or became a contact."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _fill(self, peers: Sequence[PeerRow]) -> None:
        """What did not change stays as it is: the keyboard's place is in it."""
        self._notice.hide()
        if tuple(peers) == self._shown:
            return
        self._shown = tuple(peers)
        clear(self._list)
        for peer in peers:
            card = PeerCard(self._desk, peer)
            card.changed.connect(self._changed)
            card.wanted_task.connect(self.wanted_task)
            self._list.addWidget(card)
        if not peers:
            words = self._desk.words
            self._list.addWidget(
                frame("card", column(label(words("peers.none"), "heading"), label(words("peers.none_what"), "muted"),
                                     margin=SPACE * 3))
            )  # fmt: skip

    def _changed(self) -> None:
        self._shown = None
        self.refresh()

    def _list_invites(self, invites: Sequence[InviteRow]) -> None:
        clear(self._invites)
        for invite in invites:
            self._invites.addWidget(self._invite_card(invite))

    def _invite_card(self, invite: InviteRow) -> QFrame:
        words, name = self._desk.words, one_line(invite.name)
        until = words.when(invite.expires)
        said = words("invite.open_for", name=name, when=until) if name else words("invite.open", when=until)
        withdraw = button(words("invite.withdraw"))
        withdraw.setAccessibleDescription(said)
        withdraw.clicked.connect(
            lambda: self._desk.bridge.submit(
                self, "withdraw_invite", invite.id, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
            )
        )
        line = row(label(said), withdraw, margin=SPACE + 4)
        line.setStretch(0, 1)
        return frame("card", line)

    def _invite(self) -> None:
        dialog = InviteDialog(self._desk, self.window())
        dialog.made.connect(self.refresh)
        dialog.open()

    def _add(self) -> None:
        dialog = PeerAdd(self._desk, self.window())
        dialog.added.connect(self._changed)
        dialog.open()
