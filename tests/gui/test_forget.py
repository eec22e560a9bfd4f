"""Forgetting from the library, the reader and the settings; what is left of it in conversations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.privacy_results import ForgetPreview
from app.results import CommandFailed, MessageView
from app.views.chip import Chip
from app.views.forget import Forget
from app.views.home import CHAT, LIBRARY, SETTINGS, Home
from app.window import Window
from tests.gui.scripted import CANARY, CITATION, Scripted
from tests.gui.shown import home, one, press, shown, texts


def library_of(qtbot: QtBot, window: Window) -> Home:
    page = home(qtbot, window)
    page.turn_to(LIBRARY)
    qtbot.waitUntil(lambda: page.library._model.rowCount() > 0)
    return page


def test_delete_asks_in_plain_words_before_anything_goes(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = library_of(qtbot, window)
        page.library._table.selectRow(0)
        QTest.keyClick(page.library._table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClick(page.library._table, Qt.Key.Key_Delete)
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Forget 3 records?" in texts(dialog))
        said = texts(dialog)
        for part in ("Train de vendredi", "show a gap", "do not bring them back", "cannot be undone"):
            assert part in said
        assert scripted.called("forget") == []
        press(dialog, "Keep")
    assert scripted.called("forget_preview") == [(("m0", "m1"), "", "")]
    assert scripted.called("forget") == []


@pytest.mark.parametrize(("count", "said"), [(1, "1 receipt holds its words"), (2, "2 receipts hold their words")])
def test_how_many_receipts_are_emptied_is_said_before(qtbot: QtBot, count: int, said: str) -> None:
    scripted = Scripted("open")
    scripted.preview = replace(scripted.preview, receipts=count)
    with shown(qtbot, scripted) as window:
        page = library_of(qtbot, window)
        page.library._table.selectRow(0)
        QTest.keyClick(page.library._table, Qt.Key.Key_Delete)
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Forget 3 records?" in texts(dialog))
        assert said in texts(dialog)
        press(dialog, "Keep")


def test_where_no_receipt_is_concerned_none_is_spoken_of(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = library_of(qtbot, window)
        page.library._table.selectRow(0)
        QTest.keyClick(page.library._table, Qt.Key.Key_Delete)
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Forget 3 records?" in texts(dialog))
        assert not dialog._receipts.isVisible()
        press(dialog, "Keep")


def test_what_was_forgotten_is_on_no_view_any_more(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = library_of(qtbot, window)
        page.open_record("m1")
        qtbot.waitUntil(lambda: CANARY in texts(page.reader))
        press(page.reader, "Forget…")
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Forget 3 records?" in texts(dialog))
        scripted.records = 0
        press(dialog, "Forget for good")
        qtbot.waitUntil(lambda: CANARY not in texts(window))
        assert not page.reader.isVisible()
    assert scripted.called("forget") == [(("m1",), "", "")]


def test_the_safe_answer_is_the_default_one(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = library_of(qtbot, window)
        page.library._table.selectRow(0)
        QTest.keyClick(page.library._table, Qt.Key.Key_Delete)
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Forget 3 records?" in texts(dialog))
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not window.findChildren(Forget))
    assert scripted.called("forget") == []


def test_the_menu_offers_everything_from_a_sender(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = library_of(qtbot, window)
        table = page.library._table
        table.selectRow(0)
        QApplication.sendEvent(table, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5)))
        menu = one(page.library, QMenu)
        [action] = [action for action in menu.actions() if "Sophie Laurent" in action.text()]
        action.trigger()
        menu.close()
        qtbot.waitUntil(lambda: scripted.called("forget_preview") == [((), "sophie@example.org", "")])


def test_what_is_old_can_be_forgotten_from_the_settings(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS)
        press(page.settings, "Forget…")
        qtbot.waitUntil(lambda: bool(scripted.called("forget_preview")))
    [(ids, sender, before)] = scripted.called("forget_preview")
    assert (ids, sender) == ((), "")
    assert len(before) == 10


def test_where_nothing_fits_there_is_nothing_to_forget(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.preview = ForgetPreview(0, ())
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS)
        press(page.settings, "Forget…")
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "Nothing in your vault fits this." in texts(dialog))
        names = [b.accessibleName() for b in dialog.findChildren(QAbstractButton) if b.isVisible()]
        assert names == ["Close"]


def test_a_failure_leaves_the_choice_open(qtbot: QtBot) -> None:
    class Full(Scripted):
        async def forget_preview(self, node: object, *args: object) -> ForgetPreview:
            raise CommandFailed("disk-full")

    with shown(qtbot, Full("open")) as window:
        page = library_of(qtbot, window)
        page.library._table.selectRow(0)
        QTest.keyClick(page.library._table, Qt.Key.Key_Delete)
        dialog = one(window, Forget)
        qtbot.waitUntil(lambda: "The disk is full." in texts(dialog))
        press(dialog, "Keep")


def test_a_forgotten_citation_says_so_and_leads_nowhere(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    gap = replace(CITATION, id="", title="(forgotten)", sender="", date=None, quote="", start=0, end=0)
    scripted.titles[1] = "About the train"
    scripted.talks[1] = [
        MessageView("user", "When?", (), "2026-05-04T09:30:00+00:00"),
        MessageView("assistant", "[forgotten] [1]", (gap,), "2026-05-04T09:30:00+00:00"),
    ]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(CHAT)
        page.chat.open_conversation(1)
        qtbot.waitUntil(lambda: bool(page.chat.talk.findChildren(Chip)))
        chip = one(page.chat.talk, Chip)
        assert chip.accessibleName() == "[1] (forgotten)"
        assert not chip.isEnabled()


def test_the_shown_conversation_is_read_again_after_forgetting(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.titles[1] = "About the train"
    scripted.talks[1] = [MessageView("assistant", f"le train {CANARY}", (), "2026-05-04T09:30:00+00:00")]
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.chat.open_conversation(1)
        qtbot.waitUntil(lambda: CANARY in texts(page.chat.talk))
        scripted.talks[1] = [MessageView("assistant", "[forgotten]", (), "2026-05-04T09:30:00+00:00")]
        page._forgotten()
        qtbot.waitUntil(lambda: page.chat.talk.conversation == 1 and "[forgotten]" in texts(page.chat.talk))
        assert CANARY not in texts(page.chat.talk)
