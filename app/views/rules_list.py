"""The standing rules in plain words: which there are, change one, remove it, add one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget

from app.skill_results import RuleRow
from app.theme.tokens import SPACE
from app.views.confirm import confirm
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, icon_button, label, row
from app.views.plain import one_line
from app.views.rule_form import RuleForm


class RulesList(QWidget):
    """The person's own rules first, those that are built in beneath."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._own = column(gap=SPACE)
        self._built_in = column(gap=SPACE)
        add = button(words("rules.add"), "primary")
        desk.theme.dress(add, "plus", "on_accent")
        add.clicked.connect(lambda: self._open_form(None))
        what = row(label(words("rules.what"), "muted"), add)
        what.setStretch(0, 1)
        what.setAlignment(add, Qt.AlignmentFlag.AlignTop)
        self.setLayout(
            column(
                what,
                self._notice,
                self._own,
                label(words("rules.built_in"), "heading"),
                label(words("rules.built_in_what"), "muted"),
                self._built_in,
                gap=SPACE * 2,
            )
        )

    def refresh(self) -> None:
        self._desk.bridge.submit(self, "rules", on_done=self._fill, on_failed=self._notice.tell)

    def _fill(self, rules: Sequence[RuleRow]) -> None:
        self._notice.hide()
        clear(self._own)
        clear(self._built_in)
        for rule in rules:
            (self._own if rule.id else self._built_in).addWidget(self._card(rule))
        if not any(rule.id for rule in rules):
            self._own.addWidget(frame("hint", column(label(self._desk.words("rules.none")), margin=SPACE * 2)))

    def _card(self, rule: RuleRow) -> QFrame:
        words, theme = self._desk.words, self._desk.theme
        sentence = one_line(rule.sentence)
        said = column(label(sentence), gap=2)
        if rule.created:
            said.addWidget(label(words("rules.since", date=words.date(rule.created)), "small"))
        line = row(said, margin=SPACE + 4)
        line.setStretch(0, 1)
        if rule.id:
            edit = icon_button(theme, "pencil-simple", words("rules.edit", rule=sentence))
            edit.clicked.connect(lambda: self._open_form(rule))
            remove = icon_button(theme, "trash", words("rules.remove", rule=sentence))
            remove.clicked.connect(lambda: self._ask_remove(rule))
            line.addWidget(edit)
            line.addWidget(remove)
        return frame("card", line)

    def _open_form(self, rule: RuleRow | None) -> None:
        form = RuleForm(self._desk, self.window(), rule)
        form.stored.connect(self.refresh)
        form.open()

    def _ask_remove(self, rule: RuleRow) -> None:
        words = self._desk.words
        confirm(
            self.window(),
            words("rules.remove_title"),
            words("rules.remove_ask", rule=one_line(rule.sentence)),
            words("rules.do_remove"),
            words("rules.keep"),
            lambda: self._desk.bridge.submit(
                self, "remove_rule", rule.id, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
            ),
        )
