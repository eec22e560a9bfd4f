"""On the page of a task: whether a third did it again, and the way to have that done; and who is named for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.views.home import TASKS
from app.views.offer_card import OfferCard
from app.views.task_checked import TaskChecked
from app.views.task_preview import TaskPreview
from app.views.tasks import OFFERS
from app.views.wording import Words
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_checked import BUILD, PROMPT, Checking, checked
from tests.gui.scripted_skills import DIGEST
from tests.gui.scripted_swarm import BOB, CLEO, TASK, task_row, view
from tests.gui.shown import home, one, press, shown, texts
from tests.gui.test_tasks_page import choose, there


@contextmanager
def page(qtbot: QtBot, scripted: Checking, language: str = "en") -> Iterator[tuple[Window, TaskChecked]]:
    """The task's, once all that was asked for is there."""
    with shown(qtbot, scripted, language) as window:
        home(qtbot, window).turn_to(TASKS)
        window.home.tasks.open_task(TASK)  # type: ignore[union-attr]
        card = one(window, TaskChecked)
        qtbot.waitUntil(lambda: bool(card._state.text()) or not window._bridge.pending)
        qtbot.waitUntil(lambda: window._bridge.pending <= 1)  # it is followed
        yield window, card


@pytest.mark.parametrize(
    ("state", "said", "look"),
    [
        ("waiting", "Cleo was asked to do it again, and has not answered yet.", ""),
        ("passed", "Cleo did it again: the same, bit for bit.", "good"),
        ("failed", "Cleo did it again, and got something else.", "warning"),
        (
            "other",
            "The chain has this from somebody else, or for another validator (Cleo) than the bid named",
            "warning",
        ),
        ("none", "Nobody has done it again. Whoever did it can ask Cleo to, whom their bid named.", ""),
    ],
)
def test_the_page_says_who_did_it_again_with_what_result_and_build(
    qtbot: QtBot, state: str, said: str, look: str
) -> None:
    with page(qtbot, Checking(checked(state))) as (_, card):
        qtbot.waitUntil(card.isVisible)
        assert said in texts(card)
        assert f"Build of the engine: {BUILD}" in texts(card)
        assert (card._state.property("role") or "") == look
        assert not card._ask.isVisible()


def test_who_did_it_shows_the_prompt_to_the_one_named_after_seeing_what_leaves(qtbot: QtBot) -> None:
    scripted = Checking(checked("none", askable=True), role="participant")
    with page(qtbot, scripted) as (window, card):
        qtbot.waitUntil(card._ask.isVisible)
        press(card, "Have Cleo do it again…")
        qtbot.waitUntil(lambda: bool(window.findChildren(TaskPreview)))
        dialog = one(window, TaskPreview)
        assert one(dialog, QPlainTextEdit).toPlainText() == PROMPT
        assert "your client’s prompt" in texts(dialog)
        assert [b.text() for b in dialog.findChildren(QPushButton)] == ["Cancel", "Show it and ask"]
        assert not scripted.called("ask_validation")
        press(dialog, "Show it and ask")
        qtbot.waitUntil(lambda: "Cleo is asked" in texts(card))
        assert not card._ask.isVisible()
    assert scripted.called("ask_validation") == [(TASK, CLEO.peer_id, DIGEST)]


def test_what_goes_wrong_is_said_and_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = Checking(checked("none", askable=True), role="participant")
    with page(qtbot, scripted) as (window, card):
        qtbot.waitUntil(card._ask.isVisible)
        press(card, "Have Cleo do it again…")
        qtbot.waitUntil(lambda: bool(window.findChildren(TaskPreview)))
        scripted.refusal = CommandFailed("validation-no-agent")
        press(one(window, TaskPreview), "Show it and ask")
        qtbot.waitUntil(lambda: card._notice.isVisible())
        assert card._ask.isEnabled()


def test_a_task_that_names_no_model_says_so_where_it_was_paid_for(qtbot: QtBot) -> None:
    with page(qtbot, Checking(checked("open", engine="", named="", by=""))) as (_, card):
        qtbot.waitUntil(card.isVisible)
        assert "It named no model" in texts(card)


def test_a_free_task_that_names_no_model_says_nothing_of_it(qtbot: QtBot) -> None:
    with page(qtbot, Checking(checked("open", engine=""), paid=None)) as (_, card):
        qtbot.waitUntil(lambda: bool(card._state.text()))
        assert not card.isVisible()


@pytest.mark.parametrize("role", ["initiator", "participant"])
def test_where_the_bid_named_nobody_it_is_said_what_to_do(qtbot: QtBot, role: str) -> None:
    with page(qtbot, Checking(checked("none", named="", by=""), role=role)) as (_, card):
        qtbot.waitUntil(card.isVisible)
        assert ("What I offer" in texts(card)) is (role == "participant")


def test_the_validator_reads_what_they_said_themselves(qtbot: QtBot) -> None:
    with page(qtbot, Checking(checked("passed", ours=True, name=""), role="participant"), "fr") as (_, card):
        qtbot.waitUntil(card.isVisible)
        assert "Vous avez refait ceci pour quelqu’un, et dit sur la chaîne : la même chose" in texts(card)


def test_a_chain_that_does_not_answer_hides_nothing_else(qtbot: QtBot) -> None:
    with page(qtbot, Checking(checked("unknown", why="The chain does not answer."))) as (_, card):
        qtbot.waitUntil(card.isVisible)
        assert "cannot be seen now: The chain does not answer." in texts(card)


def test_whoever_is_asked_to_do_it_again_reads_that_their_word_goes_on_the_chain(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    asked = {"max-tokens": 64, "prompt-bytes": 20, "model": "5c" * 32, "seed": 0, "check": "5e" * 32, "engine": BUILD}
    scripted.given = [view(task_row(role="participant", state="deciding"), spec=asked)]
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(TASKS)
        window.home.tasks.open_task(TASK)  # type: ignore[union-attr]
        qtbot.waitUntil(lambda: "say on the chain, for good" in texts(window.home.tasks.detail))  # type: ignore[union-attr]


def test_a_contact_is_named_and_doing_again_is_allowed_with_the_offer(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB, CLEO]
    with shown(qtbot, scripted) as window:
        tasks = there(qtbot, window)
        tasks._tabs.turn_to(OFFERS)
        qtbot.waitUntil(lambda: bool(tasks.findChildren(OfferCard)))
        card = one(tasks, OfferCard)
        part: Any = card._validation
        qtbot.waitUntil(lambda: part._validator.count() == 3)
        assert part._validator.accessibleName() == "Prompt: who may do it again"
        choose(part._validator, CLEO.peer_id)
        choose(part._rule, "always")
        press(card, "Save what is offered: Prompt")
        qtbot.waitUntil(lambda: "Saved." in texts(card))
    [(_, changes)] = scripted.called("change_offer")
    assert changes["settings"] == {"validator": CLEO.peer_id, "validates": "always"}


def test_a_refusal_says_which_build_is_there() -> None:
    from app.views.task_words import next_step, reason

    words = Words("en")
    assert reason(words, "other-build-avx2-ab") == "another build of the engine answers there: avx2-ab"
    assert "another build" in next_step(words, task_row(state="refused", detail="other-build-avx2-ab"))
