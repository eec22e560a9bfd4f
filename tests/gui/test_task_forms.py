"""The form of each kind of task: what can be chosen is offered as a choice, what is wrong is said beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.views.home import TASKS
from app.views.task_form import TaskForm
from app.views.task_give import TaskGive
from app.views.task_kinds import KINDS
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_swarm import BOB, CLEO, SMALL, TRANSLATE, offers_of, peer
from tests.gui.shown import home, one, press, shown, texts
from tests.gui.test_tasks_page import choose

DO = "Ask their agents"


def with_peers(**fields: Any) -> Scripted:
    scripted = Scripted("open")
    scripted.known = [BOB, CLEO]
    for name, value in fields.items():
        setattr(scripted, name, value)
    return scripted


@contextmanager
def giving(qtbot: QtBot, scripted: Scripted, kind: str, language: str = "en", width: int = 1100) -> Iterator[TaskGive]:
    """The dialog with the form of this kind; closed again where it is still there."""
    with shown(qtbot, scripted, language) as window:
        window.resize(width, 720)
        home(qtbot, window).turn_to(TASKS)
        window_tasks(window).give()
        dialog = one(window, TaskGive)
        choose(dialog._kind, kind)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        gone: list[object] = []
        dialog.finished.connect(gone.append)
        yield dialog
        if not gone:
            dialog.reject()


def window_tasks(window: Window) -> Any:
    assert window.home is not None
    return window.home.tasks


def field(dialog: TaskGive, name: str) -> Any:
    form = [widget for widget in dialog.findChildren(QWidget) if isinstance(widget, TaskForm)][-1]
    return form._fields[name]


def announced(qtbot: QtBot, scripted: Scripted) -> tuple[str, dict[str, Any], tuple[str, ...], Any]:
    qtbot.waitUntil(lambda: bool(scripted.called("announce")))
    return scripted.called("announce")[-1]


# A meeting


def test_a_meeting_asks_the_chosen_people_between_the_chosen_days_and_hours(qtbot: QtBot) -> None:
    scripted = with_peers()
    with giving(qtbot, scripted, "meeting") as dialog:
        field(dialog, "title").control.setText("Dinner")
        choose(field(dialog, "minutes").control, 120)
        choose(field(dialog, "until").control, (date.today() + timedelta(days=3)).isoformat())
        choose(field(dialog, "ends").control, "22:00")
        choose(field(dialog, "begins").control, "19:00")
        press(dialog, "Saturdays and Sundays too")
        press(dialog, "Bob, there now")
        press(dialog, "Cleo, away")
        press(dialog, DO)
        kind, arguments, to, terms = announced(qtbot, scripted)
    assert (kind, set(to)) == ("meeting", {BOB.peer_id, CLEO.peer_id})
    assert arguments == {
        "title": "Dinner",
        "minutes": 120,
        "from": f"{date.today().isoformat()}T00:00",
        "until": f"{(date.today() + timedelta(days=4)).isoformat()}T00:00",
        "hours": "19:00-22:00",
        "weekends": True,
    }
    assert (terms.seconds, terms.reply_seconds) == (86_400.0, 43_200.0)


def test_the_times_that_others_would_learn_of_are_shown_before_anything_leaves(qtbot: QtBot) -> None:
    scripted = with_peers(free=("2031-05-06T12:00:00+00:00",))
    with giving(qtbot, scripted, "meeting") as dialog:
        qtbot.waitUntil(lambda: "6 May" in texts(dialog))
        assert "Tue" in texts(dialog)
    assert scripted.called("announce") == []


def test_no_free_time_is_said_where_the_times_would_stand(qtbot: QtBot) -> None:
    with giving(qtbot, with_peers(free=()), "meeting") as dialog:
        qtbot.waitUntil(lambda: "no such time free" in texts(dialog))


def test_a_meeting_needs_a_title_and_somebody(qtbot: QtBot) -> None:
    scripted = with_peers()
    with giving(qtbot, scripted, "meeting") as dialog:
        press(dialog, DO)
        assert field(dialog, "title").complaint == "This is needed."
        field(dialog, "title").control.setText("Lunch")
        press(dialog, DO)
        assert "Choose at least one." in texts(dialog)
    assert scripted.called("announce") == []


@pytest.mark.parametrize(
    ("wrong", "of", "value", "sentence"),
    [
        ("until", "from", (date.today() + timedelta(days=20)).isoformat(), "This is before the first day."),
        ("ends", "begins", "20:00", "This is not after the beginning."),
    ],
)
def test_days_and_hours_that_contradict_each_other_are_said_at_once(
    qtbot: QtBot, wrong: str, of: str, value: str, sentence: str
) -> None:
    scripted = with_peers()
    with giving(qtbot, scripted, "meeting") as dialog:
        field(dialog, "title").control.setText("Lunch")
        choose(field(dialog, of).control, value)
        assert field(dialog, wrong).complaint == sentence
        press(dialog, "Bob, there now")
        press(dialog, DO)
    assert scripted.called("announce") == []


def test_more_people_than_can_meet_are_told_while_they_are_chosen(qtbot: QtBot) -> None:
    crowd = [peer(f"P{number}") for number in range(5)]
    with giving(qtbot, with_peers(known=crowd), "meeting") as dialog:
        for number in range(5):
            press(dialog, f"P{number}, there now")
        assert "At most 4 others can take part." in texts(dialog)
        press(dialog, "P4, there now")
        assert not dialog._to._people.complaint


def test_what_nobody_awards_has_no_policy_to_choose(qtbot: QtBot) -> None:
    with giving(qtbot, with_peers(), "meeting") as dialog:
        press(dialog, "More: how long, how much, who gets it")
        assert dialog._terms.price.isVisible()
        assert not dialog._terms.award.isVisible()


# A skill


def test_a_skill_is_chosen_among_what_contacts_offer_and_goes_to_who_offers_it(qtbot: QtBot) -> None:
    scripted = with_peers(told=(offers_of(BOB, skills=(TRANSLATE,)),))
    with giving(qtbot, scripted, "skill") as dialog:
        qtbot.waitUntil(lambda: "Translate a text (translate/go), from Bob" in texts(dialog))
        one(dialog, QPlainTextEdit).setPlainText("text: Good morning\ntimes: 2")
        press(dialog, DO)
        kind, arguments, to, _ = announced(qtbot, scripted)
    assert (kind, to) == ("skill", (BOB.peer_id,))
    assert (arguments["skill"], arguments["entry"]) == ("translate", "go")
    assert json.loads(arguments["arguments"]) == {"text": "Good morning", "times": 2}


def test_a_skill_that_nobody_offers_now_can_be_named(qtbot: QtBot) -> None:
    scripted = with_peers()
    with giving(qtbot, scripted, "skill") as dialog:
        assert "None of your contacts who are there offers a skill now." in texts(dialog)
        press(dialog, DO)
        assert field(dialog, "skill").complaint == "This is needed."
        field(dialog, "skill").control.setText("translate")
        field(dialog, "entry").control.setText("go")
        press(dialog, DO)
        _, arguments, to, _ = announced(qtbot, scripted)
    assert arguments == {"skill": "translate", "entry": "go", "arguments": "{}"}
    assert to == ("contacts",)


@pytest.mark.parametrize("text", ["no colon", "a: 1\na: 2", '{"a": ', ": x"])
def test_arguments_that_cannot_be_read_are_told_while_they_are_typed(qtbot: QtBot, text: str) -> None:
    scripted = with_peers(told=(offers_of(BOB, skills=(TRANSLATE,)),))
    with giving(qtbot, scripted, "skill") as dialog:
        one(dialog, QPlainTextEdit).setPlainText(text)
        assert field(dialog, "arguments").complaint
        press(dialog, DO)
        one(dialog, QPlainTextEdit).setPlainText("")
        assert not field(dialog, "arguments").complaint
    assert scripted.called("announce") == []


def test_a_json_object_is_taken_as_it_is(qtbot: QtBot) -> None:
    scripted = with_peers(told=(offers_of(BOB, skills=(TRANSLATE,)),))
    with giving(qtbot, scripted, "skill") as dialog:
        one(dialog, QPlainTextEdit).setPlainText('{"of": {"deep": [1, true]}}')
        press(dialog, DO)
        _, arguments, _, _ = announced(qtbot, scripted)
    assert json.loads(arguments["arguments"]) == {"of": {"deep": [1, True]}}


# A model


def test_a_model_is_chosen_by_its_name_and_comes_from_all_who_offer_it(qtbot: QtBot) -> None:
    scripted = with_peers(told=(offers_of(BOB, models=(SMALL,)), offers_of(CLEO, models=(SMALL,))))
    with giving(qtbot, scripted, "model") as dialog:
        qtbot.waitUntil(lambda: "Small model, 98.0 MB, from Bob, Cleo" in texts(dialog))
        press(dialog, DO)
        kind, arguments, to, terms = announced(qtbot, scripted)
    assert (kind, arguments, set(to)) == ("model", {"sha256": SMALL.sha256}, {BOB.peer_id, CLEO.peer_id})
    assert terms.seconds == 6 * 3600.0


def test_a_pasted_sha256_is_looked_at_while_it_is_typed(qtbot: QtBot) -> None:
    scripted = with_peers()
    with giving(qtbot, scripted, "model") as dialog:
        line = field(dialog, "sha256").control
        assert isinstance(line, QLineEdit)
        line.setText("abc")
        assert "this has 3" in field(dialog, "sha256").complaint
        line.setText(f"SHA256: {'EF ' * 32}")
        assert not field(dialog, "sha256").complaint
        press(dialog, DO)
        _, arguments, _, _ = announced(qtbot, scripted)
    assert arguments == {"sha256": "ef" * 32}


def test_what_the_node_refuses_stands_beside_its_field(qtbot: QtBot) -> None:
    scripted = with_peers(refusal=CommandFailed("task-model-here"))
    with giving(qtbot, scripted, "model") as dialog:
        field(dialog, "sha256").control.setText("ab" * 32)
        press(dialog, DO)
        qtbot.waitUntil(lambda: bool(field(dialog, "sha256").complaint))
        assert not dialog._notice.isVisible()


# A prompt, and what all have in common


def test_a_prompt_too_long_for_one_message_is_told_while_it_is_typed(qtbot: QtBot) -> None:
    scripted = with_peers()
    with giving(qtbot, scripted, "inference") as dialog:
        one(dialog, QPlainTextEdit).setPlainText("é" * 24_001)
        assert "Shorten it." in field(dialog, "prompt").complaint
        press(dialog, DO)
        one(dialog, QPlainTextEdit).setPlainText("é" * 24_000)
        assert not field(dialog, "prompt").complaint
    assert scripted.called("announce") == []


def test_what_will_happen_is_said_in_words_and_follows_what_is_chosen(qtbot: QtBot) -> None:
    with giving(qtbot, with_peers(), "inference") as dialog:
        qtbot.waitUntil(lambda: "2 agents are asked and have 30 seconds to answer." in texts(dialog))
        press(dialog, "More: how long, how much, who gets it")
        choose(dialog._terms.award, "ask")
        choose(dialog._terms.until, 3600.0)
        dialog._terms.price.setValue(1500)
        said = dialog._happens.text()
    assert "You choose among those who propose to do it." in said
    assert "within an hour" in said
    assert "1,500 credits" in said


def test_who_is_blocked_cannot_be_asked(qtbot: QtBot) -> None:
    scripted = with_peers(known=[BOB, peer("Mallory", standing="blocked")])
    with giving(qtbot, scripted, "inference") as dialog:
        choose(dialog._to.whom, "some")
        assert [box.accessibleName() for box in dialog._to.findChildren(QCheckBox)] == ["Bob, there now"]


def test_without_contacts_the_next_step_is_told(qtbot: QtBot) -> None:
    with giving(qtbot, with_peers(known=[]), "inference") as dialog:
        assert "You have no contacts yet. Invite somebody on the page Peers first." in texts(dialog)
        assert dialog._to._none.isVisible()


# By keyboard, by ear, in the longer language and in a small window


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_everything_that_takes_the_keyboard_has_a_name_and_is_reached_by_tab(qtbot: QtBot, kind: str) -> None:
    scripted = with_peers(told=(offers_of(BOB, skills=(TRANSLATE,), models=(SMALL,)),))
    with giving(qtbot, scripted, kind) as dialog:
        press(dialog, "More: how long, how much, who gets it")
        wanted = {one for one in dialog.findChildren(QWidget) if one.isVisible() and _takes_keys(one)}
        assert [one for one in wanted if not one.accessibleName()] == []
        dialog._kind.setFocus()
        reached = set()
        for _ in range(3 * len(wanted)):
            here = dialog.focusWidget()
            reached.add(here)
            QTest.keyClick(here, Qt.Key.Key_Tab)
        assert wanted <= reached


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_in_french_and_a_small_window_nothing_is_cut_off(qtbot: QtBot, kind: str) -> None:
    scripted = with_peers(told=(offers_of(BOB, skills=(TRANSLATE,), models=(SMALL,)),))
    with giving(qtbot, scripted, kind, "fr", 640) as dialog:
        press(dialog, "Plus : délai, prix, à qui la confier")
        qtbot.waitUntil(lambda: _cut_off(dialog) == [])
        assert dialog.width() <= dialog._behind.width()


def _cut_off(dialog: TaskGive) -> list[str]:
    """What does not have the room that it asks for."""
    buttons = [one for one in dialog.findChildren(QPushButton) if one.isVisible()]
    labels = [one for one in dialog.findChildren(QLabel) if one.isVisible() and one.text()]
    return [
        *(one.text() for one in buttons if one.width() < one.sizeHint().width()),
        *(one.text() for one in labels if one.height() < one.heightForWidth(one.width())),
    ]


def _takes_keys(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled() and widget.focusProxy() is None
