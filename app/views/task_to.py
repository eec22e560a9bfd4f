"""To whom a task goes: all contacts, some of them by name, or whoever is connected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QScrollArea, QWidget

from app.swarm_results import PeerRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.parts import choices, clear, column, label, select
from app.views.plain import one_line

CONTACTS, SOME, OPEN = "contacts", "some", "open"
_LINE = 30  # pixels of one name
_SEEN = 5  # names that are in sight at once


class PeerChoice(QWidget):
    """`changed` when somebody else is asked.  Names are the person's own for their peers."""

    changed = Signal()

    def __init__(self, desk: Desk, first: Sequence[str] = ()) -> None:
        """`first`: ids of the peers who are chosen at first; empty for all contacts."""
        super().__init__()
        self._desk = desk
        words = desk.words
        self._most = 0
        self._peers: tuple[PeerRow, ...] = ()
        self._boxes: dict[str, QCheckBox] = {}
        self._chosen = set(first)
        self.names: dict[str, str] = {}
        self.whom = choices(words("give.to"), [(one, words(f"give.to_{one}")) for one in (CONTACTS, SOME, OPEN)])
        self.whom.currentIndexChanged.connect(lambda _: self._turned())
        if first:
            select(self.whom, SOME)
        self._list = column(gap=4)
        holder = QWidget()
        holder.setObjectName("column")
        holder.setLayout(self._list)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(holder)
        self._none = label(words("give.to_none"), "warning")
        self._none.hide()
        self._people = Field("", self._area)
        self._people.setAccessibleName(words("give.to"))
        self._whom = Field(words("give.to"), self.whom)
        self._caption = label(words("give.people"))
        self._caption.hide()
        self.setLayout(column(self._whom, self._caption, self._people, self._none, gap=6))
        self.setFocusProxy(self.whom)
        self._turned()

    def show_peers(self, peers: Sequence[PeerRow]) -> None:
        """Everybody who can be asked; who is blocked cannot."""
        self._peers = tuple(peer for peer in peers if peer.standing != "blocked")
        self.names = {peer.peer_id: one_line(peer.name) or f"…{peer.peer_id[-6:]}" for peer in self._peers}
        if len(self._peers) == 1 and not self._chosen:
            self._chosen.add(self._peers[0].peer_id)
        self._build()

    def limit(self, most: int) -> None:
        """Only so many contacts, each chosen; 0 for any."""
        self._most = most
        self._whom.setVisible(not most)
        self._caption.setVisible(bool(most))
        self._build()

    def choose(self, peers: Sequence[str]) -> None:
        """These, as if the person had."""
        self._chosen = set(peers)
        select(self.whom, SOME)
        self._build()

    def asked(self) -> tuple[str, ...]:
        """As app.actions.tasks wants it; empty for nobody."""
        if self._some:
            return tuple(peer for peer in self._boxes if peer in self._chosen)
        return (str(self.whom.currentData()),)

    @property
    def count(self) -> int:
        """How many agents are asked, as far as it is known."""
        if self._some:
            return len(self.asked())
        if self.whom.currentData() == OPEN:
            return sum(peer.connected for peer in self._peers)
        return sum(peer.standing == "contact" for peer in self._peers)

    def given(self) -> tuple[str, ...] | None:
        """`asked`; None where nobody or too many are, which is said beside it."""
        asked, words = self.asked(), self._desk.words
        if not self._some:
            return asked
        if not asked:
            self._people.complain(words("give.people_none"))
        elif self._most and len(asked) > self._most:
            self._people.complain(words("give.people_many", most=self._most))
        else:
            return asked
        box = next(iter(self._boxes.values()), None)
        if box is not None:
            box.setFocus()
        return None

    @property
    def _some(self) -> bool:
        return bool(self._most) or self.whom.currentData() == SOME

    def _listed(self) -> tuple[PeerRow, ...]:
        """Contacts, those who are there first; for a meeting nobody else."""
        fitting = (peer for peer in self._peers if not self._most or peer.standing == "contact")
        return tuple(sorted(fitting, key=lambda peer: (not peer.connected, self.names[peer.peer_id].casefold())))

    def _build(self) -> None:
        clear(self._list)
        self._boxes = {}
        for peer in self._listed():
            box = QCheckBox(self._line(peer).replace("&", "&&"))
            box.setAccessibleName(self._line(peer))
            box.setToolTip(self.names[peer.peer_id])
            with QSignalBlocker(box):
                box.setChecked(peer.peer_id in self._chosen)
            box.toggled.connect(lambda on, peer=peer.peer_id: self._choose_one(peer, on))
            self._boxes[peer.peer_id] = box
            self._list.addWidget(box)
        self._area.setFixedHeight(_LINE * max(1, min(_SEEN, len(self._boxes))) + SPACE)
        self._turned()

    def _line(self, peer: PeerRow) -> str:
        words = self._desk.words
        name = self.names[peer.peer_id]
        shown = name if len(name) <= 48 else f"{name[:47]}…"
        return f"{shown}, {words('give.there' if peer.connected else 'give.away')}"

    def _choose_one(self, peer: str, on: bool) -> None:
        self._chosen.add(peer) if on else self._chosen.discard(peer)
        many = self._most and len(self.asked()) > self._most
        self._people.complain(self._desk.words("give.people_many", most=self._most)) if many else self._people.right()
        self.changed.emit()

    def _turned(self) -> None:
        self._people.setVisible(self._some and bool(self._boxes))
        self._none.setVisible(not self._listed())
        self._people.right()
        self.changed.emit()
