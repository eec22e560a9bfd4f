"""The page of what this person is to others: identity, wallet, and receipts of what was agreed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.chain_results import ChainChanged
from app.receipt_results import ReceiptsChanged
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.identity import IdentityTab
from app.views.parts import column, label
from app.views.receipts import ReceiptsTab
from app.views.sheet import Head, Sheet
from app.views.tabs import Tabs
from app.views.wallet import WalletTab
from app.wallet_results import AskRow, TransactionChanged, WalletAsks, WalletChanged

_WIDTH = 760
_OVER = ("final", "reverted", "displaced")  # only then is what stands on chain another
IDENTITY, WALLET, RECEIPTS = range(3)


class Account(QWidget):
    """`waiting` with how many signatures wait for the person."""

    waiting = Signal(int)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.identity = IdentityTab(desk)
        self.wallet = WalletTab(desk)
        self.receipts = ReceiptsTab(desk)
        self._parts = (self.identity, self.wallet, self.receipts)
        self.tabs = Tabs()
        for name, part in zip(("identity", "wallet", "receipts"), self._parts, strict=True):
            self.tabs.add(words(f"account.{name}"), Sheet(column(part), _WIDTH, middle=False))
        self.tabs.turned.connect(lambda _: self.refresh())
        self.identity.wanted_chain.connect(lambda: self.tabs.turn_to(WALLET))
        self.wallet.waiting.connect(self.waiting)
        title = column(label(words("account.title"), "title"), label(words("account.what"), "muted"))
        lists = column(Head(column(title, self.tabs, gap=SPACE * 2), _WIDTH), self.tabs.pages, gap=0)
        lists.setStretch(1, 1)
        self.setLayout(lists)
        self.setFocusProxy(self.tabs)

    def refresh(self) -> None:
        self._parts[self.tabs.current].refresh()

    def look(self) -> None:
        """How many signatures wait, though the page is not seen."""
        self._desk.bridge.submit(self, "wallet_pending", on_done=self._count)

    def hear(self, note: object) -> None:
        """What the node says unasked."""
        if isinstance(note, WalletAsks):
            self.waiting.emit(note.waiting)
        if isinstance(note, WalletAsks | WalletChanged | ChainChanged | TransactionChanged):
            self.wallet.wallet_changed()
        if self.identity.isVisible() and (isinstance(note, ChainChanged) or _over(note)):
            self.identity.refresh()
        if isinstance(note, ReceiptsChanged):
            self.receipts.receipts_changed()

    def turn_to_wallet(self) -> None:
        """What waits for the person is there."""
        self.tabs.turn_to(WALLET)

    def _count(self, asks: Sequence[AskRow]) -> None:
        self.waiting.emit(len(asks))


def _over(note: object) -> bool:
    """A transaction has ended, such as that which registers the agent."""
    return isinstance(note, TransactionChanged) and note.state in _OVER
