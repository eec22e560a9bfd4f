"""The wallet: which chain is in use, what is there, what waits for the person, what may be spent, and what was."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFrame, QWidget

from app.bridge import Job
from app.chain_results import ChainRowView, ChainUsed
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, frame, icon_button, label, role, row, select
from app.views.plain import one_line
from app.views.wallet_ask import WalletAskCard
from app.views.wallet_history import WalletHistory
from app.views.wallet_limits import WalletLimits
from app.views.wallet_others import WalletDelegates, WalletWatching
from app.views.wallet_proof import WalletExport, prove
from app.views.wallet_rate import WalletRate
from app.wallet_results import AccountView, AskRow, WalletView

REHEARSAL = "rehearsal"  # the chain in the process, see app.actions.chain
NONE = "none"
_SOON_MS = 300


class WalletTab(QWidget):
    """`waiting` with how many signatures wait for the person."""

    waiting = Signal(int)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._view: WalletView | None = None
        self._asks: tuple[AskRow, ...] | None = None
        self._job: Job | None = None
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._cards = column(gap=SPACE)
        self._empty = self._empty_card()
        self._account = WalletAccount(desk)
        self._account.wanted_chain.connect(self._use)
        self._account.wanted_rate.connect(self._ask_rate)
        self._limits = WalletLimits(desk)
        self._limits.changed.connect(self._fill)
        self._history = WalletHistory(desk)
        self._delegates = WalletDelegates(desk)
        self._delegates.changed.connect(self.refresh)
        self._watching = WalletWatching(desk)
        self._watching.changed.connect(self.refresh)
        self._export = button(words("wallet.export"))
        self._export.clicked.connect(lambda: WalletExport(desk, self.window(), 0).open())
        for part in (self._empty, self._account, self._limits):
            part.hide()
        key = column(label(words("wallet.key"), "heading"), label(words("wallet.key_what"), "muted"),
                     row(self._export, 0), gap=SPACE)  # fmt: skip
        self.setLayout(
            column(self._notice, self._cards, self._empty, self._account, self._limits, self._history,
                   self._delegates, self._watching, key, gap=SPACE * 3)
        )  # fmt: skip
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Ask the node for everything that is shown."""
        submit = self._desk.bridge.submit
        submit(self, "wallet", on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "wallet_pending", on_done=self._show_asks, on_failed=self._notice.tell)
        submit(self, "wallet_history", on_done=self._history.show_rows, on_failed=self._notice.tell)
        submit(self, "watching", on_done=self._show_watching, on_failed=self._notice.tell)
        submit(self, "chains", on_done=self._account.show_chains, on_failed=self._notice.tell)

    def wallet_changed(self) -> None:
        """The node says that something waits, was answered, was sent, stands otherwise on chain, or is set."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _fill(self, view: WalletView) -> None:
        self._notice.hide()
        before, self._view = self._view, view
        self._empty.setVisible(not view.chain)
        self._account.setVisible(bool(view.chain))
        self._limits.setVisible(bool(view.chain))
        self._account.show_wallet(view)
        if view.chain:
            self._limits.show_wallet(view)
            self._desk.bridge.submit(self, "movements", on_done=self._history.show_payments)
        if before is None or before.delegates != view.delegates or bool(before.chain) != bool(view.chain):
            self._delegates.show_delegates(view.delegates, bool(view.chain))

    def _ask_rate(self) -> None:
        dialog = WalletRate(self._desk, self.window())
        dialog.changed.connect(self._fill)
        dialog.open()

    def _show_watching(self, rows: Sequence[AccountView]) -> None:
        self._watching.show_watching(rows)

    def _show_asks(self, asks: Sequence[AskRow]) -> None:
        """What did not change stays as it is: its buttons would wait again."""
        self.waiting.emit(len(asks))
        if tuple(asks) == self._asks:
            return
        self._asks = tuple(asks)
        clear(self._cards)
        if asks:
            self._cards.addWidget(label(self._desk.words("wallet.waits", count=len(asks)), "heading"))
        for one in asks:
            card = WalletAskCard(self._desk, one)
            card.answered.connect(lambda _digest: self._soon.start())
            self._cards.addWidget(card)

    # -- the chain -------------------------------------------------------------------------------------------------

    def _empty_card(self) -> QFrame:
        words = self._desk.words
        self._begin = button(words("wallet.begin"), "primary")
        self._begin.clicked.connect(lambda: self._use(REHEARSAL))
        self._making = label("", "muted")
        self._making.hide()
        what = label(words("wallet.none_what"), "muted")
        return frame(
            "card",
            column(label(words("wallet.none"), "heading"), what, row(self._begin, 0), self._making, margin=SPACE * 3,
                   gap=SPACE + 4),
        )  # fmt: skip

    def _use(self, name: str) -> None:
        """One with money on it takes the passphrase: the answer says so, and nothing has changed then."""
        self._begin.setEnabled(False)
        self._making.setText(self._desk.words("wallet.making"))
        self._making.show()
        self._notice.hide()
        self._desk.bridge.submit(self, "use_chain", name, on_done=self._used, on_failed=self._not_used)

    def _used(self, used: ChainUsed) -> None:
        self._rest()
        if used.proof:
            self._desk.bridge.submit(self, "chains", on_done=self._account.show_chains)  # the list says what holds now
            prove(self._desk, self, "use_chain", used.name, on_done=self._used, on_failed=self._not_used, always=True)
        else:
            self.refresh()

    def _not_used(self, error: BaseException) -> None:
        self._rest()
        self._notice.tell(error)
        self.refresh()

    def _rest(self) -> None:
        self._begin.setEnabled(True)
        self._making.hide()


class WalletAccount(QFrame):
    """What the account has on the chain in use.  `wanted_chain` with the name of another; `wanted_rate`."""

    wanted_chain = Signal(str)
    wanted_rate = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "card")
        self._address = ""
        self._name = label("", "heading")
        self._worth = label("")
        self._balances = column(gap=4)
        self._problem = label("", "warning")
        self._rate = label("", "small")
        self._set_rate = button(words("wallet.rate_set"), "quiet")
        self._set_rate.clicked.connect(self.wanted_rate)
        self._short = label("", "small", wrap=False)
        copy = icon_button(desk.theme, "copy", words("wallet.copy"))
        copy.clicked.connect(self._copy)
        self._whole = button(words("wallet.whole"), "quiet")
        self._whole.clicked.connect(self._show_whole)
        self._chains: QComboBox = choices(words("wallet.chain"), ())
        self._chains.activated.connect(lambda _index: self.wanted_chain.emit(self._chains.currentData()))
        self._rehearse = button(words("wallet.rehearse"))
        self._rehearse.clicked.connect(lambda: self.wanted_chain.emit(REHEARSAL))
        chain = QWidget()
        chain.setLayout(Flow(self._chains, self._rehearse))
        address = row(self._short, copy, self._whole, 0)
        self.setLayout(
            column(self._name, self._worth, self._balances, self._problem, self._rate, row(self._set_rate, 0), address,
                   chain, margin=SPACE * 2, gap=SPACE)
        )  # fmt: skip

    def show_wallet(self, view: WalletView) -> None:
        words = self._desk.words
        self._name.setText(words("wallet.on", name=one_line(view.chain)) if view.chain else "")
        self._worth.setText(view.worth)
        role(self._worth, "warning" if view.real else "muted")
        clear(self._balances)
        for money in view.balances:
            self._balances.addWidget(label(money.said, "title" if money.token else ""))
        self._problem.setText(view.problem)
        self._problem.setVisible(bool(view.problem))
        self._rate.setText(view.rate if view.real else "")
        self._rate.setVisible(bool(view.rate) and view.real)
        self._set_rate.setVisible(view.real)
        if view.address != self._address:
            self._address = view.address
            self._short.setText(words("wallet.address", address=f"{view.address[:8]}…{view.address[-6:]}"))
            self._whole.show()

    def show_chains(self, chains: Sequence[ChainRowView]) -> None:
        """Those that there are, and none."""
        words = self._desk.words
        self._chains.clear()
        for one in chains:
            self._chains.addItem(one_line(one.name), one.name)
        self._chains.addItem(words("wallet.no_chain"), NONE)
        used = next((one.name for one in chains if one.used), NONE)
        select(self._chains, used)
        self._rehearse.setVisible(not any(one.used and one.kind == "embedded" for one in chains))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._address)

    def _show_whole(self) -> None:
        self._short.setText(self._desk.words("wallet.address", address=self._address))
        self._whole.hide()
