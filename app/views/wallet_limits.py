"""What the wallet may spend on the chain in use: changed where it stands, and whether it signs for the chain at all."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit

from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.parts import button, column, label, rename
from app.views.wallet_proof import prove
from app.wallet_results import LimitsRow, Money, WalletView

_NAMES = ("task", "day", "peer", "ask_above", "fees")


class WalletLimits(QFrame):
    """`changed` with the wallet as it is then."""

    changed = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.setProperty("role", "card")
        self._view: WalletView | None = None
        self._token = ""
        self._fields = {name: line_field(words(f"wallet.limit_{name}")) for name in _NAMES}
        self._before: dict[str, str] = {}
        self._spent = label("", "muted")
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE * 2)
        grid.setVerticalSpacing(SPACE)
        for number, field in enumerate(self._fields.values()):
            grid.addWidget(field, number // 2, number % 2)
            self._line(field).textChanged.connect(self._typed)
        self._save = button(words("wallet.save"), "primary")
        self._save.clicked.connect(self._save_it)
        self._turn = button(words("wallet.turn_on"))
        self._turn.clicked.connect(self._turn_it)
        actions = Flow(self._save, self._turn)
        self._notice = Notice(desk)
        self._notice.again.connect(self._save_it)
        self.setLayout(
            column(label(words("wallet.limits"), "heading"), label(words("wallet.limits_what"), "muted"), self._spent,
                   grid, actions, self._notice, margin=SPACE * 2, gap=SPACE + 2)
        )  # fmt: skip

    def show_wallet(self, view: WalletView) -> None:
        """What somebody is typing stays."""
        words = self._desk.words
        typing = any(self._line(field).text() != self._before.get(name) for name, field in self._fields.items())
        self._view = view
        limits = view.limits[0] if view.limits else None
        now = self._now(limits, view)
        rename(self._turn, words("wallet.turn_off" if view.on else "wallet.turn_on"))
        self._turn.setAccessibleDescription(view.network)
        spent = limits.spent.said if limits else ""
        fees = view.fees_spent.said if view.fees_spent else ""
        self._spent.setText(words("wallet.spent", amount=spent, fees=fees) if limits else "")
        if not self._before or not typing:
            self._before = now
            for name, field in self._fields.items():
                self._line(field).setText(now[name])
                field.setVisible(bool(limits) or name == "fees")
                field.right()
        self._typed()

    def _now(self, limits: LimitsRow | None, view: WalletView) -> dict[str, str]:
        written = self._desk.words.decimal
        fees = written(view.fees.amount) if view.fees else ""
        if limits is None:
            return {**dict.fromkeys(_NAMES, ""), "fees": fees}
        self._token = limits.token
        amounts: dict[str, Money] = {name: getattr(limits, name) for name in _NAMES[:-1]}
        for name, money in amounts.items():
            self._fields[name].help.setText(money.symbol)
            self._fields[name].help.setVisible(bool(money.symbol))
        return {**{name: written(money.amount) for name, money in amounts.items()}, "fees": fees}

    def _line(self, field: Field) -> QLineEdit:
        assert isinstance(field.control, QLineEdit)
        return field.control

    def _wanted(self) -> dict[str, str]:
        """What was changed."""
        typed = {name: self._line(field).text().strip() for name, field in self._fields.items()}
        return {name: value for name, value in typed.items() if value and value != self._before.get(name)}

    def _typed(self) -> None:
        self._save.setEnabled(bool(self._wanted()))

    def _save_it(self) -> None:
        """Made looser with real money, it takes the passphrase."""
        self._notice.hide()
        wanted = self._wanted()
        if wanted and self._view is not None:
            prove(self._desk, self, "set_limits", wanted, self._token, self._view.chain,
                  on_done=self._saved, on_failed=self._failed)  # fmt: skip

    def _turn_it(self) -> None:
        self._notice.hide()
        if self._view is not None:
            prove(self._desk, self, "turn_network", self._view.chain, not self._view.on,
                  on_done=self._saved, on_failed=self._failed)  # fmt: skip

    def _saved(self, view: WalletView) -> None:
        self._before = {}
        self.changed.emit(view)

    def _failed(self, error: BaseException) -> None:
        """An amount that is none is said at the field it was typed into, where that is clear."""
        wanted = self._wanted()
        if len(wanted) == 1:
            self._fields[next(iter(wanted))].wrong(self._desk.words.failure(error))
        else:
            self._notice.tell(error)
