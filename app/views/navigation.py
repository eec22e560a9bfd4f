"""The left side: the views, lock now, and how the model and the search are doing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from app.results import Status
from app.theme.tokens import SPACE
from app.views.badge import Badge
from app.views.desk import Desk
from app.views.parts import button, column, label, one_stop, role, row

VIEWS = (
    ("nav.chat", "chat-circle"),
    ("nav.library", "books"),
    ("nav.sources", "rss"),
    ("nav.timeline", "tray"),
    ("nav.models", "cpu"),
    ("nav.settings", "gear-six"),
    ("nav.skills", "puzzle-piece"),
    ("nav.approvals", "shield-check"),
    ("nav.activity", "activity"),
    ("nav.memory", "brain"),
    ("nav.peers", "users-three"),
    ("nav.tasks", "handshake"),
    ("nav.account", "identification-card"),
)
KEYS = (*(f"Ctrl+{number % 10}" for number in range(1, 11)), "Ctrl+Shift+P", "Ctrl+Shift+T", "Ctrl+Shift+I")
"""What turns to each, in this order."""
_ORDER = ((0, 1, 2, 3), (6, 7, 8, 9), (10, 11, 12), (4, 5))
"""As they are listed: what there is, what the agent does, what it does with others, how it is set."""
_APPROVALS, _PEERS, _TASKS, _ACCOUNT = 7, 10, 11, 12
_EMBEDDER = {
    "off": "nav.embedder_off",
    "starting": "nav.embedder_starting",
    "ready": "nav.embedder_ready",
    "failed": "nav.embedder_failed",
}
_WIDE = 190
_NARROW = 58
_LOW = 670  # pixels of height


class Navigation(QFrame):
    """`turned` with the number of a view; `locked` when the person wants to lock now."""

    turned = Signal(int)
    locked = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "side")
        self._captions: list[tuple[QPushButton, str]] = []
        self._group = QButtonGroup(self)
        self._brand = QLabel()
        desk.theme.picture(self._brand, "cloud", "accent", 26)
        self._name = label("Nuée", "brand", wrap=False)
        views = column(*(part for numbers in _ORDER for part in (self._part(numbers), 6)), gap=0)
        self._badges = {
            number: Badge(desk, self._group.button(number), f"nav.{name}_waiting")
            for number, name in ((_APPROVALS, "approvals"), (_PEERS, "peers"), (_TASKS, "tasks"), (_ACCOUNT, "account"))
        }
        lock = self._entry(words("nav.lock"), "lock", "Ctrl+L")
        lock.clicked.connect(self.locked)
        self._group.idClicked.connect(self.turned)
        self._flight = _state_line()
        self._flight.setText(words("airplane.title"))
        self._flight.hide()
        self._narrow = False
        self._low = False
        self._flying = False
        self._model = _state_line()
        self._search = _state_line()
        self.setLayout(
            column(
                row(self._brand, self._name, 0, margin=6),
                SPACE,
                views,
                0,
                self._flight,
                self._model,
                self._search,
                SPACE // 2,
                lock,
                margin=SPACE,
                gap=6,
            )
        )

    def select(self, number: int) -> None:
        chosen = self._group.button(number)
        chosen.setChecked(True)
        one_stop(self._group, chosen)

    def show_status(self, status: Status, pending: int) -> None:
        """`pending`: chunks that cannot be found by meaning yet."""
        words = self._desk.words
        self._flying = status.airplane
        self._flight.setVisible(self._flying and not self._narrow)
        self._model.setText(status.model or words("nav.no_model"))
        self._model.setToolTip(words("nav.model", name=status.model or words("nav.no_model")))
        if status.embedder == "ready" and pending:
            state = words("nav.embedding", count=pending, number=words.number(pending))
        else:
            state = words(_EMBEDDER[status.embedder])
        self._search.setText(state)
        self._search.setToolTip(state)

    def show_waiting(self, waiting: int) -> None:
        """How many acts wait for the person."""
        self._badges[_APPROVALS].show_count(waiting)

    def show_calls(self, waiting: int) -> None:
        """How many calls of others wait for the person's word."""
        self._badges[_TASKS].show_count(waiting)

    def show_asks(self, waiting: int) -> None:
        """How many signatures of the wallet wait for the person."""
        self._badges[_ACCOUNT].show_count(waiting)

    def show_unread(self, unread: int) -> None:
        """How many messages of contacts were not read yet."""
        self._badges[_PEERS].show_count(unread)

    def set_narrow(self, narrow: bool) -> None:
        """Icons only."""
        self._narrow = narrow
        self._flight.setVisible(self._flying and not narrow)
        self.setFixedWidth(_NARROW if narrow else _WIDE)
        self._name.setVisible(not narrow)
        self._model.setVisible(not narrow)
        self._search.setVisible(not narrow)
        for entry, caption in self._captions:
            entry.setText("" if narrow else caption)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._set_low(self.height() < _LOW)

    def _set_low(self, low: bool) -> None:
        """Entries closer together, so that a low window holds them all."""
        if low != self._low:
            self._low = low
            for entry, _ in self._captions:
                role(entry, "nav-low" if low else "nav")

    def _part(self, numbers: Sequence[int]) -> QVBoxLayout:
        result = column(gap=2)
        for number in numbers:
            key, glyph = VIEWS[number]
            choice = self._entry(self._desk.words(key), glyph, KEYS[number])
            choice.setCheckable(True)
            self._group.addButton(choice, number)
            result.addWidget(choice)
        return result

    def _entry(self, caption: str, glyph: str, keys: str) -> QPushButton:
        entry = button(caption, "nav")
        self._desk.theme.dress(entry, glyph)
        entry.setToolTip(f"{caption} ({keys})")
        entry.setAccessibleName(caption)
        self._captions.append((entry, f"  {caption}"))
        return entry


def _state_line() -> QLabel:
    result = label("", "small")
    result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    result.setContentsMargins(8, 0, 4, 0)
    return result
