"""Sending from the window: accounts that send, drafts that are edited and sent, and who the person is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QDialog, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.results import CommandFailed
from app.skill_results import DraftRow
from app.views.approval_card import HOLD_MS
from app.views.approvals import DRAFTS
from app.views.draft_edit import DraftEdit
from app.views.draft_send import DraftSend
from app.views.field import Field
from app.views.home import APPROVALS, SETTINGS, SOURCES
from app.views.mail_server import guess_sending
from app.views.personal import Personal
from app.views.source_card import SourceCard
from app.views.source_sheet import SourceSheet
from app.window import Window
from storage.drafts import Message
from storage.sources.smtp import SendFailed
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import when
from tests.gui.scripted_sources import source
from tests.gui.shown import home, one, press, shown, texts

LETTER = "Gladly, at noon.\n\nMax\n"
MESSAGE = Message(("ada@example.net",), "Lunch", LETTER)
DRAFT = DraftRow(
    5, MESSAGE.to, MESSAGE.subject, LETTER, "", "reply", when(hours=-1), (), "Max <max@example.org>",
    (("To", "ada@example.net"), ("Subject", "Lunch"), ("Text", LETTER)), "digest-5",
)  # fmt: skip
ACCOUNT = {"host": "imap.example.org", "port": 993, "security": "tls", "user": "max@example.org", "folders": ["INBOX"]}


def line(root: QWidget, name: str) -> QLineEdit:
    [found] = [edit for edit in root.findChildren(QLineEdit) if edit.accessibleName() == name]
    return found


def box(root: QWidget, name: str) -> QComboBox:
    [found] = [one for one in root.findChildren(QComboBox) if one.accessibleName() == name]
    return found


def complaints(root: QWidget) -> list[str]:
    return [field.complaint for field in root.findChildren(Field) if field.complaint]


# -- an account that sends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("imap", "found"),
    [
        ("imap.example.org", ("smtp.example.org", "tls")),
        ("imap.mail.me.com", ("smtp.mail.me.com", "starttls")),
        ("outlook.office365.com", ("smtp.office365.com", "starttls")),
        ("mail.example.org", ("mail.example.org", "tls")),
        ("", ("", "tls")),
    ],
)
def test_the_server_for_outgoing_mail_is_guessed_from_the_other(imap: str, found: tuple[str, str]) -> None:
    assert guess_sending(imap) == found


def mail_sheet(qtbot: QtBot, window: Window) -> SourceSheet:
    home(qtbot, window).turn_to(SOURCES)
    press(window, "Add a source…")
    sheet = one(window, SourceSheet)
    press(sheet, "Mail account")
    line(sheet, "Password").setText("abcd")
    return sheet


def switch(sheet: QDialog, on: bool = True) -> None:
    [found] = [b for b in sheet.findChildren(QCheckBox) if b.accessibleName() == "Send mail through this account"]
    found.setChecked(on)


def checked(qtbot: QtBot, scripted: Scripted, sheet: SourceSheet) -> dict[str, Any]:
    """The settings that the form asked to check."""
    press(sheet, "Check and go on")
    qtbot.waitUntil(lambda: bool(scripted.called("check_source")))
    config = scripted.called("check_source")[0][1]
    assert isinstance(config, dict)
    qtbot.waitUntil(lambda: sheet._job is None)
    sheet.reject()
    return config


def sending_of(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key.startswith("smtp_") or key == "address"}


def test_sending_is_off_until_it_is_switched_on(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        sheet = mail_sheet(qtbot, window)
        line(sheet, "Mail address").setText("ada@example.org")
        assert sending_of(checked(qtbot, scripted, sheet)) == {}


def test_what_is_not_typed_is_proposed_from_the_address(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        sheet = mail_sheet(qtbot, window)
        line(sheet, "Mail address").setText("ada@icloud.com")
        switch(sheet)
        found = sending_of(checked(qtbot, scripted, sheet))
    assert found == {"smtp_host": "smtp.mail.me.com", "smtp_port": 587, "smtp_security": "starttls"}


def test_a_choice_made_by_hand_stays_when_the_server_is_typed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        sheet = mail_sheet(qtbot, window)
        switch(sheet)
        security = box(sheet, "Connection for sending")
        security.setCurrentIndex(security.findData("starttls"))
        security.activated.emit(security.currentIndex())
        line(sheet, "Mail address").setText("ada@example.org")
        line(sheet, "Server for outgoing mail (SMTP)").setText("out.example.org")
        line(sheet, "User name for sending").setText("ada-out")
        line(sheet, "Address that mail comes from").setText("ada@home.example")
        found = sending_of(checked(qtbot, scripted, sheet))
    assert found == {
        "smtp_host": "out.example.org",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "smtp_user": "ada-out",
        "address": "ada@home.example",
    }


def test_a_port_that_is_none_is_said_beside_it(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        sheet = mail_sheet(qtbot, window)
        line(sheet, "Mail address").setText("ada@example.org")
        switch(sheet)
        line(sheet, "Port for sending").setText("many")
        press(sheet, "Check and go on")
        assert complaints(sheet) == ["A port is a number from 1 to 65535."]
        sheet.reject()
    assert not scripted.called("check_source")


def test_an_account_shows_how_it_sends_and_can_stop_sending(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    kept = {**ACCOUNT, "smtp_host": "out.example.org", "smtp_port": 2525, "smtp_security": "starttls"}
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        sheet = SourceSheet(page._desk, window, source(1, "imap", config=kept))
        sheet.open()
        assert line(sheet, "Server for outgoing mail (SMTP)").text() == "out.example.org"
        assert line(sheet, "Port for sending").text() == "2525"
        switch(sheet, False)
        found = checked(qtbot, scripted, sheet)
    assert (sending_of(found), found["host"]) == ({}, "imap.example.org")


def card_of(qtbot: QtBot, window: Window, scripted: Scripted, config: dict[str, Any]) -> SourceCard:
    scripted.found = [source(1, "imap", name="Work", config=config)]
    page = home(qtbot, window)
    page.turn_to(SOURCES)
    qtbot.waitUntil(lambda: bool(page.sources._cards))
    return page.sources._cards[1]


def test_an_account_that_sends_is_tried_with_a_mail_to_oneself(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        card = card_of(qtbot, window, scripted, {**ACCOUNT, "smtp_host": "out.example.org"})
        press(card, "Send a test mail to yourself through Work")
        qtbot.waitUntil(lambda: "The server took a mail to max@example.org." in texts(card))
        assert scripted.called("try_sending") == [(1,)]


def test_what_the_server_says_against_it_stands_on_the_card_and_it_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.refusal = SendFailed("send-auth", "The server does not accept the password.")
    with shown(qtbot, scripted) as window:
        card = card_of(qtbot, window, scripted, {**ACCOUNT, "smtp_host": "out.example.org"})
        press(card, "Send a test mail to yourself through Work")
        qtbot.waitUntil(lambda: "The server does not accept the password." in texts(card))
        assert card._try.isEnabled()


def test_an_account_that_only_reads_is_not_tried(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        assert not card_of(qtbot, window, scripted, ACCOUNT)._try.isVisible()


# -- drafts ------------------------------------------------------------------------------------------------------------


def drafts_of(qtbot: QtBot, window: Window, scripted: Scripted, *drafts: DraftRow) -> None:
    scripted.drafted = list(drafts)
    page = home(qtbot, window)
    page.turn_to(APPROVALS)
    page.approvals._tabs.turn_to(DRAFTS)
    qtbot.waitUntil(lambda: LETTER.split("\n")[0] in texts(page.approvals.drafts))


def test_the_list_spells_out_what_would_be_invisible_in_a_draft(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    hidden = replace(DRAFT, to=("ada@example.net\u200b",), subject="Lu\u202enc\x1b[2Jh", text=LETTER + "\u2066")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, hidden)
        said = texts(window)
        assert all(part in said for part in ("ada@example.net⟦U+200B⟧", "Lu⟦U+202E⟧nc⟦U+001B⟧[2Jh", "⟦U+2066⟧"))


def ready(qtbot: QtBot, dialog: QDialog, name: str) -> QAbstractButton:
    [found] = [b for b in dialog.findChildren(QAbstractButton) if b.accessibleName() == name]
    qtbot.waitUntil(found.isEnabled, timeout=5 * HOLD_MS)
    return found


def test_the_whole_mail_and_the_account_are_shown_and_that_is_what_goes(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, DRAFT)
        press(window, "Send…")
        dialog = one(window, DraftSend)
        seen = texts(dialog)
        assert all(said in seen for said in ("Max <max@example.org>", "ada@example.net", "Lunch", LETTER.strip()))
        ready(qtbot, dialog, "Send it").click()
        qtbot.waitUntil(lambda: bool(scripted.called("send_draft")))
        qtbot.waitUntil(lambda: "No drafts" in texts(window))
    assert scripted.called("send_draft") == [(5, "digest-5")]


def test_nobody_sends_what_appeared_under_their_hand(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, DRAFT)
        press(window, "Send…")
        dialog = one(window, DraftSend)
        press(dialog, "Send it")
        qtbot.wait(50)
        assert not scripted.called("send_draft")
        dialog.reject()


def test_what_the_server_refused_is_told_and_can_be_tried_again(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, DRAFT)
        scripted.sending = CommandFailed("draft-not-sent", reason="The server said no.")
        press(window, "Send…")
        dialog = one(window, DraftSend)
        ready(qtbot, dialog, "Send it").click()
        qtbot.waitUntil(lambda: "still a draft. The server said no." in texts(dialog))
        scripted.sending = None
        press(dialog, "Try again")
        qtbot.waitUntil(lambda: not scripted.drafted)


def test_what_may_have_been_sent_is_not_offered_again(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, DRAFT)
        scripted.sending = CommandFailed("draft-perhaps")
        press(window, "Send…")
        dialog = one(window, DraftSend)
        send = ready(qtbot, dialog, "Send it")
        send.click()
        qtbot.waitUntil(lambda: "Nobody knows whether it was sent" in texts(dialog))
        assert not send.isVisible()
        dialog.reject()


def test_without_an_account_that_sends_its_form_is_opened_where_sending_is_set_up(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1, "feed"), source(2, "imap", config=ACCOUNT)]
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, replace(DRAFT, sender=""))
        press(window, "Send…")
        assert "No mail account is set up for sending" in texts(one(window, DraftSend))
        press(one(window, DraftSend), "Set up an account…")
        qtbot.waitUntil(lambda: bool(window.findChildren(SourceSheet)))
        sheet = one(window, SourceSheet)
        assert line(sheet, "Server for outgoing mail (SMTP)").placeholderText() == "smtp.example.org"
        assert line(sheet, "Server for outgoing mail (SMTP)").isVisible()
        sheet.reject()


def test_without_any_account_a_new_one_is_described(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        home(qtbot, window)._set_up_sending()
        qtbot.waitUntil(lambda: bool(window.findChildren(SourceSheet)))
        sheet = one(window, SourceSheet)
        assert line(sheet, "Mail address").isVisible()
        assert line(sheet, "Server for outgoing mail (SMTP)").isVisible()
        sheet.reject()


def test_a_draft_is_put_in_the_persons_own_words(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, DRAFT)
        press(window, "Edit…")
        dialog = one(window, DraftEdit)
        line(dialog, "Copy to").setText("bob@example.org; eve@example.org,")
        line(dialog, "Subject").setText("Dinner")
        one(dialog, QPlainTextEdit).setPlainText("At seven.")
        press(dialog, "Save the draft")
        qtbot.waitUntil(lambda: "At seven." in texts(home(qtbot, window).approvals.drafts))
    copies = ("bob@example.org", "eve@example.org")
    assert scripted.called("edit_draft") == [(5, "Dinner", "At seven.", ("ada@example.net",), copies)]


def test_an_address_that_is_none_is_said_beside_its_field(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        drafts_of(qtbot, window, scripted, DRAFT)
        scripted.sending = CommandFailed("draft-address", address="bob")
        press(window, "Edit…")
        dialog = one(window, DraftEdit)
        line(dialog, "Copy to").setText("bob")
        press(dialog, "Save the draft")
        qtbot.waitUntil(lambda: complaints(dialog) == ["“bob” is not a mail address."])
        assert dialog._cc.complaint
        dialog.reject()


# -- the person --------------------------------------------------------------------------------------------------------


def personal_of(qtbot: QtBot, window: Window) -> Personal:
    page = home(qtbot, window)
    page.turn_to(SETTINGS)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return one(page.settings, Personal)


def put(part: Personal, name: str, text: str) -> None:
    edit = line(part, name)
    edit.setText(text)
    edit.editingFinished.emit()


def test_what_was_never_set_is_shown_as_it_counts(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        part = personal_of(qtbot, window)
        names = ("Your name", "Days that a question waits for you", "The most for one payment", "The most in a day")
        assert [line(part, name).text() for name in names] == ["", "7", "0", "0"]


def test_a_setting_is_stored_when_the_cursor_leaves_it(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        part = personal_of(qtbot, window)
        put(part, "Your name", "Ada Byron")
        qtbot.waitUntil(lambda: "Saved: Your name." in texts(part))
        put(part, "The most in a day", "0")
        qtbot.wait(50)
    assert scripted.settings == {"my_name": "Ada Byron"}, "and nothing that was not changed"


def test_what_cannot_be_meant_is_said_beneath_the_field(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = Scripted("open")

    async def refuse(*_: object) -> None:
        raise CommandFailed("setting-days", most=365)

    monkeypatch.setattr(scripted, "set_setting", refuse)
    with shown(qtbot, scripted) as window:
        part = personal_of(qtbot, window)
        put(part, "Days that a question waits for you", "soon")
        qtbot.waitUntil(
            lambda: complaints(part) == ["The days that a question waits are a whole number from 1 to 365."]
        )
