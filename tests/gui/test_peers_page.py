"""The page of peers, over canned commands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMessageBox, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.actions.open_invites import InviteRow
from app.results import CommandFailed
from app.swarm_results import PeersChanged
from app.views.home import PEERS, TASKS
from app.views.invite_dialog import InviteDialog
from app.views.peer_add import PeerAdd
from app.views.peer_rename import PeerRename
from app.views.peers import Peers
from app.views.qr_picture import QrPicture
from app.views.swarm_offer import SwarmOffer
from app.views.swarm_setting import ASKED
from app.views.task_give import TaskGive
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import when
from tests.gui.scripted_swarm import ADDRESS, BOB, CLEO, LINK, peer
from tests.gui.shown import home, one, press, shown, texts


def there(qtbot: QtBot, window: Window) -> Peers:
    page = home(qtbot, window)
    page.turn_to(PEERS)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.peers


def idle(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window._bridge.pending == 0)


def test_a_newcomer_is_told_what_to_do_next(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = there(qtbot, window)
        assert "Nobody can reach this Nuée." in texts(page)
        assert "Invite somebody who has Nuée" in texts(page)


def test_turning_it_on_the_first_time_asks_what_is_offered_and_nothing_is_on_before(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page.switch.switch.click()
        qtbot.waitUntil(lambda: bool(window.findChildren(SwarmOffer)))
        idle(qtbot, window)
        assert scripted.called("turn_swarm") == []
        press(one(window, SwarmOffer), "No, nothing")
        qtbot.waitUntil(lambda: ADDRESS in texts(page))
    assert scripted.called("change_offer") == [("inference", {"audience": "nobody"})]
    assert scripted.called("turn_swarm") == [(True,)]
    assert scripted.settings[ASKED] is True


def test_closing_that_question_leaves_it_off(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page.switch.switch.click()
        qtbot.waitUntil(lambda: bool(window.findChildren(SwarmOffer)))
        one(window, SwarmOffer).reject()
        qtbot.waitUntil(lambda: page.switch.switch.isEnabled() and not page.switch.switch.isChecked())
    assert scripted.called("turn_swarm") == []


def test_the_question_is_asked_once(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.settings[ASKED] = True
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page.switch.switch.click()
        qtbot.waitUntil(lambda: ADDRESS in texts(page))
        assert not window.findChildren(SwarmOffer)


def test_a_switch_that_cannot_be_turned_goes_back_and_says_why(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.settings[ASKED] = True
    scripted.refusal = CommandFailed("airplane")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        page.switch.switch.click()
        qtbot.waitUntil(lambda: page.switch._notice.isVisible())
        qtbot.waitUntil(lambda: page.switch.switch.isEnabled() and not page.switch.switch.isChecked())


def test_hidden_characters_in_a_name_are_spelled_out_and_markup_is_text(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [peer("<b>Eve\u202e</b>")]
    with shown(qtbot, scripted) as window:
        assert "<b>Eve⟦U+202E⟧</b>" in texts(there(qtbot, window))


def test_it_says_who_is_there_and_how_they_are_reached(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB, CLEO, peer("Mallory", standing="blocked")]
    with shown(qtbot, scripted) as window:
        said = texts(there(qtbot, window))
        assert "There · directly over TCP · reached very well (answers in 3.4 ms)" in said
        assert "Away, last seen 3 hours ago" in said
        assert "Blocked: nothing of theirs comes in" in said


def test_somebody_who_comes_appears_by_themselves(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        scripted.known = [BOB]
        scripted.listener(PeersChanged())
        qtbot.waitUntil(lambda: "Bob" in texts(page))


def test_an_invite_is_shown_as_a_picture_and_a_link_with_the_warning(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Invite somebody…")
        dialog = one(window, InviteDialog)
        dialog.findChildren(QLineEdit)[0].setText("Bob")
        press(dialog, "Make an invite")
        qtbot.waitUntil(lambda: LINK in texts(dialog))
        assert "Give it to one person" in texts(dialog)
        qtbot.waitUntil(one(dialog, QrPicture).isVisible)
        press(dialog, "Copy the link")
        assert QGuiApplication.clipboard().text() == LINK
        dialog.reject()
        qtbot.waitUntil(lambda: "An invite for Bob is open" in texts(page))
    assert scripted.called("invite") == [("Bob", 24.0)]


def test_the_picture_of_an_invite_leads_back_to_its_link(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Invite somebody…")
        dialog = one(window, InviteDialog)
        press(dialog, "Make an invite")
        qtbot.waitUntil(lambda: LINK in texts(dialog))
        picture: QImage = one(dialog, QrPicture).grab().toImage()
        dialog.reject()
        press(page, "Add by an invite…")
        adding = one(window, PeerAdd)
        adding.read_picture(picture)
        assert adding.findChildren(QPlainTextEdit)[0].toPlainText() == LINK
        adding.reject()


def test_a_picture_without_a_code_is_said_beside_the_link(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        press(there(qtbot, window), "Add by an invite…")
        dialog = one(window, PeerAdd)
        blank = QImage(101, 99, QImage.Format.Format_RGB32)
        blank.fill(Qt.GlobalColor.white)
        dialog.read_picture(blank)
        assert dialog._field.complaint
        dialog.read_picture(QImage())
        assert dialog._field.complaint
        dialog.reject()


def test_a_link_that_was_broken_into_lines_is_put_together(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Add by an invite…")
        dialog = one(window, PeerAdd)
        dialog.findChildren(QPlainTextEdit)[0].setPlainText(f"{LINK[:40]}\n  {LINK[40:]}\n")
        press(dialog, "Add")
        qtbot.waitUntil(lambda: "Alice" in texts(page))
    assert scripted.called("add_peer") == [(LINK, "")]


def test_an_invite_that_is_too_old_is_said_beside_the_link(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.refusal = CommandFailed("invite-expired")
    with shown(qtbot, scripted) as window:
        press(there(qtbot, window), "Add by an invite…")
        dialog = one(window, PeerAdd)
        dialog.findChildren(QPlainTextEdit)[0].setPlainText(LINK)
        press(dialog, "Add")
        qtbot.waitUntil(lambda: bool(dialog._field.complaint))
        dialog.reject()


def test_an_open_invite_can_be_withdrawn(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.invited = [InviteRow(4, "Dan", when(hours=5))]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Withdraw")
        qtbot.waitUntil(lambda: "Dan" not in texts(page))
    assert scripted.called("withdraw_invite") == [(4,)]


def test_a_ping_shows_the_new_time_and_one_that_fails_says_why(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Ping Bob")
        qtbot.waitUntil(lambda: "answers in 7.0 ms" in texts(page))
        scripted.refusal = CommandFailed("peer-unreachable")
        press(page, "Ping Bob")
        qtbot.waitUntil(lambda: window._desk.words.failure(CommandFailed("peer-unreachable")) in texts(page))


def test_a_contact_is_renamed_blocked_and_let_in_again(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Rename Bob…")
        dialog = one(window, PeerRename)
        dialog._line.setText("Robert")
        press(dialog, "Rename")
        press(page, "Block Robert")
        press(page, "Unblock Robert")
        press(page, "Ping Robert")
        idle(qtbot, window)
    assert scripted.called("rename_peer") == [(BOB.peer_id, "Robert")]
    assert scripted.called("block_peer") == [(BOB.peer_id, True), (BOB.peer_id, False)]


def test_removing_asks_first_and_enter_keeps(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [BOB]
    with shown(qtbot, scripted) as window:
        page = there(qtbot, window)
        press(page, "Remove Bob…")
        box = one(window, QMessageBox)
        QTest.keyClick(box, Qt.Key.Key_Return)
        idle(qtbot, window)
        assert scripted.called("remove_peer") == []
        press(page, "Remove Bob…")
        next(b for b in one(window, QMessageBox).buttons() if b.text() == "Remove").click()
        qtbot.waitUntil(lambda: "You have no contacts yet" in texts(page))
    assert scripted.called("remove_peer") == [(BOB.peer_id,)]


def test_a_task_given_from_a_contact_is_for_them(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.known = [CLEO, BOB]
    with shown(qtbot, scripted) as window:
        press(there(qtbot, window), "Give a task to Bob…")
        qtbot.waitUntil(lambda: home(qtbot, window)._views.currentIndex() == TASKS)
        dialog = one(window, TaskGive)
        qtbot.waitUntil(lambda: dialog._to.asked() == (BOB.peer_id,))
        dialog.reject()


@pytest.mark.parametrize(
    ("way", "rtt_ms", "said"),
    [
        ("relay", 210.0, "through a contact who relays · reached well (answers in 210 ms)"),
        ("quic", 700.0, "directly over QUIC · reached slowly (answers in 700 ms)"),
        ("tcp", 2500.0, "reached very slowly"),
        ("tcp", None, "There · directly over TCP"),
    ],
)
def test_how_well_somebody_is_reached_is_said_in_words(qtbot: QtBot, way: str, rtt_ms: float | None, said: str) -> None:
    scripted = Scripted("open")
    scripted.known = [peer("Bob", way=way, rtt_ms=rtt_ms)]
    with shown(qtbot, scripted) as window:
        assert said in texts(there(qtbot, window))
