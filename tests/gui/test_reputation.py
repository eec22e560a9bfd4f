"""What is known of a peer, on its card, and saying how a task went, over canned commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from app.reputation_results import FeedbackRow, ReasonRow, ReputationView
from app.results import CommandFailed
from app.views.feedback_dialog import FeedbackDialog
from app.views.home import PEERS
from app.views.peers import Peers
from app.views.reputation import ReputationCard
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import when
from tests.gui.scripted_swarm import BOB
from tests.gui.shown import home, one, press, shown, texts

RECEIPT = "ab" * 32
AVERAGE = "The registry’s plain average is 97 of 100, from 340 entries. Anybody may have written these."
VIEW = ReputationView(
    BOB.peer_id, BOB.name, "good", "Its work is good: a task goes well about 91 times in 100, surely 74 or more.",
    91, 74, 97, 11.4,
    (
        ReasonRow("own-kept", "It did 9 tasks of yours.", {"count": 9}),
        ReasonRow("contacts", "2 contacts of yours, with receipts, gave 88 of 100 on average.", {"count": 2}),
        ReasonRow("unproven", "Not counted: 331 entries of the registry that prove no paid work.", {"count": 331}),
    ),
    7, 97, 340, AVERAGE, "rehearsal", "", (RECEIPT,),
)  # fmt: skip


class ScriptedReputation(Scripted):
    """Canned answers; `refused`: of the next feedback."""

    def __init__(self) -> None:
        super().__init__("open")
        self.known = [BOB]
        self.reputed = VIEW
        self.refused: Exception | None = None

    async def reputation(self, node: object, name: str) -> ReputationView:
        self.calls.append(("reputation", (name,)))
        if isinstance(self.refused, CommandFailed) and self.refused.key == "locked":
            refused, self.refused = self.refused, None
            raise refused
        return self.reputed

    async def give_feedback(self, node: object, receipt: str, value: int, tag: str, public: bool) -> FeedbackRow:
        self.calls.append(("give_feedback", (receipt, value, tag, public)))
        if self.refused is not None:
            refused, self.refused = self.refused, None
            raise refused
        self.reputed = replace(self.reputed, rateable=())
        state: Any = "public" if public else "here"
        return FeedbackRow(
            receipt, "0a" * 16, BOB.peer_id, BOB.name, value, tag, state, 7 if public else None, "", when()
        )


def opened(qtbot: QtBot, window: Window) -> Peers:
    """Bob's card, with what is known of him."""
    page = home(qtbot, window)
    page.turn_to(PEERS)
    press(page, f"Reputation of {BOB.name}")
    qtbot.waitUntil(lambda: "Why" in texts(page))
    return page.peers


def test_it_is_asked_for_when_somebody_wants_to_see_it(qtbot: QtBot) -> None:
    scripted = ScriptedReputation()
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(PEERS)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert scripted.called("reputation") == []
        opened(qtbot, window)
    assert scripted.called("reputation") == [(BOB.peer_id,)]


def test_it_says_how_good_how_surely_and_why(qtbot: QtBot) -> None:
    with shown(qtbot, ScriptedReputation()) as window:
        said = texts(opened(qtbot, window))
    assert VIEW.sentence in said
    assert [reason.sentence for reason in VIEW.reasons if reason.sentence not in said] == []


def test_the_plain_average_stands_apart_and_says_that_anybody_may_have_written_it(qtbot: QtBot) -> None:
    with shown(qtbot, ScriptedReputation()) as window:
        said = texts(opened(qtbot, window))
    assert said.index("Not part of this") < said.index(AVERAGE)
    assert said.index(VIEW.sentence) < said.index("Not part of this")


def test_whoever_cannot_see_hears_the_word_first(qtbot: QtBot) -> None:
    with shown(qtbot, ScriptedReputation()) as window:
        card = one(opened(qtbot, window), ReputationCard)
        spoken = [one.accessibleName() for one in card.findChildren(QLabel)]
    assert f"What is known: good. {VIEW.sentence}" in spoken


def test_pressed_again_it_is_put_away(qtbot: QtBot) -> None:
    with shown(qtbot, ScriptedReputation()) as window:
        page = opened(qtbot, window)
        press(page, f"Reputation of {BOB.name}")
        assert not one(page, ReputationCard).isVisible()


def test_feedback_is_for_oneself_unless_the_person_ticks_that_it_is_public(qtbot: QtBot) -> None:
    scripted = ScriptedReputation()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page, f"Say how a task went that {BOB.name} did…")
        press(one(window, FeedbackDialog), "Keep it")
        qtbot.waitUntil(lambda: "Kept. Only you see it." in texts(page))
    assert scripted.called("give_feedback") == [(RECEIPT, 100, "", False)]


def test_ticked_it_goes_to_the_registry_and_the_dialog_says_what_that_means(qtbot: QtBot) -> None:
    scripted = ScriptedReputation()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page, f"Say how a task went that {BOB.name} did…")
        dialog = one(window, FeedbackDialog)
        box = one(dialog, QCheckBox)
        assert not box.isChecked()
        assert "for ever" in box.accessibleDescription()
        box.click()
        press(dialog, "Keep it")
        qtbot.waitUntil(lambda: "It is in the registry, for everybody." in texts(page))
    assert scripted.called("give_feedback") == [(RECEIPT, 100, "", True)]


def test_where_no_registry_can_take_it_nothing_public_is_offered(qtbot: QtBot) -> None:
    scripted = ScriptedReputation()
    scripted.reputed = replace(VIEW, agent=None)
    with shown(qtbot, scripted) as window:
        press(opened(qtbot, window), f"Say how a task went that {BOB.name} did…")
        assert not one(one(window, FeedbackDialog), QCheckBox).isVisible()


def test_a_failure_is_told_in_the_dialog_and_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = ScriptedReputation()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page, f"Say how a task went that {BOB.name} did…")
        dialog = one(window, FeedbackDialog)
        scripted.refused = CommandFailed("feedback-early")
        press(dialog, "Keep it")
        qtbot.waitUntil(lambda: "goes on" in texts(dialog))
        press(dialog, "Try again")
        qtbot.waitUntil(lambda: "Kept. Only you see it." in texts(page))


@pytest.mark.parametrize("language", ["fr"])
def test_in_french_nothing_is_left_in_english(qtbot: QtBot, language: str) -> None:
    scripted = ScriptedReputation()
    with shown(qtbot, scripted, language) as window:
        page = home(qtbot, window)
        page.turn_to(PEERS)
        press(page, f"Réputation de {BOB.name}")
        qtbot.waitUntil(lambda: "Pourquoi" in texts(page))
        press(page, f"Dire comment s’est passée une tâche faite par {BOB.name}…")
        said = texts(one(window, FeedbackDialog))
    assert "Comment cela s’est-il passé ?" in said
