"""The two windows of the demonstration: whose each is, and the way to seeing two agents agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytestqt.qtbot import QtBot

from app.views.demo_guide import DemoGuide
from app.views.home import TASKS
from app.views.task_give import TaskGive
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_swarm import BOB, TASK, task_row, view
from tests.gui.shown import home, one, press, shown, texts

ADA, BEN = ["Ada", "Ben", True], ["Ben", "Ada", False]
THEIRS = f"{BOB.peer_id}/{TASK}"


@contextmanager
def demonstrated(qtbot: QtBot, told: object, scripted: Scripted, language: str = "en") -> Iterator[Window]:
    scripted.known = [BOB]
    scripted.settings["demo"] = told
    with shown(qtbot, scripted, language) as window:
        home(qtbot, window)
        qtbot.waitUntil(lambda: bool(window.findChildren(DemoGuide)))
        yield window


@pytest.mark.parametrize(
    ("told", "language", "title"),
    [
        (ADA, "en", "Ada’s Nuée"),
        (BEN, "en", "Ben’s Nuée"),
        (ADA, "fr", "Le Nuée d’Ada"),
        (BEN, "fr", "Le Nuée de Ben"),
    ],
)
def test_a_window_says_whose_it_is_in_its_title_and_on_it(
    qtbot: QtBot, told: object, language: str, title: str
) -> None:
    with demonstrated(qtbot, told, Scripted("open"), language) as window:
        assert window.windowTitle() == title
        assert title in texts(one(window, DemoGuide))
        assert home(qtbot, window).tasks.isVisibleTo(window) is False


@pytest.mark.parametrize("told", [None, [], ["Ada"], "Ada", ["Ada", "Ben", 1]])
def test_a_persons_own_window_has_no_guide(qtbot: QtBot, told: object) -> None:
    scripted = Scripted("open")
    scripted.settings["demo"] = told
    with shown(qtbot, scripted) as window:
        home(qtbot, window)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert window.findChildren(DemoGuide) == []
        assert window.windowTitle() == "Nuée"


def test_two_clicks_give_the_first_task(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with demonstrated(qtbot, ADA, scripted) as window:
        press(window, "1. Ask Ben’s agent…")
        press(one(window, TaskGive), "Ask their agents")
        qtbot.waitUntil(lambda: bool(scripted.called("announce")))
        home(qtbot, window).tasks.task_changed()
        qtbot.waitUntil(lambda: one(window, DemoGuide).step == "watch")
    [(kind, arguments, _, _)] = scripted.called("announce")
    assert (kind, arguments["prompt"]) == ("inference", "Why is the sky blue?")


@pytest.mark.parametrize(
    ("states", "step"),
    [
        ((), "ask"),
        ((("inference", "working"),), "watch"),
        ((("inference", "failed"),), "ask_again"),
        ((("inference", "done"),), "meet"),
        ((("meeting", "calling"), ("inference", "done")), "meet_wait"),
        ((("meeting", "refused"), ("inference", "done")), "meet_again"),
        ((("meeting", "done"), ("inference", "done")), "ended"),
    ],
)
def test_the_guide_follows_what_went_on(qtbot: QtBot, states: tuple[tuple[str, str], ...], step: str) -> None:
    scripted = Scripted("open")
    rows = (task_row(f"{number:032x}", kind=kind, state=state) for number, (kind, state) in enumerate(states))
    scripted.given = [view(row) for row in rows]
    with demonstrated(qtbot, ADA, scripted) as window:
        qtbot.waitUntil(lambda: one(window, DemoGuide).step == step)


def test_the_meeting_is_asked_of_the_only_contact_with_two_clicks(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(state="done"))]
    with demonstrated(qtbot, ADA, scripted) as window:
        press(window, "2. Find a time…")
        dialog = one(window, TaskGive)
        qtbot.waitUntil(lambda: bool(dialog._to.names))
        press(dialog, "Ask their agents")
        qtbot.waitUntil(lambda: bool(scripted.called("announce")))
    [(kind, arguments, to, _)] = scripted.called("announce")
    assert (kind, arguments["title"], to) == ("meeting", "Lunch", (BOB.peer_id,))


def test_the_other_window_leads_to_the_call_that_waits(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(THEIRS, role="participant", kind="meeting", state="deciding"))]
    with demonstrated(qtbot, BEN, scripted) as window:
        press(window, "3. Look at it and accept…")
        page = home(qtbot, window)
        assert page._views.currentIndex() == TASKS
        press(page.tasks.detail, "Accept")
        qtbot.waitUntil(lambda: bool(scripted.called("answer_task")))
        qtbot.waitUntil(lambda: one(window, DemoGuide).step == "seen")


def test_the_other_window_says_that_they_agreed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.given = [view(task_row(THEIRS, role="participant", kind="meeting", state="done"))]
    with demonstrated(qtbot, BEN, scripted) as window:
        qtbot.waitUntil(lambda: "it is in Ben’s calendar and in Ada’s" in texts(one(window, DemoGuide)))


def test_the_guide_can_be_hidden(qtbot: QtBot) -> None:
    with demonstrated(qtbot, ADA, Scripted("open")) as window:
        press(window, "Hide the guide")
        assert not one(window, DemoGuide).isVisible()
