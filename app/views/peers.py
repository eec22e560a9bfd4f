"""The page of peers: whether this node takes part, who is a contact, and how to become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.actions.open_invites import InviteRow
from app.swarm_results import LetterRow, PeerRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.invite_dialog import InviteDialog
from app.views.letters import Letters
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
    """`wanted_task` with the id of the peer whose agent is to be asked something; `unread` with how many are new."""

    wanted_task = Signal(str)
    unread = Signal(int)
    wanted_memory = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._unread: Counter[str] = Counter()
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
        self.letters = Letters(desk)
        self.letters.closed.connect(self.show_list)
        self.letters.wanted_memory.connect(self.wanted_memory)
        self._pages = QStackedWidget()
        self._pages.addWidget(Sheet(content, _WIDTH, middle=False))
        self._pages.addWidget(Sheet(column(self.letters), _WIDTH, middle=False))
        self.setLayout(column(self._pages))
        self.setFocusProxy(self.switch)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def open_letters(self, peer: str, name: str) -> None:
        """Show what was written with a contact."""
        self._pages.setCurrentIndex(1)
        self.letters.open_peer(peer, name)
        self.letters.setFocus()

    def show_list(self) -> None:
        """Back from one to all."""
        self.letters.leave()
        self._pages.setCurrentIndex(0)
        self._shown = None
        self.refresh()

    def letters_changed(self) -> None:
        """The node says that a message came, or reached whom it was for."""
        if self._pages.currentIndex() == 1:
            self.letters.refresh()
        else:
            self.peers_changed()

    def refresh(self) -> None:
        if self._pages.currentIndex() == 1:
            self.letters.refresh()
            return
        submit = self._desk.bridge.submit
        self.switch.refresh()
        submit(self, "letters", on_done=self._count, on_failed=self._notice.tell)
        submit(self, "peers", on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "open_invites", on_done=self._list_invites, on_failed=self._notice.tell)

    def peers_changed(self) -> None:
        """The node says that somebody came, went, or became a contact."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _count(self, letters: Sequence[LetterRow]) -> None:
        """How many of each contact are new."""
        unread = Counter(letter.peer_id for letter in letters if letter.state == "new")
        if unread != self._unread:
            self._unread, self._shown = unread, None
        self.unread.emit(unread.total())

    def _fill(self, peers: Sequence[PeerRow]) -> None:
        """What did not change stays as it is: the keyboard's place is in it."""
        self._notice.hide()
        if tuple(peers) == self._shown:
            return
        self._shown = tuple(peers)
        clear(self._list)
        for peer in peers:
            card = PeerCard(self._desk, peer, self._unread[peer.peer_id])
            card.changed.connect(self._changed)
            card.wanted_task.connect(self.wanted_task)
            card.wanted_letters.connect(self.open_letters)
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
