"""Adding a source, and changing one: the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from app.source_results import SourceCheck
from app.views.field import Field
from app.views.source_sheet import SourceSheet
from app.window import Window
from storage.sync import SyncFailed
from tests.gui.scripted import Scripted
from tests.gui.scripted_sources import FOLDERS, source
from tests.gui.shown import one, press, shown, texts
from tests.gui.test_sources import page_of


def line(root: QDialog, name: str) -> QLineEdit:
    [found] = [edit for edit in root.findChildren(QLineEdit) if edit.accessibleName() == name]
    return found


def complaints(root: QDialog) -> list[str]:
    return [field.complaint for field in root.findChildren(Field) if field.complaint]


@contextmanager
def adding(qtbot: QtBot, kind: str, scripted: Scripted) -> Iterator[SourceSheet]:
    """The sheet for a new source of this kind, where its fields are."""
    with shown(qtbot, scripted) as window:
        page_of(qtbot, window, scripted)
        press(window, "Add a source…")
        sheet = one(window, SourceSheet)
        press(sheet, kind)
        yield sheet


@contextmanager
def editing(qtbot: QtBot, scripted: Scripted) -> Iterator[SourceSheet]:
    """The sheet of the first source there is."""
    with shown(qtbot, scripted) as window:
        press(page_of(qtbot, window, scripted), "Edit Source 1")
        yield one(window, SourceSheet)


def window_of(sheet: SourceSheet) -> Window:
    widget: QWidget | None = sheet
    while not isinstance(widget, Window):
        assert widget is not None
        widget = widget.parentWidget()
    return widget


def type_account(sheet: SourceSheet, address: str = "ada@example.org", password: str = "secret") -> None:
    line(sheet, "Mail address").setText(address)
    line(sheet, "Password").setText(password)


def type_feed(sheet: SourceSheet) -> None:
    line(sheet, "Address of the site or of its feed").setText("example.org")


def checked(qtbot: QtBot, sheet: SourceSheet) -> None:
    """Press on, until what was found is offered."""
    press(sheet, "Check and go on")
    qtbot.waitUntil(lambda: bool(sheet.findChildren(QListWidget)))


def added(qtbot: QtBot, sheet: SourceSheet, scripted: Scripted) -> None:
    press(sheet, "Add")
    qtbot.waitUntil(lambda: bool(scripted.called("add_source")))


def test_a_mail_account_needs_address_and_password_alone(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with adding(qtbot, "Mail account", scripted) as sheet:
        type_account(sheet, "ada@gmail.com", "abcd efgh")
        checked(qtbot, sheet)
        window = window_of(sheet)  # the sheet goes away when the source is there
        added(qtbot, sheet, scripted)
        qtbot.waitUntil(lambda: "ada@gmail.com" in texts(window))
    [(kind, name, config, secrets)] = scripted.called("add_source")
    assert (kind, name, secrets) == ("imap", "ada@gmail.com", {"password": "abcd efgh"})
    assert config["host"] == "imap.gmail.com"
    assert (config["port"], config["security"], config["user"]) == (993, "tls", "ada@gmail.com")
    assert config["folders"] == ["INBOX", "Sent"], "what the check proposed"


def test_folders_are_ticked_and_unticked_with_the_keyboard(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with adding(qtbot, "Mail account", scripted) as sheet:
        type_account(sheet)
        QTest.keyClick(line(sheet, "Password"), Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(sheet.findChildren(QListWidget)))
        folders = one(sheet, QListWidget)
        QTest.keyClick(folders, Qt.Key.Key_Space)
        QTest.keyClick(folders, Qt.Key.Key_Down)
        QTest.keyClick(folders, Qt.Key.Key_Down)
        QTest.keyClick(folders, Qt.Key.Key_Space)
        added(qtbot, sheet, scripted)
    assert scripted.called("add_source")[0][2]["folders"] == ["Sent", "Archive"]


def test_an_account_without_a_folder_is_not_added(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.checked = SourceCheck(FOLDERS, ())
    with adding(qtbot, "Mail account", scripted) as sheet:
        type_account(sheet)
        checked(qtbot, sheet)
        press(sheet, "Add")
        assert "Choose at least one." in texts(sheet)
    assert scripted.called("add_source") == []


@pytest.mark.parametrize(
    ("code", "beside"), [("source-auth", "_secret"), ("source-unreachable", "_host"), ("source-tls", "_host")]
)
def test_a_refusal_is_told_beside_the_field_that_can_mend_it(qtbot: QtBot, code: str, beside: str) -> None:
    scripted = Scripted("open")
    scripted.refusal = SyncFailed(code, "It did not work.")
    with adding(qtbot, "Mail account", scripted) as sheet:
        type_account(sheet)
        press(sheet, "Check and go on")
        qtbot.waitUntil(lambda: bool(complaints(sheet)))
        assert len(complaints(sheet)) == 1
        assert getattr(sheet._form, beside).complaint
        scripted.refusal = None
        checked(qtbot, sheet)


def test_what_is_missing_is_said_before_anything_is_asked(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with adding(qtbot, "Mail account", scripted) as sheet:
        press(sheet, "Check and go on")
        assert complaints(sheet) == ["Type your mail address."]
        line(sheet, "Mail address").setText("ada@example.org")
        press(sheet, "Check and go on")
        assert complaints(sheet) == ["Type the password."]
    assert scripted.called("check_source") == []


def test_a_check_can_be_cancelled_and_the_sheet_stays(qtbot: QtBot) -> None:
    import trio

    class Slow(Scripted):
        async def check_source(self, node: object, *args: object) -> SourceCheck:
            return await trio.sleep_forever()

    scripted = Slow("open")
    with adding(qtbot, "News feed", scripted) as sheet:
        type_feed(sheet)
        press(sheet, "Check and go on")
        qtbot.waitUntil(lambda: "Checking that it can be read…" in texts(sheet))
        press(sheet, "Cancel")
        qtbot.waitUntil(lambda: window_of(sheet)._bridge.pending == 0)
        assert sheet.isVisible()
        assert line(sheet, "Address of the site or of its feed").isEnabled()


def test_a_page_with_several_feeds_offers_them(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    feeds = ("https://example.org/news.xml", "https://example.org/comments.xml")
    scripted.checked = SourceCheck(feeds, feeds[:1])
    with adding(qtbot, "News feed", scripted) as sheet:
        type_feed(sheet)
        checked(qtbot, sheet)
        one(sheet, QListWidget).setCurrentRow(1)
        added(qtbot, sheet, scripted)
    assert scripted.called("check_source")[0][1] == {"address": "https://example.org"}
    assert scripted.called("add_source")[0][1:3] == ("example.org", {"address": feeds[1]})


@pytest.mark.parametrize(
    ("kind", "field", "typed", "config", "name"),
    [
        ("Notes folder", "Folder of notes", "/home/ada/My notes", {"path": "/home/ada/My notes"}, "My notes"),
        ("Folder of files", "Folder", "/home/ada/Papers", {"path": "/home/ada/Papers"}, "Papers"),
        ("Contacts", "File of contacts", "/home/ada/all.vcf", {"path": "/home/ada/all.vcf"}, "all"),
        ("Calendar", "File or address of the calendar", "/home/ada/w.ics", {"path": "/home/ada/w.ics"}, "w"),
        ("Calendar", "File or address of the calendar", "webcal://x.org/a", {"address": "webcal://x.org/a"}, "x.org"),
    ],
)
def test_what_needs_no_password_is_added_after_its_check(
    qtbot: QtBot, kind: str, field: str, typed: str, config: dict[str, str], name: str
) -> None:
    scripted = Scripted("open")
    scripted.checked = SourceCheck((), ())
    with adding(qtbot, kind, scripted) as sheet:
        line(sheet, field).setText(typed)
        press(sheet, "Check and go on")
        qtbot.waitUntil(lambda: bool(scripted.called("add_source")))
    assert scripted.called("add_source")[0][1:] == (name, config, {})


def test_changing_an_account_keeps_its_password_unless_one_is_typed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1)]
    with editing(qtbot, scripted) as sheet:
        window = window_of(sheet)  # the sheet goes away when the change is kept
        line(sheet, "Name in the list").setText("Work")
        press(sheet, "Check and go on")
        press(sheet, "Save")
        qtbot.waitUntil(lambda: "Work" in texts(window))
    assert scripted.called("check_source")[0][2:] == ({}, 1), "the vault's own password is tried"
    [(number, name, config, secrets)] = scripted.called("edit_source")
    assert (number, name, secrets) == (1, "Work", {})
    assert config["folders"] == ["INBOX", "Sent"]


def test_the_folders_chosen_before_are_ticked_when_an_account_is_changed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [
        source(1, config={"host": "h.example.org", "user": "ada", "folders": ["Archive", "Gone"], "ca_file": "/c"})
    ]
    with editing(qtbot, scripted) as sheet:
        line(sheet, "Password").setText("new one")
        checked(qtbot, sheet)
        press(sheet, "Save")
        qtbot.waitUntil(lambda: bool(scripted.called("edit_source")))
    [(_, _, config, secrets)] = scripted.called("edit_source")
    assert config["folders"] == ["Archive", "Gone"]
    assert config["ca_file"] == "/c", "what the form does not show is kept"
    assert secrets == {"password": "new one"}


def test_going_back_keeps_what_was_typed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with adding(qtbot, "Mail account", scripted) as sheet:
        type_account(sheet)
        checked(qtbot, sheet)
        press(sheet, "Back")
        assert line(sheet, "Mail address").text() == "ada@example.org"
        press(sheet, "Back")
        press(sheet, "News feed")
        assert line(sheet, "Address of the site or of its feed").isVisible()


def test_locking_closes_the_sheet_with_its_password(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with adding(qtbot, "Mail account", scripted) as sheet:
        line(sheet, "Password").setText("secret-canary")
        window = window_of(sheet)
        window.lock()
        qtbot.waitUntil(lambda: not window.findChildren(SourceSheet))


def test_a_failure_the_program_did_not_foresee_is_told_too(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.refusal = KeyError("a title that nobody should see")
    with adding(qtbot, "News feed", scripted) as sheet:
        type_feed(sheet)
        press(sheet, "Check and go on")
        qtbot.waitUntil(lambda: "Something went wrong inside Nuée (KeyError)" in texts(sheet))
