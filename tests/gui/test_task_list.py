"""The list of tasks: cards that stay, the newest on top, and all of it in a small window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.views.home import TASKS
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import when
from tests.gui.scripted_swarm import BOB, CLEO, TASK, bid, task_row, view
from tests.gui.shown import home, press, shown, texts
from tests.gui.test_tasks_page import names, opened, there, with_task


def test_a_card_stays_and_tells_what_changed_and_a_new_one_comes_on_top(qtbot: QtBot) -> None:
    old, new = task_row("aa" * 16), task_row("bb" * 16, kind="model")
    scripted = with_task(view(old))
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        qtbot.waitUntil(lambda: old.id in page.list._cards)
        card = page.list._cards[old.id].frame
        scripted.given = [view(new), view(replace(old, state="done", provider_name="Bob"))]
        page.task_changed()
        qtbot.waitUntil(lambda: "Done · by Bob" in texts(card))
        qtbot.waitUntil(lambda: len(page.list._cards) == 2)
        qtbot.waitUntil(lambda: page.list._cards[new.id].frame.y() < card.y())
        scripted.given = [view(new)]
        page.task_changed()
        qtbot.waitUntil(lambda: not isValid(card))


def test_old_tasks_are_shown_when_they_are_asked_for(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(f"{n:032x}", state="done", created=when(minutes=-n))) for n in range(35)]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        qtbot.waitUntil(lambda: texts(page.list).count("You asked: Prompt") == 30)
        press(page, "Show older ones")
        qtbot.waitUntil(lambda: texts(page.list).count("You asked: Prompt") == 35)


def test_a_task_that_goes_on_says_so_on_its_card_and_no_card_is_made_anew(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(f"{n:032x}", state="calling", created=when(minutes=-n))) for n in range(3)]
    with shown(qtbot, scripted) as window:
        cards = there(qtbot, window).list._cards
        qtbot.waitUntil(lambda: len(cards) == 3)
        before = {name: card.frame for name, card in cards.items()}
        scripted.given[1] = view(task_row(f"{1:032x}", state="done", created=scripted.given[1].row.created))
        there(qtbot, window).list.refresh()
        qtbot.waitUntil(lambda: "Done" in texts(cards[f"{1:032x}"].frame))
        assert {name: card.frame for name, card in cards.items()} == before


def test_a_new_task_stands_above_the_others(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(f"{n:032x}", state="done", created=when(minutes=-n))) for n in (1, 2)]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        qtbot.waitUntil(lambda: len(page.list._cards) == 2)
        scripted.given.insert(0, view(task_row(f"{0:032x}", state="calling", created=when())))
        page.list.refresh()
        qtbot.waitUntil(lambda: len(page.list._cards) == 3)
        assert [page.list._list.indexOf(page.list._cards[f"{n:032x}"].frame) for n in range(3)] == [0, 1, 2]


def test_out_of_sight_no_card_is_made(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(TASK, state="done"))]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.tasks.list.refresh()
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert page.tasks.list._cards == {}
        page.turn_to(TASKS)
        qtbot.waitUntil(lambda: len(page.tasks.list._cards) == 1)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", ["choosing", "refused", "working"])
def test_a_task_fits_into_the_smallest_window(qtbot: QtBot, language: str, state: str) -> None:
    long = replace(BOB, name="Maximilienne-de-la-Rochefoucauld-Montmorency-Bellegarde")
    bids = (
        bid(long, price=123_456, token="credit", said="123\u202f456 credits"),
        bid(CLEO),
        bid(BOB, state="refused", until=None, reason="quota"),
    )
    task = view(task_row(state=state, detail="quota"), spec={"sha256": "ab" * 32, "prompt": "x" * 300}, bids=bids)
    with shown(qtbot, with_task(task), language) as window:
        window.resize(640, 480)
        page = opened(qtbot, window)
        qtbot.waitUntil(lambda: page.detail.width() <= page._sheet.viewport().width())
        qtbot.waitUntil(lambda: page.detail.minimumSizeHint().width() <= page.detail.width())


def test_a_card_says_what_the_task_is_about(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row(state="done", subject="Why is the sky blue?")))
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        said = texts(page.list)
        assert "Why is the sky blue?" in said
        assert any("You asked: Prompt, Why is the sky blue?, " in name for name in names(page.list))


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Cut off before anybody was asked · It comes back."), ("fr", "Interrompue avant que quiconque soit ")],
)
def test_one_that_was_cut_off_says_what_becomes_of_its_money(qtbot: QtBot, language: str, said: str) -> None:
    row = task_row(state="unannounced", job="It comes back.")
    with shown(qtbot, with_task(view(row, messages=())), language) as window:
        page = there(qtbot, window)
        assert said in texts(page.list)
        page = opened(qtbot, window)
        assert not page.detail._cancel.isVisible()
        assert not page.detail._remove.isVisible()


def test_one_that_was_taken_back_can_be_put_away(qtbot: QtBot) -> None:
    row = task_row(state="unannounced", job="Taken back.", ended=when())
    with shown(qtbot, with_task(view(row, messages=()))) as window:
        assert opened(qtbot, window).detail._remove.isVisible()
