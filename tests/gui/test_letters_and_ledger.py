"""Messages from person to person, and the ledger of what left, over canned commands."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.skill_results import FactRow
from app.swarm_results import ConsentRow, DisclosureLedger, DisclosureRow, LettersChanged
from app.views.home import CHAT, MEMORY, PEERS, TASKS
from app.views.peers import Peers
from app.views.tasks import LEFT, Tasks
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import DIGEST, when
from tests.gui.scripted_swarm import BOB, CLEO, letter
from tests.gui.shown import home, press, shown, texts


def with_letters(*letters: str) -> Scripted:
    scripted = Scripted("open")
    scripted.known = [BOB, CLEO]
    scripted.written = [letter(f"l{number}", text) for number, text in enumerate(letters)]
    return scripted


def opened(qtbot: QtBot, window: Window) -> Peers:
    page = home(qtbot, window)
    page.turn_to(PEERS)
    press(page.peers, "Messages with Bob")
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.peers


def ledger(qtbot: QtBot, window: Window) -> Tasks:
    page = home(qtbot, window)
    page.turn_to(TASKS)
    page.tasks._tabs.turn_to(LEFT)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.tasks


def test_the_navigation_and_the_contact_say_that_something_is_new_until_it_was_read(qtbot: QtBot) -> None:
    scripted = with_letters("Friday at five?")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        entry = page.navigation._group.button(PEERS)
        qtbot.waitUntil(lambda: entry.accessibleName() == "Peers, 1 message not read")
        page.turn_to(PEERS)
        qtbot.waitUntil(lambda: "1 new message" in texts(page.peers))
        press(page.peers, "Messages with Bob")
        qtbot.waitUntil(lambda: "Friday at five?" in texts(page.peers.letters))
        qtbot.waitUntil(lambda: entry.accessibleName() == "Peers")


def test_a_message_that_comes_while_nobody_looks_stays_new(qtbot: QtBot) -> None:
    scripted = with_letters()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        read = len(scripted.called("read_letters"))
        home(qtbot, window).turn_to(CHAT)
        scripted.written = [letter("l1", "Are you there?")]
        scripted.listener(LettersChanged(1))
        entry = home(qtbot, window).navigation._group.button(PEERS)
        qtbot.waitUntil(lambda: entry.accessibleName() == "Peers, 1 message not read")
        assert len(scripted.called("read_letters")) == read
        home(qtbot, window).turn_to(PEERS)
        qtbot.waitUntil(lambda: "Are you there?" in texts(page.letters))


def test_what_was_typed_goes_to_the_contact_and_is_shown_with_how_it_stands(qtbot: QtBot) -> None:
    scripted = with_letters("Friday at five?")
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        editor = page.letters.findChildren(QPlainTextEdit)[0]
        assert not page.letters._send.isEnabled()
        editor.setPlainText("Yes, at the station.")
        press(page.letters, "Send")
        qtbot.waitUntil(lambda: "waits until they are there" in texts(page.letters))
        assert editor.toPlainText() == ""
    assert scripted.called("send_letter") == [(BOB.peer_id, "Yes, at the station.")]


def test_a_message_that_could_not_be_taken_keeps_its_words(qtbot: QtBot) -> None:
    scripted = with_letters()
    scripted.refusal = CommandFailed("disclosure-never", name="Bob", kind="letter")
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        page.letters._editor.setPlainText("Yes.")
        press(page.letters, "Send")
        qtbot.waitUntil(page.letters._notice.isVisible)
        assert page.letters._editor.toPlainText() == "Yes."


def test_what_an_agent_wrote_says_so_and_hidden_characters_are_spelled_out(qtbot: QtBot) -> None:
    scripted = with_letters()
    scripted.written = [letter("l1", "Pay \u202enow", automatic=True)]
    with shown(qtbot, scripted) as window:
        said = texts(opened(qtbot, window).letters)
        assert "Pay ⟦U+202E⟧now" in said
        assert "written by an agent, read by nobody before" in said


def test_the_ledger_says_what_left_to_whom_and_why(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    kind = "inference/accept-proposal"
    row = DisclosureRow(7, when(), BOB.peer_id, "Bob", kind, "0a", 120, DIGEST, ("m1",), "typed")
    scripted.left = DisclosureLedger((row,), None)
    with shown(qtbot, scripted) as window:
        said = texts(ledger(qtbot, window))
        assert "7. To Bob" in said
        assert "Prompt · accept-proposal" in said
        assert "You typed it yourself." in said
        assert "Holds 1 record of your vault" in said
        assert "The ledger is whole" in said


def test_a_line_that_was_changed_is_named(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.left = DisclosureLedger((), 4)
    with shown(qtbot, scripted) as window:
        assert "line 4 does not agree" in texts(ledger(qtbot, window))


def test_a_decision_for_good_can_be_taken_back(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.decided = [ConsentRow(BOB.peer_id, "Bob", "letter", "always")]
    with shown(qtbot, scripted) as window:
        page = ledger(qtbot, window)
        assert "Message to Bob: always, without asking" in texts(page)
        press(page, "Ask me again")
        qtbot.waitUntil(lambda: "Message to Bob" not in texts(page))
    assert scripted.called("decide_disclosure") == [(BOB.peer_id, "letter", None)]


def test_the_agent_drafts_into_the_box_and_nothing_is_sent(qtbot: QtBot) -> None:
    scripted = with_letters("Friday at five?")
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        page.letters._editor.setPlainText("say yes")
        press(page.letters, "Draft an answer")
        qtbot.waitUntil(lambda: page.letters._editor.toPlainText() == "Gladly. say yes")
        assert "it goes only when you send it" in texts(page.letters)
        page.letters._editor.undo()
        assert page.letters._editor.toPlainText() == "say yes"
    assert scripted.called("suggest_letter") == [(BOB.peer_id, "say yes")]
    assert scripted.called("send_letter") == []


def test_a_draft_can_be_stopped_and_leaves_what_was_typed(qtbot: QtBot) -> None:
    scripted = with_letters("Friday at five?")
    scripted.written_by_agent.clear()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        page.letters._editor.setPlainText("say yes")
        press(page.letters, "Draft an answer")
        qtbot.waitUntil(lambda: len(scripted.called("suggest_letter")) == 1)
        press(page.letters, "Stop writing")
        press(page.letters, "Draft an answer")
        qtbot.waitUntil(lambda: len(scripted.called("suggest_letter")) == 2)
        assert page.letters._editor.toPlainText() == "say yes"


def test_a_draft_that_comes_late_is_not_put_into_another_conversation(qtbot: QtBot) -> None:
    scripted = with_letters("Friday at five?")
    scripted.written_by_agent.clear()
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.letters, "Draft an answer")
        qtbot.waitUntil(lambda: bool(scripted.called("suggest_letter")))
        page.open_letters(CLEO.peer_id, "Cleo")
        scripted.written_by_agent.set()
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert page.letters._editor.toPlainText() == ""


def test_no_draft_says_why(qtbot: QtBot) -> None:
    scripted = with_letters()
    scripted.refusal = CommandFailed("letter-nothing", name="Bob")
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        press(page.letters, "Draft an answer")
        qtbot.waitUntil(page.letters._notice.isVisible)
        assert not page.letters._drafted.isVisible()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Answer Bob's messages: I am away until Monday", "Bob: “I am away until Monday”"),
        ("Answer Cleo's messages: Hello", "Your agent answers Bob nothing by itself."),
    ],
)
def test_a_standing_rule_is_shown_where_it_counts(qtbot: QtBot, told: str, said: str) -> None:
    scripted = with_letters("Friday at five?")
    scripted.remembered = [FactRow(1, "instruction", told, "you", "", True, when())]
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        qtbot.waitUntil(lambda: said in texts(page.letters))
        press(page.letters, "Open Memory")
        assert home(qtbot, window)._views.currentIndex() == MEMORY


def test_what_agents_wrote_by_themselves_is_marked_on_either_side(qtbot: QtBot) -> None:
    scripted = with_letters()
    scripted.written = [
        letter("l1", "Away.", automatic=True),
        letter("l2", "Away too.", automatic=True, outgoing=True, state="delivered"),
    ]
    with shown(qtbot, scripted) as window:
        said = texts(opened(qtbot, window).letters)
    assert "written by an agent, read by nobody before" in said
    assert "Your agent answered this by itself, by your standing rule" in said
