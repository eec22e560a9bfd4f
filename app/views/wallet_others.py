"""Who else may ask the wallet for signatures, and the addresses that are only looked at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QDateEdit, QFrame, QLineEdit, QWidget

from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row, selectable
from app.views.plain import one_line
from app.views.wallet_proof import prove
from app.wallet_results import AccountView, DelegateRow

_DAYS = 30  # that authority lasts, unless another day is chosen


class WalletDelegates(QWidget):
    """`changed` when somebody got authority, or lost it."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._list = column(gap=SPACE)
        self._notice = Notice(desk)
        self._notice.again.connect(self.changed)
        self._add = button(words("wallet.delegate_add"))
        desk.theme.dress(self._add, "plus")
        self._add.clicked.connect(self._open)
        self.setLayout(
            column(label(words("wallet.delegates"), "heading"), label(words("wallet.delegates_what"), "muted"),
                   self._list, row(self._add, 0), self._notice, gap=SPACE)
        )  # fmt: skip

    def show_delegates(self, delegates: Sequence[DelegateRow], can_add: bool) -> None:
        self._add.setEnabled(can_add)
        clear(self._list)
        for one in delegates:
            self._list.addWidget(self._card(one))

    def _card(self, one: DelegateRow) -> QFrame:
        words = self._desk.words
        name = one_line(one.name) or words("wallet.no_name")
        until = words("wallet.delegate_over" if one.over else "wallet.delegate_until", date=words.date(one.until))
        limits = words("wallet.delegate_limits", task=one.task.said, day=one.day.said, spent=one.spent.said)
        key = selectable(one.did)
        key.setProperty("role", "small")
        remove = icon_button(self._desk.theme, "trash", words("wallet.delegate_remove", name=name))
        remove.clicked.connect(lambda: self._ask_remove(one, name))
        head = row(label(name, "heading"), remove)
        head.setStretch(0, 1)
        look = "warning" if one.over else "muted"
        return frame("card", column(head, label(until, look), label(limits), key, margin=SPACE + 4, gap=4))

    def _ask_remove(self, one: DelegateRow, name: str) -> None:
        words = self._desk.words
        confirm(
            self.window(), words("wallet.delegate_remove_title"), words("wallet.delegate_remove_ask", name=name),
            words("wallet.delegate_do_remove"), words("wallet.cancel"), lambda: self._remove(one.did),
        )  # fmt: skip

    def _remove(self, did: str) -> None:
        self._desk.bridge.submit(
            self, "remove_delegate", did, on_done=lambda _: self.changed.emit(), on_failed=self._notice.tell
        )

    def _open(self) -> None:
        dialog = DelegateAdd(self._desk, self.window())
        dialog.added.connect(self.changed)
        dialog.open()


class DelegateAdd(Dialog):
    """`added` once the key-holder knows it.  The passphrase is asked for when everything else is there."""

    added = Signal()

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("wallet.delegate_title"), 520)
        self._desk = desk
        self._who = line_field(words("wallet.delegate_who"), words("wallet.delegate_who_help"))
        self._name = line_field(words("wallet.delegate_name"), words("wallet.delegate_name_help"))
        self._task = line_field(words("wallet.limit_task"))
        self._day = line_field(words("wallet.limit_day"))
        self._until = QDateEdit(QDate.currentDate().addDays(_DAYS))
        self._until.setDisplayFormat("yyyy-MM-dd")
        self._until.lineEdit().setTextMargins(SPACE, 0, 0, 0)  # a style sheet's padding does not reach it
        self._until.setMinimumDate(QDate.currentDate())
        self._until.setLocale(words.locale)
        self._wrong = label("", "danger")
        self._wrong.hide()
        do = button(words("wallet.delegate_do"), "primary")
        do.clicked.connect(self._give)
        cancel = button(words("wallet.cancel"))
        cancel.clicked.connect(self.reject)
        until = Field(words("wallet.delegate_last"), self._until)
        fields = column(label(words("wallet.delegate_warns"), "muted"), self._who, self._name, self._task, self._day,
                        until, self._wrong, gap=SPACE + 4)  # fmt: skip
        self.fill(fields, cancel, do)
        self._who.setFocus()

    def _typed(self, field: Field) -> str:
        assert isinstance(field.control, QLineEdit)
        return field.control.text().strip()

    def _give(self) -> None:
        self._wrong.hide()
        limits = {"task": self._typed(self._task), "day": self._typed(self._day)}
        for field in (self._who, self._task):
            if not self._typed(field):
                field.wrong(self._desk.words("wallet.needed"))
                return
        day = self._until.date().toString("yyyy-MM-dd")
        given = {name: value for name, value in limits.items() if value}
        prove(self._desk, self, "add_delegate", self._typed(self._who), self._typed(self._name), day, given,
              on_done=lambda _: self._done(), on_failed=self._failed)  # fmt: skip

    def _done(self) -> None:
        self.added.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._wrong.setText(self._desk.words.failure(error))
        self._wrong.show()


class WalletWatching(QWidget):
    """`changed` when another address is looked at, or one less."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._list = column(gap=SPACE)
        self._notice = Notice(desk)
        self._notice.again.connect(self.changed)
        self._address = line_field(words("wallet.watch_address"), "", "0x…")
        self._name = line_field(words("wallet.watch_name"))
        add = button(words("wallet.watch_add"))
        add.clicked.connect(self._add)
        adding = row(self._address, self._name)
        adding.setStretch(0, 2)
        adding.setStretch(1, 1)
        self.setLayout(
            column(label(words("wallet.watching"), "heading"), label(words("wallet.watching_what"), "muted"),
                   self._list, adding, row(add, 0), self._notice, gap=SPACE)
        )  # fmt: skip

    def show_watching(self, rows: Sequence[AccountView]) -> None:
        clear(self._list)
        for one in rows:
            self._list.addWidget(self._card(one))

    def _card(self, one: AccountView) -> QFrame:
        words = self._desk.words
        name = one_line(one.name) or f"{one.address[:6]}…{one.address[-4:]}"
        remove = icon_button(self._desk.theme, "trash", words("wallet.unwatch", name=name))
        remove.clicked.connect(lambda: self._submit("unwatch_address", one.address))
        head = row(label(name, "heading"), label(" · ".join(money.said for money in one.balances) or one.problem),
                   remove)  # fmt: skip
        head.setStretch(0, 1)
        address = selectable(one.address)
        address.setProperty("role", "small")
        return frame("card", column(head, address, margin=SPACE + 4, gap=4))

    def _line(self, field: Field) -> QLineEdit:
        assert isinstance(field.control, QLineEdit)
        return field.control

    def _add(self) -> None:
        address = self._line(self._address).text().strip()
        if address:
            self._submit("watch_address", address, self._line(self._name).text().strip())

    def _submit(self, command: str, *args: object) -> None:
        self._notice.hide()
        self._desk.bridge.submit(self, command, *args, on_done=self._ended, on_failed=self._failed)

    def _ended(self, _result: object) -> None:
        self._line(self._address).clear()
        self._line(self._name).clear()
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        if getattr(error, "code", "") == "wallet-address":
            self._address.wrong(self._desk.words.failure(error))
        else:
            self._notice.tell(error)
