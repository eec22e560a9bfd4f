"""From nothing to the first chat."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.views.bring_mail import BringMail
from app.views.create_vault import CreateVault
from app.views.recovery_phrase import RecoveryPhrase
from app.views.secret_field import SecretField
from app.views.welcome import Welcome
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_vault import PASSPHRASE, PHRASE
from tests.gui.shown import home, one, press, shown, texts


def type_passphrases(window: Window, first: str, second: str) -> None:
    page = one(window, CreateVault)
    for field, secret in zip(page.findChildren(SecretField), (first, second), strict=True):
        field.findChildren(QLineEdit)[0].setText(secret)
    press(window, "Create vault")


def to_creation(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: bool(window.findChildren(Welcome)))
    press(window, "Begin")


def to_phrase(qtbot: QtBot, window: Window) -> RecoveryPhrase:
    to_creation(qtbot, window)
    type_passphrases(window, PASSPHRASE, PASSPHRASE)
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryPhrase)))
    return one(window, RecoveryPhrase)


def answer(page: RecoveryPhrase, wrong: bool = False) -> None:
    words = PHRASE.split()
    for field in page.findChildren(QLineEdit):
        number = int(field.accessibleName().split()[-1])
        field.setText("nothing" if wrong else f" {words[number - 1].upper()} ")
    press(page, "Confirm")


def test_a_person_gets_from_welcome_to_the_chat(qtbot: QtBot) -> None:
    scripted = Scripted("absent")
    with shown(qtbot, scripted) as window:
        page = to_phrase(qtbot, window)
        assert all(word in texts(page) for word in PHRASE.split())
        press(window, "I have written them down")
        answer(page)
        qtbot.waitUntil(lambda: bool(window.findChildren(BringMail)))
        press(window, "Import the sample mailbox")
        home(qtbot, window)
    assert scripted.called("create") == [(PASSPHRASE,)]
    assert scripted.called("import_sample") == [()]


def test_a_weak_passphrase_is_refused_with_the_reason(qtbot: QtBot) -> None:
    scripted = Scripted("absent")
    with shown(qtbot, scripted) as window:
        to_creation(qtbot, window)
        type_passphrases(window, "Password1", "Password1")
        assert "too easy to guess" in texts(window)
        assert "This is a very common password." in texts(window)
    assert scripted.called("create") == []


def test_two_different_passphrases_are_refused(qtbot: QtBot) -> None:
    scripted = Scripted("absent")
    with shown(qtbot, scripted) as window:
        to_creation(qtbot, window)
        type_passphrases(window, PASSPHRASE, PASSPHRASE + "x")
        assert "The two passphrases differ." in texts(window)
    assert scripted.called("create") == []


def test_a_wrong_word_of_the_phrase_is_not_accepted(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("absent")) as window:
        page = to_phrase(qtbot, window)
        press(window, "I have written them down")
        answer(page, wrong=True)
        assert "is a different one" in texts(page)
        assert not window.findChildren(BringMail)


def test_the_phrase_is_gone_once_it_was_confirmed(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("absent")) as window:
        page = to_phrase(qtbot, window)
        press(window, "I have written them down")
        answer(page)
        qtbot.waitUntil(lambda: not window.findChildren(RecoveryPhrase))
        assert PHRASE.split()[0] not in texts(window)


def test_a_cancelled_import_leaves_both_choices(qtbot: QtBot) -> None:
    scripted = Scripted("absent")
    scripted.held = True
    with shown(qtbot, scripted) as window:
        page = to_phrase(qtbot, window)
        press(window, "I have written them down")
        answer(page)
        qtbot.waitUntil(lambda: bool(window.findChildren(BringMail)))
        press(window, "Import the sample mailbox")
        qtbot.waitUntil(lambda: "Reading" in texts(window))
        press(window, "Cancel")
        qtbot.waitUntil(lambda: "Import cancelled" in texts(window))
        press(window, "Later")
        home(qtbot, window)


def test_the_welcome_speaks_french(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("absent"), "fr") as window:
        qtbot.waitUntil(lambda: bool(window.findChildren(Welcome)))
        assert "Tout reste ici, chiffré" in texts(window)
