"""On which terms a task is given: until when, for how much, and who gets it.  What is usual need not be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.chain.amounts import decimal_of, decimal_text
from app.results import CommandFailed
from app.swarm.paying import DECIMAL
from app.swarm_results import TokenPrice
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field
from app.views.number_box import number_box
from app.views.parts import button, choices, column, label, rename, row, select
from app.views.plain import one_line
from app.views.task_judge import TaskJudge
from app.views.task_kinds import DEADLINES, KINDS, reply_seconds
from app.views.wording import Words

_AWARDS = ("cheapest", "best", "fastest", "contacts", "ask")
_MOST_PRICE = 1_000_000
_NAMES = 4  # contacts whose prices are said


class TaskTerms(QWidget):
    """`changed` when another term is wanted.  Hidden behind a button until somebody looks."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._kind = next(iter(KINDS))
        words = desk.words
        self.until = choices(words("give.until"), [(one, span(words, one)) for one in DEADLINES])
        self.award = choices(words("give.award"), [(one, words(f"give.by_{one}")) for one in _AWARDS])
        self.price = number_box(words, 0, 0, _MOST_PRICE)
        self._chain, self._symbol = "", ""
        self._pay = QLineEdit()
        self._paying = Field(words("payment.pay", symbol=""), self._pay, words("payment.pay_help", chain=""))
        self._paying.hide()
        self.judge = TaskJudge(desk)
        self.judge.hide()
        self.judge.changed.connect(self.changed)
        self._asked = label("", "small")
        self._asked.hide()
        self._asks: Sequence[tuple[str, TokenPrice]] = ()
        self._award = Field(words("give.award"), self.award, words("give.award_help"))
        self._hidden = QWidget()
        self._hidden.setLayout(
            column(
                row(Field(words("give.until"), self.until, words("give.until_help")),
                    Field(words("give.price"), self.price, words("give.price_help")), gap=SPACE * 2),
                column(self._paying, self._asked, gap=4), self.judge, self._award, gap=SPACE * 2,
            )
        )  # fmt: skip
        self._hidden.hide()
        self.more = button(words("give.more"), "filter")
        self.more.setCheckable(True)
        self.more.toggled.connect(self._turn)
        self.setLayout(column(row(self.more, 0), self._hidden, gap=SPACE * 2))
        self.setFocusProxy(self.more)
        for box in (self.until, self.award):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.price.valueChanged.connect(lambda _: self.changed.emit())
        self._pay.textChanged.connect(lambda _: self._typed())

    def show_kind(self, kind: str) -> None:
        """What is usual for this kind."""
        self._kind = kind
        select(self.until, KINDS[kind].seconds)
        self._award.setVisible(KINDS[kind].awards)

    def show_chain(self, chain: str, symbol: str) -> None:
        """A chain is in use: what is done can be paid for in its token."""
        words = self._desk.words
        self._chain, self._symbol = one_line(chain), one_line(symbol)
        self._paying.caption.setText(words("payment.pay", symbol=self._symbol))
        self._pay.setAccessibleName(words("payment.pay", symbol=self._symbol))
        self._paying.help.setText(words("payment.pay_help", chain=self._chain))
        self._paying.show()

    def show_asks(self, asks: Sequence[tuple[str, TokenPrice]]) -> None:
        """What those who are asked ask for this kind: (name, price).  A hint: what counts is their bid."""
        self._asks = asks
        ours = [price.amount for _, price in asks if price.here]
        self._pay.setPlaceholderText(self._desk.words.decimal(min(ours, key=Decimal)) if ours else "")
        self._compare()

    def _compare(self) -> None:
        """Beside what the person offers."""
        words, pay = self._desk.words, typed_amount(self._pay.text())
        said = []
        for name, price in self._asks[:_NAMES]:
            enough = pay and Decimal(pay) >= Decimal(price.amount)
            key = "elsewhere" if not price.here else "enough" if enough else "more" if pay else ""
            said.append(words("payment.asks" + f"_{key}" * bool(key), name=one_line(name), price=price.said))
        self._asked.setText("\n".join(said))
        self._asked.setVisible(bool(said) and not self._paying.isHidden())

    def _typed(self) -> None:
        self.judge.setVisible(bool(self._pay.text().strip()))
        self._compare()
        self.changed.emit()

    def paid(self) -> str | None:
        """The most that is paid on the chain, decimal text, "" for nothing; None where it is no amount, and said so."""
        found = typed_amount(self._pay.text())
        if found is None or found == "0":
            self.more.setChecked(True)
            self._paying.wrong(self._desk.words("payment.wrong"))
            return None
        return found

    @property
    def seconds(self) -> float:
        return float(self.until.currentData())

    @property
    def policy(self) -> str:
        """Who gets it; of a kind that leaves no choice, what is usual."""
        return str(self.award.currentData()) if KINDS[self._kind].awards else _AWARDS[0]

    def in_words(self, asked: int) -> str:
        """What will happen, where `asked` agents are called."""
        words, kind = self._desk.words, KINDS[self._kind]
        who = f"give.then_{self.policy if kind.awards else self._kind}"
        reply = span(words, reply_seconds(self._kind, self.seconds))
        said = [words("give.then_asked", count=asked, time=reply), words(who)]
        if self.price.value():
            said.append(words("give.then_price", price=words.number(self.price.value())))
        if amount := typed_amount(self._pay.text()):
            shown = decimal_text(amount, self._symbol, words.language)
            said.append(words("payment.then", amount=shown, chain=self._chain))
            said.append(self.judge.in_words())
        said.append(words("give.then_until", time=span(words, self.seconds)))
        return " ".join(one for one in said if one)

    def _turn(self, on: bool) -> None:
        self._hidden.setVisible(on)
        rename(self.more, self._desk.words("give.less" if on else "give.more"))


def typed_amount(text: str) -> str | None:
    """Decimal text in whole tokens, "" for nothing; None for what is no amount."""
    try:
        found = decimal_of(text) if text.strip() else ""
    except CommandFailed:
        return None
    return found if not found or DECIMAL.fullmatch(found) else None


def span(words: Words, seconds: float) -> str:
    """A length of time in the largest whole unit."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return words(f"duration.{unit}", count=round(seconds / length))
    return words("duration.second", count=round(seconds))
