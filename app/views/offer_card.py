"""One kind of thing that this node does for others: for whom, how much, when, at what price, and which by name."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLineEdit, QSpinBox, QWidget

from app.actions.offers import BEGINNING, NAMED
from app.swarm import validates
from app.swarm.paying import TOKEN_PRICE
from app.swarm_results import Offerable, OfferRow, OfferUse
from app.texts import text
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, beside
from app.views.flow import Flow
from app.views.notice import Notice
from app.views.number_box import number_box
from app.views.offer_validation import OfferValidation
from app.views.parts import button, choices, column, label, row, select
from app.views.plain import one_line
from app.views.task_terms import typed_amount
from app.views.task_words import kind_of

_AUDIENCES = ("nobody", "contacts", "open")
_ANY = "any"
_HOURS = ("08:00-18:00", "18:00-23:00", "22:00-07:00")
_ALL = "all"  # the name that stands for every model
_MOST, _MOST_PRICE = 1_000_000_000, 1_000_000
_AT_ONCE = 64


class OfferCard(QFrame):
    """`stored` once the node has what was set."""

    stored = Signal()

    def __init__(self, desk: Desk, offer: OfferRow, could: Offerable) -> None:
        """`could`: what can be offered by name."""
        super().__init__()
        self._desk = desk
        self._kind = offer.kind
        words = desk.words
        kind = kind_of(words, offer.kind)
        self._called = kind
        self.setProperty("role", "card")
        self._audience = choices(
            words("offer.audience_name", kind=kind),
            [(one, _capital(text(f"swarm.audience.{one}", words.language))) for one in _AUDIENCES],
        )
        select(self._audience, offer.audience)
        self._audience.currentIndexChanged.connect(lambda _: self._changed())
        self._quota = self._number("quota", offer.quota, 0, _MOST)
        self._quota.setSuffix(f" {one_line(offer.unit)}")
        self._at_once = self._number("at_once", offer.at_once, 1, _AT_ONCE)
        self._price = self._number("price", offer.price, 0, _MOST_PRICE)
        self._token_before = str(offer.settings.get(TOKEN_PRICE) or "")
        self._token_price = QLineEdit(words.decimal(self._token_before) if self._token_before else "")
        self._token_price.setAccessibleName(words("payment.price_name", kind=kind))
        self._token_price.textChanged.connect(lambda _: self._changed())
        self._token = Field(words("payment.price"), self._token_price, words("payment.price_help"))
        self._hours = self._times(str(offer.settings.get("hours") or _ANY))
        self._asks = QCheckBox(words("offer.asks"))
        self._asks.setAccessibleName(words("offer.asks_name", kind=kind))
        self._asks.setChecked(offer.asks)
        self._asks.toggled.connect(lambda _: self._changed())
        self._names: dict[str, QCheckBox] = {}
        self._validation = OfferValidation(desk, offer, kind) if offer.kind == validates.KIND else None
        if self._validation is not None:
            self._validation.changed.connect(self._changed)
        self._save = button(words("offer.save"))
        self._save.setAccessibleName(words("offer.save_name", kind=kind))
        self._save.clicked.connect(self._store)
        self._saved = label("", "good")
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        self._arrange(offer, could)

    def _arrange(self, offer: OfferRow, could: Offerable) -> None:
        words = self._desk.words
        content = column(
            label(self._called, "heading"), label(offer.about, "muted"),
            beside(Field(words("offer.audience"), self._audience), Field(words("offer.quota"), self._quota),
                   Field(words("offer.at_once"), self._at_once)),
            beside(Field(words("offer.price"), self._price, words("offer.price_help")), self._token,
                   Field(words("offer.hours"), self._hours, words("offer.hours_help"))),
            margin=SPACE * 2, gap=SPACE + 4,
        )  # fmt: skip
        if offer.kind in NAMED:
            content.addWidget(self._which(offer, could))
        content.addWidget(self._asks)
        if self._validation is not None:
            content.addWidget(self._validation)
        for use in offer.used:
            content.addWidget(label(self._used(use, offer.unit), "small"))
        content.addLayout(row(self._save, self._saved, 0))
        content.addWidget(self._notice)
        self.setLayout(content)

    def _which(self, offer: OfferRow, could: Offerable) -> QWidget:
        """Those that are offered, ticked; one that is offered and is not there any more can be taken out."""
        words = self._desk.words
        named = [str(one) for one in offer.settings.get(NAMED[offer.kind], ())]
        known: dict[str, str] = {}
        if offer.kind == "skill":
            known = {one.skill: one_line(one.title) or one.skill for one in could.skills}
        else:
            known = {one.sha256: f"{one_line(one.name)}, {words.size(one.size)}" for one in could.models}
        ticked = {_held(one, could) for one in named}
        known |= {one: words("offer.gone", name=one_line(one)) for one in ticked if one not in known and one != _ALL}
        for name, caption in known.items():
            box = QCheckBox(caption.replace("&", "&&"))
            box.setAccessibleName(words("offer.which_name", kind=self._called, name=caption))
            box.setChecked(name in ticked or _ALL in ticked)
            box.toggled.connect(lambda on: self._ticked(on))
            self._names[name] = box
        boxes = QWidget()
        if known:
            boxes.setLayout(Flow(*self._names.values()))
        else:
            boxes.setLayout(column(label(words(f"offer.none_{offer.kind}"), "small")))
        return Field(words("offer.which"), boxes)

    def _ticked(self, on: bool) -> None:
        """The first one makes it an offer: to contacts, and a little of it."""
        if on and self._quota.value() == 0:
            self._quota.setValue(BEGINNING[self._kind])
        if on and self._audience.currentData() == "nobody":
            select(self._audience, "contacts")
        self._changed()

    def _times(self, chosen: str) -> Any:
        words = self._desk.words
        shown = [(_ANY, words("offer.any_time"))]
        shown += [(one, words.hours(one)) for one in dict.fromkeys((*_HOURS, *([chosen] if chosen != _ANY else ())))]
        box = choices(words("offer.hours_name", kind=self._called), shown)
        select(box, chosen)
        box.currentIndexChanged.connect(lambda _: self._changed())
        return box

    def _used(self, use: OfferUse, unit: str) -> str:
        words = self._desk.words
        return words(
            "offer.used", name=one_line(use.name), used=words.number(use.used), left=words.number(use.left),
            unit=one_line(unit),
        )  # fmt: skip

    def _number(self, name: str, value: int, least: int, most: int) -> QSpinBox:
        result = number_box(self._desk.words, value, least, most)
        result.setAccessibleName(self._desk.words(f"offer.{name}_name", kind=self._called))
        result.valueChanged.connect(lambda _: self._changed())
        return result

    def _changed(self) -> None:
        self._saved.setText("")

    def _store(self) -> None:
        self._notice.hide()
        price = typed_amount(self._token_price.text())
        if price is None:
            self._token.wrong(self._desk.words("payment.wrong"))
            return
        changes: dict[str, Any] = {
            "audience": self._audience.currentData(),
            "quota": self._quota.value(),
            "at_once": self._at_once.value(),
            "price": self._price.value(),
            "hours": self._hours.currentData(),
            "asks": self._asks.isChecked(),
        }
        settings: dict[str, Any] = {} if price == self._token_before else {TOKEN_PRICE: price or "0"}
        if self._kind in NAMED:
            settings[NAMED[self._kind]] = [name for name, box in self._names.items() if box.isChecked()]
        if self._validation is not None:
            settings |= self._validation.settings
        if settings:
            changes["settings"] = settings
        self._desk.bridge.submit(
            self, "change_offer", self._kind, changes, on_done=lambda _: self._done(), on_failed=self._notice.tell
        )

    def _done(self) -> None:
        if self._validation is not None:
            self._validation.kept()
        self._saved.setText(self._desk.words("offer.saved"))


def _held(name: str, could: Offerable) -> str:
    """A model by its whole SHA-256, however it was named; a skill by its name."""
    for one in could.models:
        if name.casefold() == one.name.casefold() or (len(name) >= 4 and one.sha256.startswith(name)):
            return one.sha256
    return name


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]
