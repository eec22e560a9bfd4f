"""What left for others: every line of the ledger, whether it still holds together, and what was agreed to for good."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QWidget

from app.swarm_results import ConsentRow, DisclosureLedger, DisclosureRow
from app.texts import catalogue
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, role, row, selectable
from app.views.plain import one_line
from app.views.task_words import kind_of

_PAGE = 50


class Ledger(QWidget):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._shown: DisclosureLedger | None = None
        self._most = _PAGE
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._chain = label("")
        self._consents = column(gap=SPACE)
        self._list = column(gap=SPACE)
        what = label(words("left.what"), "muted")
        self.setLayout(column(what, self._chain, self._notice, self._consents, self._list, gap=SPACE * 2))

    def refresh(self) -> None:
        submit = self._desk.bridge.submit
        submit(self, "disclosures", on_done=self._fill, on_failed=self._notice.tell)
        submit(self, "consents", on_done=self._list_consents, on_failed=self._notice.tell)

    def _fill(self, ledger: DisclosureLedger) -> None:
        self._notice.hide()
        if ledger == self._shown:
            return
        self._shown = ledger
        words = self._desk.words
        broken = ledger.broken is not None
        self._chain.setText(words("left.broken", number=ledger.broken) if broken else words("left.whole"))
        role(self._chain, "danger" if broken else "good")
        self._chain.setVisible(broken or bool(ledger.disclosures))
        self._build(ledger.disclosures)

    def _build(self, disclosures: Sequence[DisclosureRow]) -> None:
        clear(self._list)
        words = self._desk.words
        for one in disclosures[: self._most]:
            self._list.addWidget(self._card(one))
        if len(disclosures) > self._most:
            more = button(words("tasks.older"))
            more.clicked.connect(self._show_more)
            self._list.addLayout(row(more, 0))
        if not disclosures:
            said = column(label(words("left.none"), "heading"), label(words("left.none_what"), "muted"))
            said.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
            self._list.addWidget(frame("card", said))

    def _show_more(self) -> None:
        self._most += _PAGE
        if self._shown is not None:
            self._build(self._shown.disclosures)

    def _card(self, one: DisclosureRow) -> QFrame:
        words = self._desk.words
        kind, _, act = one.kind.partition("/")
        what = " · ".join(part for part in (kind_of(words, kind), one_line(act)) if part)
        key = f"left.why_{one.why}"
        why = words(key) if f"window.{key}" in catalogue() else one_line(one.why)
        digest = selectable(words("left.digest", digest=one.digest))
        digest.setProperty("role", "small")
        to = label(words("left.to", number=one.number, name=one_line(one.name)), "heading")
        to.setToolTip(one_line(one.peer_id))  # the whole, where a name stands for it
        said = column(
            to,
            label(f"{what} · {words.size(one.bytes)} · {words.date(one.at, time=True)}"),
            label(why, "muted"),
            margin=SPACE * 2, gap=4,
        )  # fmt: skip
        if one.records:
            said.addWidget(label(words("left.records", count=len(one.records)), "warning"))
        said.addWidget(digest)
        return frame("card", said)

    def _list_consents(self, consents: Sequence[ConsentRow]) -> None:
        clear(self._consents)
        words = self._desk.words
        if consents:
            self._consents.addWidget(label(words("left.consents"), "heading"))
        for one in consents:
            said = words(
                "left.always" if one.decision == "always" else "left.never",
                name=one_line(one.name), kind=kind_of(words, one.kind),
            )  # fmt: skip
            back = button(words("left.take_back"))
            back.setAccessibleDescription(said)
            back.clicked.connect(lambda _=False, one=one: self._take_back(one))
            line = row(label(said), back, margin=SPACE + 4)
            line.setStretch(0, 1)
            self._consents.addWidget(frame("card", line))

    def _take_back(self, one: ConsentRow) -> None:
        self._desk.bridge.submit(
            self, "decide_disclosure", one.peer_id, one.kind, None,
            on_done=self._list_consents, on_failed=self._notice.tell,
        )  # fmt: skip
