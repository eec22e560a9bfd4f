"""Messages from person to person, and the ledger of what left, over canned commands."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.swarm_results import ConsentRow, DisclosureLedger, DisclosureRow, LettersChanged
from app.views.home import CHAT, PEERS, TASKS
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
