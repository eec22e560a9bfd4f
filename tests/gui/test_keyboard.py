"""Every page with the keyboard alone: the Tab key leads through all of it and out again, and each stop has a name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from app.views.approvals import DRAFTS, RULES
from app.views.home import APPROVALS, CHAT, SKILLS
from app.views.navigation import VIEWS
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import approval, skill
from tests.gui.shown import home, shown, texts

MOST = 60  # stops of one page


def stops(window: Window) -> list[QWidget]:
    """Where the Tab key stops, from where the focus is until it is there again."""
    start = window.focusWidget()
    assert start is not None
    found = [start]
    while len(found) < MOST:
        QTest.keyClick(found[-1], Qt.Key.Key_Tab)
        after = window.focusWidget()
        assert after is not None
        if after in found:
            break
        found.append(after)
    return found


def there(qtbot: QtBot, window: Window, view: int) -> None:
    home(qtbot, window).turn_to(view)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_the_tab_key_leads_through_a_page_and_each_stop_has_a_name(qtbot: QtBot, language: str, view: int) -> None:
    scripted = Scripted("open")
    scripted.installed = [skill("reply")]
    scripted.asked = [approval(1)]
    with shown(qtbot, scripted, language) as window:
        there(qtbot, window, view)
        found = stops(window)
        assert 3 <= len(found) < MOST
        assert [type(one).__name__ for one in found if not one.accessibleName()] == []


def test_the_tab_key_enters_the_navigation_at_the_page_that_is_shown(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        for view, name in ((SKILLS, "Skills"), (CHAT, "Chat")):
            there(qtbot, window, view)
            entries = {page.navigation._group.button(number) for number in range(len(VIEWS))}
            assert [one.accessibleName() for one in stops(window) if one in entries] == [name]


def test_what_is_typed_on_the_page_of_chats_is_a_question(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        there(qtbot, window, SKILLS)
        there(qtbot, window, CHAT)
        begun = window.focusWidget()
        assert begun is not None
        assert begun.accessibleName() == "Question"


@pytest.mark.parametrize("part", [DRAFTS, RULES])
def test_a_page_that_is_turned_to_again_begins_at_the_part_that_is_shown(qtbot: QtBot, part: int) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.approvals._tabs.turn_to(part)
        there(qtbot, window, APPROVALS)
        begun = window.focusWidget()
        assert isinstance(begun, QAbstractButton)
        assert begun.isChecked()


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (0, "See what skills there are"),
        (DRAFTS, "Ask for one in the chat"),
        (2, "What you say yes or no to"),
        (RULES, "you can also add one here"),
    ],
)
def test_each_empty_part_of_the_approvals_says_what_comes_next(qtbot: QtBot, part: int, said: str) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        there(qtbot, window, APPROVALS)
        page.approvals._tabs.turn_to(part)
        qtbot.waitUntil(lambda: said in texts(page.approvals._tabs.pages.currentWidget() or page))
