"""The way of a new person through the real window: vault, sample mailbox, a cited answer, a restart.

Real everything: key file, SQLCipher, embedding, index and language model processes, and the default model.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.serving import open_serving
from app.views.answer import Answer
from app.views.chip import Chip
from app.views.composer import Composer
from app.views.conversations import Conversations
from app.views.home import Home
from app.views.sealed_text import SealedText
from app.window import Window
from installer import places
from tests.gui.conftest import _collector  # noqa: F401 - the same rule as for every window
from tests.gui.shown import home, one, press, texts, window_over
from tests.gui.test_with_node import PASSPHRASE, create, unlock

SLOW = 120_000  # milliseconds: torch is imported, 94 passages are embedded, a model is loaded
QUESTION = "Who decides the price of Heron?"

pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")


def ready(qtbot: QtBot, window: Window) -> Home:
    """The main page, once everything that was imported can be found by meaning."""
    page = home(qtbot, window)
    qtbot.waitUntil(lambda: page.library._model.total == 80, timeout=SLOW)
    qtbot.waitUntil(lambda: "Search by meaning is ready" in texts(page), timeout=SLOW)
    return page


def answer_text(page: Home) -> str:
    return one(page.chat.talk, Answer).findChildren(SealedText)[0].toPlainText()


@pytest.mark.timeout(600)
def test_from_an_empty_folder_to_a_cited_answer_and_back_after_a_restart(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    with window_over(qtbot, Bridge(folder, open_node=open_serving)) as window:
        create(qtbot, window)
        press(window, "Import the sample mailbox")
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        page = ready(qtbot, window)
        editor = one(page.chat.talk, Composer).findChildren(QPlainTextEdit)[0]
        editor.setPlainText(QUESTION)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: bool(page.chat.talk.findChildren(Chip)), timeout=SLOW)
        answer = answer_text(page)
        assert "Dan" in answer
        chip = page.chat.talk.findChildren(Chip)[0]
        assert "Heron manual - kick-off" in chip.accessibleName()
        chip.click()
        qtbot.waitUntil(lambda: bool(page.reader.marked_text()), timeout=SLOW)
        assert "The price is Dan's" in page.reader.marked_text()

    with window_over(qtbot, Bridge(folder, open_node=open_serving)) as window:
        unlock(qtbot, window, PASSPHRASE)
        qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
        page = home(qtbot, window)
        rows = one(page, Conversations).findChildren(QListWidget)[0]
        qtbot.waitUntil(lambda: rows.count() == 1, timeout=SLOW)
        assert rows.item(0).text() == QUESTION
        rows.setCurrentRow(0)
        qtbot.waitUntil(lambda: bool(page.chat.talk.findChildren(Answer)), timeout=SLOW)
        qtbot.waitUntil(lambda: answer_text(page) == answer, timeout=SLOW)
