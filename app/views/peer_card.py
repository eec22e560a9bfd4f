"""One peer: its name, whether it is there, how it is reached, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.swarm_results import PeerRow
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, column, label, row, selectable
from app.views.peer_offers import PeerOffersCard
from app.views.peer_rename import PeerRename
from app.views.plain import breakable, one_line
from app.views.reputation import ReputationCard
from app.views.wording import Words

_WELL = (("well", 80.0), ("fair", 250.0), ("slow", 1000.0))  # milliseconds, at most
_TENTH = 10.0  # milliseconds: below this, tenths are told
_WAYS = {"tcp": "peers.way_tcp", "quic": "peers.way_quic", "relay": "peers.way_relay", "relayed": "peers.way_relay"}


class PeerCard(QFrame):
    """`changed` when something about it was changed; `wanted_task` with its peer id, `wanted_letters`
    with that and its name."""

    changed = Signal()
    wanted_task = Signal(str)
    wanted_letters = Signal(str, str)

    def __init__(self, desk: Desk, peer: PeerRow, unread: int = 0) -> None:
        super().__init__()
        self._desk = desk
        self._peer = peer
        self._name = one_line(peer.name) or f"…{peer.peer_id[-6:]}"
        self.setProperty("role", "card")
        self._notice = Notice(desk)
        self._notice.again.connect(self._ping_it)
        look = "good" if peer.connected and peer.standing != "blocked" else "muted"
        presence = label(presence_of(desk, peer), look)
        identity = selectable(peer.peer_id)
        identity.setProperty("role", "small")
        head = row(label(breakable(self._name), "heading"))
        if unread:
            head.addWidget(label(desk.words("letters.unread", count=unread), "warning", wrap=False))
        self._actions = Flow()
        actions = QWidget()
        actions.setLayout(self._actions)
        self._add_actions()
        self._known: ReputationCard | None = None
        self._offers: PeerOffersCard | None = None
        self._whole = column(head, presence, identity, actions, self._notice, margin=SPACE * 2, gap=6)
        self.setLayout(self._whole)

    def _add_actions(self) -> None:
        blocked = self._peer.standing == "blocked"
        self._action("letters.open", lambda: self.wanted_letters.emit(self._peer.peer_id, self._name))
        if not blocked:
            self._action("peers.ask", lambda: self.wanted_task.emit(self._peer.peer_id))
            self._ping = self._action("peers.ping", self._ping_it)
        if self._peer.standing == "contact":
            self._action("peers.offers", self._show_offers)
        self._action("reputation.open", self._show_known)
        self._action("peers.rename", self._rename)
        self._action("peers.unblock" if blocked else "peers.block", lambda: self._block(not blocked))
        self._action("peers.remove", self._ask_remove)

    def _action(self, key: str, then: object) -> QPushButton:
        result = button(self._desk.words(key))
        result.setAccessibleName(self._desk.words(f"{key}_name", name=self._name))
        result.clicked.connect(lambda _=False: then())  # type: ignore[operator]
        self._actions.addWidget(result)
        return result

    def _show_known(self) -> None:
        """Beneath, or away again: it is asked for when somebody wants to see it."""
        if self._known is None:
            self._known = ReputationCard(self._desk, self._peer.peer_id, self._name)
            self._whole.addWidget(self._known)
        else:
            self._known.setVisible(self._known.isHidden())

    def _show_offers(self) -> None:
        """As `_show_known`; asked again each time that it is opened."""
        if self._offers is None:
            self._offers = PeerOffersCard(self._desk, self._peer.peer_id)
            self._whole.addWidget(self._offers)
        else:
            self._offers.setVisible(self._offers.isHidden())
            if not self._offers.isHidden():
                self._offers.refresh()

    def _ping_it(self) -> None:
        self._ping.setEnabled(False)
        self._ping.setText(self._desk.words("peers.pinging"))
        self._desk.bridge.submit(
            self, "ping_peer", self._peer.peer_id, on_done=lambda _: self.changed.emit(), on_failed=self._not_there
        )

    def _not_there(self, error: BaseException) -> None:
        self._ping.setEnabled(True)
        self._ping.setText(self._desk.words("peers.ping"))
        self._notice.tell(error)

    def _rename(self) -> None:
        dialog = PeerRename(self._desk, self.window(), self._peer)
        dialog.renamed.connect(self.changed)
        dialog.open()

    def _block(self, blocked: bool) -> None:
        self._submit("block_peer", blocked)

    def _ask_remove(self) -> None:
        words = self._desk.words
        confirm(
            self.window(), words("peers.remove_title"), words("peers.remove_ask", name=self._name),
            words("peers.do_remove"), words("peers.keep"), lambda: self._submit("remove_peer"),
        )  # fmt: skip

    def _submit(self, command: str, *args: object) -> None:
        self._desk.bridge.submit(
            self, command, self._peer.peer_id, *args,
            on_done=lambda _: self.changed.emit(), on_failed=self._notice.tell,
        )  # fmt: skip


def presence_of(desk: Desk, peer: PeerRow) -> str:
    """In words: blocked, there and how, away since when, or never met."""
    words = desk.words
    if peer.standing == "blocked":
        return words("peers.blocked")
    known = "" if peer.standing == "contact" else words("peers.known") + " "
    if not peer.connected:
        seen = words.ago(peer.seen)
        return known + (words("peers.away", ago=seen) if seen else words("peers.never"))
    way = words(_WAYS[peer.way]) if peer.way in _WAYS else ""
    return known + " · ".join(part for part in (words("peers.here"), way, _how_well(words, peer.rtt_ms)) if part)


def _how_well(words: Words, rtt_ms: float | None) -> str:
    """By the time of the last ping, where there was one."""
    if rtt_ms is None:
        return ""
    quality = next((name for name, most in _WELL if rtt_ms <= most), "very_slow")
    return words(f"peers.reached_{quality}", ms=words.locale.toString(rtt_ms, "f", 1 if rtt_ms < _TENTH else 0))
