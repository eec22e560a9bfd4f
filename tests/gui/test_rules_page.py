"""Standing rules in the window: listed, made, changed and removed; what is wrong with one is said beside its field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from app.views.approvals import RULES
from app.views.field import Field
from app.views.rule_form import RuleForm
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.shown import one, press, shown, texts
from tests.gui.test_approvals import OWN, page_of


def complaints(form: RuleForm) -> list[str]:
    return [field.complaint for field in form.findChildren(Field) if field.complaint]


def test_only_ones_own_rules_can_be_changed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.standing.append(OWN)
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(RULES)
        qtbot.waitUntil(lambda: "Never: fetch a web page." in texts(page.rules))
        names = [b.accessibleName() for b in page.rules.findChildren(QAbstractButton) if not b.isHidden()]
        of_rules = [name for name in names if "the rule:" in name]
        assert of_rules == [f"Change the rule: {OWN.sentence}", f"Remove the rule: {OWN.sentence}"]


def test_a_rule_is_removed_after_a_question(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.standing.append(OWN)
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(RULES)
        press(page.rules, f"Remove the rule: {OWN.sentence}")
        box = one(window, QMessageBox)
        assert scripted.called("remove_rule") == []
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Remove").click()
        qtbot.waitUntil(lambda: scripted.called("remove_rule") == [(4,)])


def test_a_rule_is_read_in_words_while_it_is_made(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(RULES)
        press(page.rules, "Add a rule…")
        form = one(window, RuleForm)
        field = {line.accessibleName(): line for line in form.findChildren(QLineEdit)}
        field["To whom"].setText("@example.org")
        assert form._said.text() == "Ask me first: send something to somebody, to anyone at example.org."
        field["From (time of day)"].setText("25:00")
        assert not form._save.isEnabled()
        field["From (time of day)"].setText("")
        press(form, "Save the rule")
        wanted = {"effect": "ask", "act": "send", "recipient": "@example.org"}
        qtbot.waitUntil(lambda: scripted.called("add_rule") == [(wanted,)])


def rule_form(qtbot: QtBot, window: Window, scripted: Scripted) -> RuleForm:
    page = page_of(qtbot, window, scripted)
    page._tabs.turn_to(RULES)
    press(page.rules, "Add a rule…")
    return one(window, RuleForm)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("To whom", "Ada <ada@example.org>", "A rule names one plain address without a name"),
        ("After reading what comes from", "ada@example.org, Bob Roy", "A rule names one plain address without a name"),
        ("Amount", "a lot", "The amount of a rule is a number"),
        ("Amount", "-3", "The amount of a rule is a number"),
        ("From (time of day)", "8", "A time of day is needed here"),
        ("To", "24:00", "A time of day is needed here"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_beside_it_while_it_is_typed(
    qtbot: QtBot, field: str, typed: str, sentence: str
) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        form = rule_form(qtbot, window, scripted)
        [beside] = [each for each in form.findChildren(Field) if each.control.accessibleName() == field]
        line = beside.control
        assert isinstance(line, QLineEdit)
        QTest.keyClicks(line, typed)
        assert not form._save.isEnabled()
        qtbot.waitUntil(lambda: beside.complaint.startswith(sentence))
        assert line.accessibleDescription() == beside.complaint
        line.clear()
        qtbot.waitUntil(lambda: form._save.isEnabled() and not complaints(form))


def test_a_rule_that_holds_for_some_hours_needs_both_ends_of_them(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        form = rule_form(qtbot, window, scripted)
        QTest.keyClicks(form._begin.control, "08:00")
        qtbot.waitUntil(lambda: complaints(form) == ["A time of day is needed here, such as 08:00."])
        assert form._end.complaint
        QTest.keyClicks(form._end.control, "20:00")
        qtbot.waitUntil(lambda: form._save.isEnabled() and not complaints(form))


def test_changing_a_rule_keeps_what_was_not_touched(qtbot: QtBot) -> None:
    rule = {
        "effect": "allow", "function": "mail.send", "skill": "reply", "recipient": "ada@example.org",
        "amount": "5", "hours": ["08:00", "20:00"], "sources": ["ada@example.org"],
    }  # fmt: skip
    scripted = Scripted("open")
    scripted.standing.append(replace(OWN, rule=rule))
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(RULES)
        press(page.rules, f"Change the rule: {OWN.sentence}")
        press(one(window, RuleForm), "Save the rule")
        qtbot.waitUntil(lambda: scripted.called("edit_rule") == [(4, rule)])
