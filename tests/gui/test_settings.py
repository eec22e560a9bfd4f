"""Settings: what opens the vault, when it locks, the proof, backups; restoring on first start."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLineEdit, QMessageBox, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.interop_results import McpServerRow
from app.views.backup import Backup
from app.views.home import CHAT, SETTINGS
from app.views.input import EVERY, Input
from app.views.proof import Proof
from app.views.recovery_phrase import RecoveryPhrase
from app.views.restore import Restore
from app.views.secrets import AskNewPhrase, ChangePassphrase, NewPhraseShown
from app.views.settings import Settings
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_vault import LEAK, PASSPHRASE, PHRASE
from tests.gui.shown import home, one, press, shown, texts

NEW = "walnut harbour seventeen tractor"
CURRENT = "Passphrase now, or recovery phrase"


def settings_of(qtbot: QtBot, window: Window) -> Settings:
    page = home(qtbot, window)
    page.turn_to(SETTINGS)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.settings


def put(root: QDialog | Restore, name: str, text: str) -> None:
    [line] = [edit for edit in root.findChildren(QLineEdit) if edit.accessibleName() == name]
    line.setText(text)


def visible(root: QDialog) -> list[str]:
    return [b.accessibleName() for b in root.findChildren(QAbstractButton) if b.isVisible() and b.accessibleName()]


# -- what opens the vault ----------------------------------------------------------------------------------------------


def change(qtbot: QtBot, window: Window, now: str, new: str, again: str) -> ChangePassphrase:
    press(settings_of(qtbot, window), "Change the passphrase…")
    dialog = one(window, ChangePassphrase)
    put(dialog, CURRENT, now)
    put(dialog, "Passphrase", new)
    put(dialog, "The same passphrase again", again)
    press(dialog, "Change")
    return dialog


def test_the_passphrase_is_changed_with_the_one_before(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        dialog = change(qtbot, window, PASSPHRASE, NEW, NEW)
        qtbot.waitUntil(lambda: visible(dialog) == ["Close"])
        assert "The passphrase is changed." in texts(dialog)
        assert NEW not in texts(dialog)
    assert scripted.called("change_passphrase") == [(PASSPHRASE, NEW)]


def test_a_wrong_passphrase_changes_nothing_and_is_said(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        dialog = change(qtbot, window, "not it", NEW, NEW)
        qtbot.waitUntil(lambda: "This is not the passphrase" in texts(dialog))
        assert "Change" in visible(dialog)


@pytest.mark.parametrize(
    ("now", "new", "again", "sentence"),
    [
        ("", NEW, NEW, "Type the passphrase or the recovery phrase."),
        (PASSPHRASE, "Password1", "Password1", "too easy to guess"),
        (PASSPHRASE, NEW, NEW + "x", "The two passphrases differ."),
    ],
)
def test_what_cannot_be_meant_is_not_sent(qtbot: QtBot, now: str, new: str, again: str, sentence: str) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        assert sentence in texts(change(qtbot, window, now, new, again))
    assert scripted.called("change_passphrase") == []


def test_a_new_recovery_phrase_is_shown_once_and_asked_back(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        press(settings_of(qtbot, window), "New recovery phrase…")
        dialog = one(window, AskNewPhrase)
        put(dialog, CURRENT, PASSPHRASE)
        press(dialog, "Make a new phrase")
        qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryPhrase)))
        page = one(window, RecoveryPhrase)
        assert all(word in texts(page) for word in PHRASE.split())
        QTest.keyClick(one(window, NewPhraseShown), Qt.Key.Key_Escape)
        assert one(window, NewPhraseShown).isVisible(), "Escape would lose the only phrase that opens the vault"
        press(page, "I have written them down")
        for field in page.findChildren(QLineEdit):
            field.setText(PHRASE.split()[int(field.accessibleName().split()[-1]) - 1])
        press(page, "Confirm")
        qtbot.waitUntil(lambda: not window.findChildren(RecoveryPhrase))
    assert scripted.called("new_recovery_phrase") == [(PASSPHRASE,)]


def test_a_new_phrase_without_the_secret_of_now_says_what_is_missing(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        press(settings_of(qtbot, window), "New recovery phrase…")
        press(one(window, AskNewPhrase), "Make a new phrase")
        assert "Type the passphrase or the recovery phrase." in texts(one(window, AskNewPhrase))
    assert scripted.called("new_recovery_phrase") == []


def test_locking_takes_a_shown_phrase_away(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        press(settings_of(qtbot, window), "New recovery phrase…")
        put(one(window, AskNewPhrase), CURRENT, PASSPHRASE)
        press(one(window, AskNewPhrase), "Make a new phrase")
        qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryPhrase)))
        window.lock()
        qtbot.waitUntil(lambda: not window.findChildren(RecoveryPhrase))


# -- locking by itself -------------------------------------------------------------------------------------------------


def lock_after(settings: Settings) -> QComboBox:
    return settings._security._lock


def test_the_time_until_locking_is_stored(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        box = lock_after(settings_of(qtbot, window))
        assert box.currentText() == "After 15 minutes", "what applies where nothing was chosen"
        box.setCurrentIndex(box.findText("Never"))
        box.activated.emit(box.currentIndex())
        qtbot.waitUntil(lambda: scripted.settings.get("lock_after_minutes") == 0)


def test_a_time_that_was_set_elsewhere_is_shown(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.settings["lock_after_minutes"] = 7
    with shown(qtbot, scripted) as window:
        assert lock_after(settings_of(qtbot, window)).currentText() == "After 7 minutes"


def test_input_is_reported_and_not_more_often_than_needed(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    now = [1000.0]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(CHAT)
        watch = Input(window._bridge, lambda: window.home is not None, lambda: now[0])
        watch.setParent(window)
        handle = window.windowHandle()
        watch._watch(handle)
        window._input.deleteLater()
        qtbot.wait(20)
        scripted.calls.clear()
        for _ in range(5):
            QTest.keyClick(handle, Qt.Key.Key_A)
        qtbot.waitUntil(lambda: len(scripted.called("touch")) == 1)
        now[0] += EVERY
        QTest.keyClick(handle, Qt.Key.Key_A)
        qtbot.waitUntil(lambda: len(scripted.called("touch")) == 2)
        window.lock()
        now[0] += EVERY
        QTest.keyClick(handle, Qt.Key.Key_A)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert len(scripted.called("touch")) == 2, "a locked window reports nothing"


# -- the proof ---------------------------------------------------------------------------------------------------------


def test_the_proof_explains_itself_works_and_says_what_it_found(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        press(settings_of(qtbot, window), "Prove that nothing leaks…")
        dialog = one(window, Proof)
        assert "throw-away vault" in texts(dialog)
        assert scripted.called("prove") == []
        press(dialog, "Begin")
        qtbot.waitUntil(lambda: "3 of 14" in texts(dialog))
        window._bridge.submit(window, lambda _: _let(scripted))
        qtbot.waitUntil(lambda: "Nothing leaked." in texts(dialog))
        assert "214 files (38.0 MB) were searched for 61 marks" in texts(dialog)
        assert "Tried: making a vault, importing, searching and asking, forgetting, something new." in texts(dialog)
        assert not one(dialog, QPlainTextEdit).isVisible()


async def _let(scripted: Scripted) -> None:
    scripted.proving.set()


def test_a_leak_is_told_with_its_file(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.proof = LEAK
    with shown(qtbot, scripted) as window:
        press(settings_of(qtbot, window), "Prove that nothing leaks…")
        dialog = one(window, Proof)
        press(dialog, "Begin")
        window._bridge.submit(window, lambda _: _let(scripted))
        qtbot.waitUntil(lambda: "Something leaked." in texts(dialog))
        assert "text of a mail in /tmp/x/cache.db" in one(dialog, QPlainTextEdit).toPlainText()
        assert one(dialog, QPlainTextEdit).isVisible()


def test_a_proof_can_be_cancelled(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        press(settings_of(qtbot, window), "Prove that nothing leaks…")
        dialog = one(window, Proof)
        press(dialog, "Begin")
        press(dialog, "Cancel")
        qtbot.waitUntil(lambda: "Prove again" in visible(dialog))
        assert dialog.isVisible()


# -- backup and restoring ----------------------------------------------------------------------------------------------


def test_a_backup_is_made_with_the_secret_of_the_vault(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        press(settings_of(qtbot, window), "Make a backup…")
        dialog = one(window, Backup)
        press(dialog, "Choose where…")
        assert "Type the passphrase or the recovery phrase." in texts(dialog)
        put(dialog, "Passphrase or recovery phrase of this vault", PASSPHRASE)
        dialog._write(["/tmp/a.nuee-backup"])
        qtbot.waitUntil(lambda: "80 records are in /tmp/a.nuee-backup (4.3 MB), encrypted" in texts(dialog))
        assert PASSPHRASE not in texts(dialog)
    assert scripted.called("export_archive") == [("/tmp/a.nuee-backup", PASSPHRASE)]


def test_open_formats_come_with_a_warning(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        press(settings_of(qtbot, window), "Make a backup…")
        dialog = one(window, Backup)
        assert not dialog._warning.isVisible()
        press(dialog, "In open formats, for other programs")
        assert dialog._warning.isVisible()
        dialog._write(["/tmp/folder"])
        qtbot.waitUntil(lambda: "not encrypted." in texts(dialog))
    assert scripted.called("export_open") == [("/tmp/folder",)]


def test_a_wrong_secret_makes_no_backup(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        press(settings_of(qtbot, window), "Make a backup…")
        dialog = one(window, Backup)
        put(dialog, "Passphrase or recovery phrase of this vault", "wrong")
        dialog._write(["/tmp/a.nuee-backup"])
        qtbot.waitUntil(lambda: "This is not the passphrase" in texts(dialog))


def test_a_backup_is_restored_on_first_start(qtbot: QtBot) -> None:
    scripted = Scripted("absent")
    with shown(qtbot, scripted) as window:
        press(window, "Restore from a backup…")
        page = one(window, Restore)
        put(page, "Backup file", "/media/usb/nuee.nuee-backup")
        put(page, "Passphrase or recovery phrase it was made with", PASSPHRASE)
        press(page, "Restore")
        home(qtbot, window)
    assert scripted.called("restore_archive") == [("/media/usb/nuee.nuee-backup", PASSPHRASE)]


def test_a_backup_that_does_not_open_leaves_everything_as_it_was(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("absent")) as window:
        press(window, "Restore from a backup…")
        page = one(window, Restore)
        put(page, "Backup file", "/media/usb/nuee.nuee-backup")
        put(page, "Passphrase or recovery phrase it was made with", "wrong")
        press(page, "Restore")
        qtbot.waitUntil(lambda: "This is not the passphrase" in texts(page))
        press(page, "Back")
        press(window, "Begin")


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_the_settings_say_what_the_vault_holds(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        said = texts(settings_of(qtbot, window))
        assert "4.2 MB" in said
        assert "250 messages" in said


def test_reading_on_battery_can_be_switched_off(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        settings = settings_of(qtbot, window)
        assert settings._battery.isChecked()
        settings._battery.click()
        qtbot.waitUntil(lambda: scripted.settings.get("sync_on_battery") is False)


# -- other programs ----------------------------------------------------------------------------------------------------


def test_nothing_is_offered_to_other_programs_until_it_is_turned_on(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS)
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        model = page.settings._endpoint._switches["model"]
        assert not model.switch.isChecked()
        assert not model.copy.isVisible()
        model.switch.click()
        qtbot.waitUntil(lambda: "http://127.0.0.1:8420/v1" in texts(model))
        assert scripted.called("set_endpoint") == [(True, "model")]


def test_a_token_goes_to_the_clipboard_and_is_never_shown(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.on = frozenset({"mcp"})
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS)
        press(page.settings, "Copy the token")
        qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == "nuee-token-of-mcp")
        assert "nuee-token-of-mcp" not in texts(window)
        assert scripted.called("endpoint_token") == [(False, "mcp")]


def test_a_server_is_removed_after_a_question(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.servers = [McpServerRow("weather", "stdio", "weather-mcp --metric", 3)]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS)
        qtbot.waitUntil(lambda: "weather-mcp --metric · 3 tools agreed to" in texts(page.settings))
        press(page.settings, "Remove the server weather")
        box = one(window, QMessageBox)
        assert scripted.called("remove_mcp") == []
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Remove").click()
        qtbot.waitUntil(lambda: scripted.called("remove_mcp") == [("weather",)])
