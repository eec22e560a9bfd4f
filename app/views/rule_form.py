"""A standing rule, put together from what it says; the sentence it makes is shown while it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from agent.policy import sensible
from agent.rules import BadRule, Rule, describe, from_plain
from app.chain.amounts import decimal_of
from app.phrases import phrase, written
from app.results import CommandFailed
from app.skill_results import RuleRow, SkillRow
from app.texts import text
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.field import Field, line_field
from app.views.notice import Notice
from app.views.parts import button, choices, column, frame, label, row, select

_EFFECTS = (("ask", "rules.ask"), ("allow", "rules.allow"), ("deny", "rules.deny"))
_PAUSE_MS = 500  # in typing: what is half typed is not complained of
_ACTS = ("", "send", "fetch", "draft", "read", "remember", "install", "forget", "pay", "sign")


class RuleForm(Dialog):
    """Opened with `open()`; `stored` once the node has the rule.  `rule`: the one to change, None for a new one."""

    stored = Signal()

    def __init__(self, desk: Desk, parent: QWidget, rule: RuleRow | None) -> None:
        words = desk.words
        super().__init__(parent, words("rules.change_title" if rule else "rules.new_title"))
        self._desk = desk
        self._rule = rule
        self._effect = choices(words("rules.effect"), [(value, words(key)) for value, key in _EFFECTS])
        acts = [(act, text(f"agent.act.{act or 'any'}", words.language)) for act in _ACTS]
        self._act = choices(words("rules.act"), acts)
        self._skill = choices(words("rules.skill"), [("", words("rules.any_skill"))])
        self._recipient = line_field(words("rules.recipient"), words("rules.recipient_help"), "@example.org")
        self._sources = line_field(words("rules.sources"), words("rules.sources_help"), "ada@example.org")
        self._amount = line_field(words("rules.amount"), words("rules.amount_help"))
        self._begin = line_field(words("rules.begin"), placeholder="08:00")
        self._end = line_field(words("rules.end"), placeholder="20:00")
        self._said = label("")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._complain)
        self._notice = Notice(desk)
        self._notice.again.connect(self._store)
        self._save = button(words("rules.save"), "primary")
        self._save.clicked.connect(self._store)
        cancel = button(words("rules.cancel"))
        cancel.clicked.connect(self.reject)
        self.fill(self._content(), cancel, self._save)
        self._watch()
        self._load(rule.rule if rule else {"effect": "ask", "act": "send"})
        desk.bridge.submit(self, "skills", on_done=self._list_skills)

    def _content(self) -> Any:
        words = self._desk.words
        fields = (
            Field(words("rules.effect"), self._effect),
            Field(words("rules.act"), self._act),
            Field(words("rules.skill"), self._skill),
            self._recipient,
            self._sources,
            row(self._begin, self._end, gap=SPACE * 2),
            self._amount,
        )
        return column(*fields, frame("hint", column(self._said, margin=SPACE + 4)), self._notice, gap=SPACE * 2)

    def _watch(self) -> None:
        for box in (self._effect, self._act, self._skill):
            box.currentIndexChanged.connect(lambda _: self._say())
        for field in (self._recipient, self._sources, self._amount, self._begin, self._end):
            _line(field).textChanged.connect(lambda _: self._say())

    def _load(self, rule: dict[str, Any]) -> None:
        """What the form has no control for, such as a function, stays as it is."""
        self._given = dict(rule)
        _choose(self._effect, str(rule.get("effect", "ask")))
        if rule.get("function"):
            name = str(rule["function"])
            self._act.insertItem(0, text(f"agent.function.{name.replace('.', '-')}", self._desk.words.language), name)
            self._act.setCurrentIndex(0)
        else:
            _choose(self._act, str(rule.get("act") or ""))
        _choose(self._skill, str(rule.get("skill", "")))
        _line(self._recipient).setText(str(rule.get("recipient", "")))
        _line(self._sources).setText(", ".join(rule.get("sources", ())))
        amount = written("amount", str(rule.get("amount", "")), self._desk.words.language)
        _line(self._amount).setText(amount)
        begin, end = rule.get("hours") or ("", "")
        _line(self._begin).setText(begin)
        _line(self._end).setText(end)
        self._say()

    def _list_skills(self, skills: Sequence[SkillRow]) -> None:
        chosen = self._skill.currentData()
        for skill in skills:
            if self._skill.findData(skill.name) < 0:
                self._skill.addItem(skill.title or skill.name, skill.name)
        select(self._skill, chosen)

    def _plain(self) -> dict[str, Any]:
        act = str(self._act.currentData())
        typed = (self._recipient_given(), self._sources_given(), self._amount_given())
        plain: dict[str, Any] = {
            "effect": self._effect.currentData(),
            "function" if "." in act else "act": act,
            "skill": self._skill.currentData(),
            **{key: value for part in typed for key, value in part.items()},
        }
        begin, end = _text(self._begin), _text(self._end)
        plain |= {"hours": [begin, end]} if begin or end else {}
        return {key: value for key, value in plain.items() if value not in ("", [])}

    def _recipient_given(self) -> dict[str, Any]:
        return {"recipient": _text(self._recipient)}

    def _sources_given(self) -> dict[str, Any]:
        return {"sources": [one for one in (part.strip() for part in _text(self._sources).split(",")) if one]}

    def _amount_given(self) -> dict[str, Any]:
        typed = _text(self._amount)
        try:
            return {"amount": decimal_of(typed) if typed else ""}
        except CommandFailed:
            return {"amount": typed}  # refused as what it is

    # -- what is the matter with it --------------------------------------------------------------------------------

    def _say(self) -> None:
        """The rule as it will be listed, or that it is none; what is the matter is said once the typing pauses."""
        words, rule = self._desk.words, _rule(self._plain())
        self._save.setEnabled(isinstance(rule, Rule))
        self._said.setText(
            words("rules.incomplete") if isinstance(rule, BadRule) else describe(rule, phrase, words.language)
        )
        if not self._wrong():
            self._complain()
        else:
            self._pause.start()

    def _complain(self) -> None:
        """Beside each field that something is the matter with."""
        self._pause.stop()
        wrong = self._wrong()
        for field in (self._recipient, self._sources, self._amount, self._begin, self._end):
            if field in wrong:
                field.complain(wrong[field])
            else:
                field.right()

    def _wrong(self) -> dict[Field, str]:
        """By field, why no rule can be made of it; each is looked at by itself."""
        words, effect = self._desk.words, self._effect.currentData()
        parts = (
            (self._recipient, self._recipient_given()),
            (self._sources, self._sources_given()),
            (self._amount, self._amount_given()),
        )
        found: dict[Field, str] = {}
        for field, part in parts:
            given = {key: value for key, value in part.items() if value not in ("", [])}
            rule = _rule({"effect": effect, **given})
            if isinstance(rule, BadRule):
                found[field] = words.failure(rule)
        if _text(self._begin) or _text(self._end):
            for field in (self._begin, self._end):
                if isinstance(_rule({"effect": effect, "hours": [_text(field), "00:00"]}), BadRule):
                    found[field] = words("rules.no_time")
        return found

    def _store(self) -> None:
        self._save.setEnabled(False)
        plain = self._plain()
        given = ("edit_rule", self._rule.id, plain) if self._rule else ("add_rule", plain)
        self.job = self._desk.bridge.submit(
            self, *given, on_done=lambda _: self._ended(), on_failed=self._failed, on_cancelled=self._rest
        )

    def _ended(self) -> None:
        self.job = None
        self.stored.emit()
        self.accept()

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._notice.tell(error)

    def _rest(self) -> None:
        self.job = None
        self._say()


def _line(field: Field) -> QLineEdit:
    assert isinstance(field.control, QLineEdit)
    return field.control


def _text(field: Field) -> str:
    return _line(field).text().strip()


def _rule(plain: dict[str, Any]) -> Rule | BadRule:
    """The rule that the node will make of it, or why it will not."""
    try:
        return sensible(from_plain(plain, 1))
    except BadRule as error:
        return error


def _choose(box: QComboBox, value: str) -> None:
    """Choose `value`; one that is not listed is added as it stands."""
    if not select(box, value):
        box.addItem(value, value)
        select(box, value)
