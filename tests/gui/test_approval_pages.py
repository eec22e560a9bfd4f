"""Hundreds of approvals: a page of them is built, card by card, and nothing on it moves."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.views.approval_card import ApprovalCard
from app.views.approvals import ANSWERED, Approvals
from app.views.card_pages import CardPages
from app.views.home import APPROVALS
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import approval
from tests.gui.shown import home, press, shown, texts
from tests.gui.test_approvals import page_of


def first_page(qtbot: QtBot, window: Window) -> Approvals:
    """The page of many, once its first ten are built."""
    page = home(qtbot, window)
    page.turn_to(APPROVALS)
    qtbot.waitUntil(lambda: len(page.approvals._cards) == 10 and page.approvals._list.complete)
    return page.approvals


def test_of_five_hundred_that_wait_one_page_is_built(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(number) for number in range(1, 501)]
    with shown(qtbot, scripted) as window:
        page = first_page(qtbot, window)
        assert list(page._cards) == list(range(1, 11))
        assert "1 to 10 of 500" in texts(page)
        press(page, "Next")
        qtbot.waitUntil(lambda: list(page._cards) == list(range(11, 21)))
        assert "11 to 20 of 500" in texts(page)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert len(page.findChildren(ApprovalCard)) == 10
        assert len(page.findChildren(QWidget)) < 1000  # some sixty for each card
        press(page, "Previous")
        qtbot.waitUntil(lambda: list(page._cards) == list(range(1, 11)))


def test_one_pass_of_the_event_loop_builds_one_card(qtbot: QtBot) -> None:
    made: list[int] = []

    def make(number: int) -> QWidget:
        made.append(number)
        return QWidget()

    with shown(qtbot, Scripted("open")) as window:
        pages = CardPages(home(qtbot, window)._desk, "Waiting", make)
        qtbot.addWidget(pages)
        pages.show_keys(range(1, 501))
        assert made == []
        pages._build_one()
        pages._build_one()
        assert made == [1, 2]
        qtbot.waitUntil(lambda: pages.complete)
        assert made == list(range(1, 11))


def test_what_comes_while_a_page_is_looked_at_moves_nothing_on_it(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(number) for number in range(1, 21)]
    with shown(qtbot, scripted) as window:
        page = first_page(qtbot, window)
        before = dict(page._cards)
        scripted.asked.insert(0, approval(21))
        page.refresh()
        qtbot.waitUntil(lambda: "1 to 10 of 21" in texts(page))
        assert page._cards == before


def test_a_page_fills_up_again_once_what_was_answered_on_it_is_gone(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(number) for number in range(1, 13)]
    with shown(qtbot, scripted) as window:
        page = first_page(qtbot, window)
        press(page, "Next")
        qtbot.waitUntil(lambda: list(page._cards) == [11, 12])
        scripted.asked = scripted.asked[4:10]
        page.refresh()
        qtbot.waitUntil(lambda: list(page._cards) == [5, 6, 7, 8, 9, 10])
        assert not page._list._pager.isVisible()


def test_what_was_answered_is_shown_page_by_page_too(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.asked = [approval(number, state="done") for number in range(1, 501)]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        page._tabs.turn_to(ANSWERED)
        qtbot.waitUntil(lambda: len(page._past.cards) == 10)
        assert "1 to 10 of 500" in texts(page._past)
