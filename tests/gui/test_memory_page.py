"""The page of memory: telling, changing, confirming and forgetting; and the page of what the agent did."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from app.skill_results import RunChanged
from app.views.activity import Activity
from app.views.home import ACTIVITY, MEMORY, SKILLS
from app.views.memory import Memory
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import act, fact, when
from tests.gui.shown import home, one, press, shown, texts
from tests.gui.test_window import choose, nameless

UNSURE = fact(3, "Zoé must never eat walnuts.", source="m1", title="Allergies", confirmed=False)


def memory_of(qtbot: QtBot, window: Window) -> Memory:
    page = home(qtbot, window)
    page.turn_to(MEMORY)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.memory


def activity_of(qtbot: QtBot, window: Window) -> Activity:
    page = home(qtbot, window)
    page.turn_to(ACTIVITY)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.activity


# -- memory ------------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_remembered_as_the_kind_that_was_chosen(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = memory_of(qtbot, window)
        choose(page._kind, "instruction")
        QTest.keyClicks(page._text, "Never answer newsletters.")
        QTest.keyClick(page._text, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "Standing instructions" in texts(page))
        assert scripted.called("add_fact") == [("Never answer newsletters.", "instruction")]
        assert page._text.text() == ""


def test_an_empty_memory_offers_examples(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = memory_of(qtbot, window)
        press(page, "I do not take calls before nine.")
        assert page._text.text() == "I do not take calls before nine."


def test_what_content_claims_waits_for_a_yes(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.remembered = [UNSURE]
    with shown(qtbot, scripted) as window:
        page = memory_of(qtbot, window)
        assert "Is this so?" in texts(page)
        press(page, "Yes")
        qtbot.waitUntil(lambda: "Is this so?" not in texts(page))
        assert scripted.called("confirm_fact") == [(3,)]


def test_a_no_forgets_what_was_never_confirmed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.remembered = [UNSURE]
    with shown(qtbot, scripted) as window:
        press(memory_of(qtbot, window), "No, forget it")
        qtbot.waitUntil(lambda: scripted.called("remove_fact") == [(3,)])


def test_a_fact_leads_to_what_it_rests_on(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.remembered = [UNSURE]
    with shown(qtbot, scripted) as window:
        press(memory_of(qtbot, window), "Open Allergies")
        qtbot.waitUntil(lambda: scripted.called("show") == [("m1",)])


def test_a_fact_is_changed_where_it_stands(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.remembered = [fact(1, "My sister is Élodie.")]
    with shown(qtbot, scripted) as window:
        page = memory_of(qtbot, window)
        press(page, "Change: My sister is Élodie.")
        line = next(w for w in page.findChildren(type(page._text)) if w is not page._text)
        assert line.text() == "My sister is Élodie."
        line.setText("My sisters are Élodie and Zoé.")
        press(page, "Save")
        qtbot.waitUntil(lambda: scripted.called("edit_fact") == [(1, "My sisters are Élodie and Zoé.")])


def test_escape_leaves_a_fact_as_it_was(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.remembered = [fact(1, "My sister is Élodie.")]
    with shown(qtbot, scripted) as window:
        page = memory_of(qtbot, window)
        press(page, "Change: My sister is Élodie.")
        line = next(w for w in page.findChildren(type(page._text)) if w is not page._text)
        line.setText("nonsense")
        press(page, "Cancel")
        assert not line.isVisible()
        assert scripted.called("edit_fact") == []


def test_forgetting_asks_first(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.remembered = [fact(1, "My sister is Élodie.")]
    with shown(qtbot, scripted) as window:
        page = memory_of(qtbot, window)
        press(page, "Forget: My sister is Élodie.")
        box = one(window, QMessageBox)
        assert scripted.called("remove_fact") == []
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Forget").click()
        qtbot.waitUntil(lambda: "Nothing is remembered yet" in texts(page))


# -- activity ----------------------------------------------------------------------------------------------------------


def test_an_act_says_what_why_and_from_which_content(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.acts = [act(1)]
    with shown(qtbot, scripted) as window:
        page = activity_of(qtbot, window)
        for part in ("Wrote a draft to sophie@example.org", "reply", "sender not verified"):
            assert part in texts(page)
        press(page, "Open Train de vendredi · Sophie Laurent")
        qtbot.waitUntil(lambda: scripted.called("show") == [("m1",)])


def test_what_can_be_undone_is_undone_once(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.acts = [act(1), act(2, undo=False), act(3, undone=when(hours=-1))]
    with shown(qtbot, scripted) as window:
        page = activity_of(qtbot, window)
        press(page, "Undo")  # the only one
        qtbot.waitUntil(lambda: texts(page).count("undone") == 2)
        assert scripted.called("undo") == [(1,)]
        assert "Undo" not in [b.accessibleName() for b in page.findChildren(QAbstractButton) if b.isVisible()]


def test_the_acts_of_one_skill_are_shown_alone(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.acts = [act(1), act(2, actor="digest", sentence="Wrote the morning summary")]
    with shown(qtbot, scripted) as window:
        page = activity_of(qtbot, window)
        choose(page._skill, "digest")
        qtbot.waitUntil(lambda: "Wrote a draft" not in texts(page))
        assert "Wrote the morning summary" in texts(page)


def test_without_acts_the_page_says_what_will_be_there(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = activity_of(qtbot, window)
        press(page, "See the skills")
        assert home(qtbot, window)._views.currentIndex() == SKILLS


def test_what_the_agent_does_appears_while_it_is_looked_at(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = activity_of(qtbot, window)
        scripted.acts = [act(1)]
        scripted.listener(RunChanged(1, "reply", "done"))
        qtbot.waitUntil(lambda: "Wrote a draft" in texts(page))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_control_has_an_accessible_name(qtbot: QtBot, language: str) -> None:
    scripted = Scripted("open")
    scripted.remembered = [UNSURE, fact(1, "My sister is Élodie.")]
    scripted.acts = [act(1)]
    with shown(qtbot, scripted, language) as window:
        memory_of(qtbot, window)
        activity_of(qtbot, window)
        assert nameless(window) == []


def test_earlier_acts_follow_on_demand(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.acts = [act(number, sentence=f"Act {number}.", because=()) for number in range(1, 103)]
    with shown(qtbot, scripted) as window:
        page = activity_of(qtbot, window)
        assert "Act 100." in texts(page)
        assert "Act 101." not in texts(page)
        press(page, "Show earlier acts")
        qtbot.waitUntil(lambda: "Act 102." in texts(page))
        assert not page._more.isVisible()
