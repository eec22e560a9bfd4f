"""What the agent remembers of its person: facts and standing instructions, and what waits to be confirmed."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.skill_results import FactRow
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.fact_card import FactCard
from app.views.notice import Notice
from app.views.parts import button, choices, clear, column, frame, label, row
from app.views.plain import one_line
from app.views.sheet import Sheet

_SECTIONS = (("fact", "memory.facts"), ("instruction", "memory.instructions"))
_EXAMPLES = ("memory.example.1", "memory.example.2", "memory.example.3")


class Memory(QWidget):
    """`opened` with the id of the record a fact rests on."""

    opened = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[FactRow, ...] = ()
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._text = QLineEdit()
        self._text.setAccessibleName(words("memory.new"))
        self._text.setPlaceholderText(words("memory.placeholder"))
        self._text.returnPressed.connect(self.add)
        kinds = [("fact", words("memory.a_fact")), ("instruction", words("memory.an_instruction"))]
        self._kind = choices(words("memory.kind"), kinds)
        self._add = button(words("memory.add"), "primary")
        self._add.clicked.connect(self.add)
        self._add.setEnabled(False)
        self._text.textChanged.connect(lambda text: self._add.setEnabled(bool(text.strip())))
        adding = row(self._text, self._kind, self._add)
        adding.setStretch(0, 1)
        self._list = column(gap=SPACE)
        content = column(
            label(words("memory.title"), "title"),
            label(words("memory.what"), "muted"),
            adding,
            self._notice,
            self._list,
            gap=SPACE * 2,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 760, middle=False))
        self.setFocusProxy(self._text)

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "facts", on_done=self._fill, on_failed=self._notice.tell)

    def add(self) -> None:
        """Tell the agent what is typed."""
        said = self._text.text().strip()
        if said:
            self._submit("add_fact", said, self._kind.currentData())
            self._text.clear()

    def _submit(self, command: str, *args: object) -> None:
        self._desk.bridge.submit(self, command, *args, on_done=lambda _: self.refresh(), on_failed=self._notice.tell)

    def _fill(self, facts: Sequence[FactRow]) -> None:
        self._notice.hide()
        if tuple(facts) == self._shown and self._list.count():
            return
        self._shown = tuple(facts)
        clear(self._list)
        words = self._desk.words
        unsure = [fact for fact in facts if not fact.confirmed]
        if unsure:
            self._section(words("memory.unconfirmed"), words("memory.unconfirmed_what"), unsure)
        for kind, key in _SECTIONS:
            found = [fact for fact in facts if fact.confirmed and fact.kind == kind]
            if found:
                self._section(words(key), "", found)
        if not facts:
            self._list.addWidget(self._nothing())

    def _section(self, title: str, what: str, facts: Sequence[FactRow]) -> None:
        self._list.addSpacing(SPACE)
        self._list.addWidget(label(title, "heading"))
        if what:
            self._list.addWidget(label(what, "muted"))
        for fact in facts:
            card = FactCard(self._desk, fact)
            card.opened.connect(self.opened)
            card.changed.connect(lambda text, number=fact.id: self._submit("edit_fact", number, text))
            card.confirmed.connect(lambda number=fact.id: self._submit("confirm_fact", number))
            card.wanted_remove.connect(lambda fact=fact: self._remove(fact))
            self._list.addWidget(card)

    def _remove(self, fact: FactRow) -> None:
        """What was never confirmed is turned down without a question."""
        words = self._desk.words
        if not fact.confirmed:
            self._submit("remove_fact", fact.id)
            return
        confirm(
            self.window(),
            words("memory.forget_title"),
            words("memory.forget_ask", text=one_line(fact.text)),
            words("memory.forget"),
            words("memory.keep"),
            lambda: self._submit("remove_fact", fact.id),
        )

    def _nothing(self) -> QWidget:
        words = self._desk.words
        inside = column(label(words("memory.none"), "heading"), label(words("memory.none_what"), "muted"))
        for said in map(words, _EXAMPLES):
            choice = button(said, "example")
            choice.clicked.connect(functools.partial(self._put, said))
            inside.addWidget(choice)
        inside.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        return frame("card", inside)

    def _put(self, said: str, _checked: bool = False) -> None:
        self._text.setText(said)
        self._text.setFocus(Qt.FocusReason.OtherFocusReason)
