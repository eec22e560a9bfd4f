"""Whose wallet signs for this person, within which limits: asked of a contact's node when the person wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtWidgets import QFrame, QWidget

from app.swarm_results import PeerRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, frame, label, row, select, selectable
from app.views.plain import breakable, one_line
from app.wallet_results import AuthorityView

LATEST = 253_402_300_799  # seconds: 9999-12-31T23:59:59Z


class WalletReceived(QWidget):
    """Hidden without a contact."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._who = choices(words("received.who"), ())
        self._ask = button(words("received.ask"))
        self._ask.clicked.connect(self._look)
        self._found = column(gap=SPACE)
        self._notice = Notice(desk)
        self._notice.again.connect(self._look)
        asking = row(self._who, self._ask)
        asking.setStretch(0, 1)
        self.setLayout(
            column(label(words("received.title"), "heading"), label(words("received.what"), "muted"), asking,
                   self._notice, self._found, gap=SPACE)
        )  # fmt: skip
        self.hide()

    def refresh(self) -> None:
        """Who can be asked.  Nobody is asked by this."""
        self._desk.bridge.submit(self, "peers", on_done=self._list)

    def _list(self, peers: Sequence[PeerRow]) -> None:
        contacts = [one for one in peers if one.standing == "contact"]
        chosen = self._who.currentData()
        self._who.clear()
        for one in contacts:
            self._who.addItem(one_line(one.name), one.peer_id)
        select(self._who, chosen)
        self.setVisible(bool(contacts))

    def _look(self) -> None:
        self._notice.hide()
        clear(self._found)
        self._ask.setEnabled(False)
        self._desk.bridge.submit(
            self, "authority", self._who.currentData(), on_done=self._show, on_failed=self._failed,
            on_cancelled=self._rest,
        )  # fmt: skip

    def _show(self, held: AuthorityView) -> None:
        self._rest()
        clear(self._found)
        self._found.addWidget(self._card(held))

    def _card(self, held: AuthorityView) -> QFrame:
        words = self._desk.words
        day = words.date(datetime.fromtimestamp(min(held.until, LATEST), UTC).isoformat())
        until = words("wallet.delegate_over" if held.over else "wallet.delegate_until", date=day)
        money = {name: getattr(held, name).said for name in ("task", "day", "peer", "spent")}
        account = selectable(breakable(held.account))
        account.setProperty("role", "small")
        named = words("received.of", name=one_line(held.peer_name), network=one_line(held.network))
        return frame(
            "card",
            column(label(named, "heading"), label(until, "warning" if held.over else "muted"),
                   label(words("received.limits", **money)), label(words("received.pays"), "small"), account,
                   label(words("received.use", name=one_line(held.peer_name)), "small"), margin=SPACE + 4, gap=4),
        )  # fmt: skip

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._notice.tell(error)

    def _rest(self) -> None:
        self._ask.setEnabled(True)
