"""The window over the real node: real vault, real key file, the sample mailbox; no language model."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.catalogs import bundled
from app.serving import open_serving
from app.views.approvals import RULES
from app.views.bring_mail import BringMail
from app.views.create_vault import CreateVault
from app.views.forget import Forget
from app.views.home import ACTIVITY, APPROVALS, LIBRARY, MEMORY, SETTINGS, SKILLS, SOURCES, TIMELINE
from app.views.recovery_phrase import RecoveryPhrase
from app.views.secret_field import SecretField
from app.views.source_sheet import SourceSheet
from app.views.unlock import Unlock
from app.views.welcome import Welcome
from app.window import Window
from tests.gui.shown import home, one, press, texts, window_over

PASSPHRASE = "gravel otter lantern seventeen"
SLOW = 60_000  # milliseconds; worker processes start, Argon2id runs


def bridge_at(folder: Path) -> Bridge:
    return Bridge(folder, open_node=open_serving)


def create(qtbot: QtBot, window: Window) -> str:
    """Through the first start to the choice of mail; the recovery phrase."""
    qtbot.waitUntil(lambda: bool(window.findChildren(Welcome)), timeout=SLOW)
    press(window, "Begin")
    for secret in one(window, CreateVault).findChildren(SecretField):
        secret.findChildren(QLineEdit)[0].setText(PASSPHRASE)
    press(window, "Create vault")
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryPhrase)), timeout=SLOW)
    page = one(window, RecoveryPhrase)
    phrase = page._phrase
    press(window, "I have written them down")
    for field in page.findChildren(QLineEdit):
        field.setText(phrase.split()[int(field.accessibleName().split()[-1]) - 1])
    press(window, "Confirm")
    qtbot.waitUntil(lambda: bool(window.findChildren(BringMail)))
    return phrase


def unlock(qtbot: QtBot, window: Window, secret: str) -> None:
    qtbot.waitUntil(lambda: isinstance(window.centralWidget(), Unlock), timeout=SLOW)
    page = one(window, Unlock)
    qtbot.waitUntil(lambda: page.isVisible() and page._unlock.isEnabled(), timeout=SLOW)
    one(window, SecretField).findChildren(QLineEdit)[0].setText(secret)
    press(window, "Unlock")


@pytest.mark.timeout(300)
def test_a_vault_made_in_the_window_opens_again_with_both_secrets(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    with window_over(qtbot, bridge_at(folder)) as window:
        phrase = create(qtbot, window)
        press(window, "Import the sample mailbox")
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        library = home(qtbot, window).library
        qtbot.waitUntil(lambda: library._model.total == 80, timeout=SLOW)
        library._search.setText("Lighthouse Ledger")
        qtbot.waitUntil(lambda: 0 < library._model.rowCount() < 80, timeout=SLOW)
        line = library._model.line(0)
        page = home(qtbot, window)
        page.open_record(line.id, line.start, line.end)
        qtbot.waitUntil(lambda: bool(page.reader.marked_text()), timeout=SLOW)
        window.lock()
        unlock(qtbot, window, "not this one")
        qtbot.waitUntil(lambda: "This is not the passphrase" in texts(window), timeout=SLOW)
        unlock(qtbot, window, PASSPHRASE)
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)

    with window_over(qtbot, bridge_at(folder)) as window:
        unlock(qtbot, window, phrase)
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        qtbot.waitUntil(lambda: home(qtbot, window).library._model.total == 80, timeout=SLOW)


@pytest.mark.timeout(300)
def test_a_folder_of_notes_is_added_read_and_what_is_forgotten_of_it_stays_away(qtbot: QtBot, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "Birds.md").write_text("See [[Cormorants]].\n")
    (notes / "Cormorants.md").write_text("They dive.\n")
    with window_over(qtbot, bridge_at(tmp_path / "profile")) as window:
        create(qtbot, window)
        press(window, "Later")
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        page = home(qtbot, window)
        page.turn_to(SOURCES)
        press(window, "Add a source…")
        sheet = one(window, SourceSheet)
        press(sheet, "Notes folder")
        sheet.findChildren(QLineEdit)[0].setText(str(notes))
        press(sheet, "Check and go on")
        qtbot.waitUntil(
            lambda: "2 records" in texts(page.sources) and "Up to date" in texts(page.sources), timeout=SLOW
        )
        page.turn_to(TIMELINE)
        qtbot.waitUntil(lambda: "2 notes" in texts(page.timeline), timeout=SLOW)
        page.turn_to(LIBRARY)
        page.library._search.setText("source:notes kind:note")
        qtbot.waitUntil(lambda: page.library._model.total == 2, timeout=SLOW)
        titles = {page.library._model.line(row).title: row for row in range(2)}
        page.open_record(page.library._model.line(titles["Birds"]).id)
        qtbot.waitUntil(lambda: "Cormorants" in texts(page.reader), timeout=SLOW)
        press(page.reader, "Forget…")
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Forget 1 record?" in texts(dialog), timeout=SLOW)
        press(dialog, "Forget for good")
        qtbot.waitUntil(lambda: page.library._model.total == 1, timeout=SLOW)
        page.turn_to(SOURCES)
        press(page.sources, "Read notes now")
        qtbot.waitUntil(lambda: "1 record " in texts(page.sources) and not page.sources._syncs, timeout=SLOW)


@pytest.mark.timeout(120)
def test_a_profile_has_one_window(qtbot: QtBot, tmp_path: Path) -> None:
    with window_over(qtbot, bridge_at(tmp_path)) as first:
        qtbot.waitUntil(lambda: bool(first.findChildren(Welcome)), timeout=SLOW)
        with window_over(qtbot, bridge_at(tmp_path)) as second:
            qtbot.waitUntil(lambda: "Another Nuée is using" in texts(second), timeout=SLOW)


@pytest.mark.timeout(300)
def test_what_skills_are_and_remember_comes_from_the_real_node(qtbot: QtBot, tmp_path: Path) -> None:
    with window_over(qtbot, bridge_at(tmp_path / "profile")) as window:
        create(qtbot, window)
        press(window, "Later")
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        page = home(qtbot, window)
        window._bridge.submit(window, bundled.settle)
        page.turn_to(SKILLS)
        qtbot.waitUntil(lambda: "came with Nuée" in texts(page.skills.installed), timeout=SLOW)
        page.skills.open_skill("digest")
        qtbot.waitUntil(lambda: "What it may do" in texts(page.skills.detail), timeout=SLOW)
        press(page.skills.detail, "Run")
        qtbot.waitUntil(lambda: bool(page.skills.detail._log._cards), timeout=SLOW)
        page.turn_to(APPROVALS)
        qtbot.waitUntil(lambda: "Nothing waits for you" in texts(page.approvals), timeout=SLOW)
        page.approvals._tabs.turn_to(RULES)
        qtbot.waitUntil(lambda: "Ask me first: send something to somebody" in texts(page.approvals.rules), timeout=SLOW)
        page.turn_to(ACTIVITY)
        qtbot.waitUntil(lambda: "The agent has not done anything yet" in texts(page.activity), timeout=SLOW)
        page.turn_to(MEMORY)
        page.memory._text.setText("My sister is called Élodie.")
        page.memory.add()
        qtbot.waitUntil(lambda: "from you" in texts(page.memory), timeout=SLOW)
        page.turn_to(SETTINGS)
        qtbot.waitUntil(lambda: "No server was added." in texts(page.settings), timeout=SLOW)
        assert not any(card.switch.isChecked() for card in page.settings._endpoint._switches.values())
