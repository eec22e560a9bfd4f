"""Locking, unlocking, keys, drops, languages, and what a screen reader finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.results import CommandFailed, StateChanged, WindowWanted
from app.views.home import (
    ACTIVITY,
    APPROVALS,
    CHAT,
    LIBRARY,
    MEMORY,
    MODELS,
    PEERS,
    SETTINGS,
    SKILLS,
    SOURCES,
    TASKS,
    TIMELINE,
)
from app.views.library_model import PAGE
from app.views.opening import Opening
from app.views.secret_field import SecretField
from app.views.spans import displayable, units
from app.views.unlock import Unlock
from app.window import Window
from tests.gui.scripted import CANARY, Scripted
from tests.gui.scripted_vault import PASSPHRASE
from tests.gui.shown import drop, home, one, press, shown, texts, window_over

INTERACTIVE = (
    QAbstractButton, QLineEdit, QComboBox, QTextEdit, QPlainTextEdit, QAbstractItemView, QAbstractSpinBox,
)  # fmt: skip


def unlock_with(qtbot: QtBot, window: Window, secret: str) -> None:
    qtbot.waitUntil(lambda: bool(window.findChildren(Unlock)))
    one(window, SecretField).findChildren(QLineEdit)[0].setText(secret)
    press(window, "Unlock")


def test_a_wrong_passphrase_gets_one_plain_sentence(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("locked")) as window:
        unlock_with(qtbot, window, "wrong")
        qtbot.waitUntil(lambda: "This is not the passphrase or the recovery phrase" in texts(window))
        assert window.home is None


def test_the_right_passphrase_opens_the_chat(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("locked")) as window:
        unlock_with(qtbot, window, PASSPHRASE)
        qtbot.waitUntil(home(qtbot, window).chat.isVisible)


def test_caps_lock_is_hinted_at(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("locked")) as window:
        qtbot.waitUntil(lambda: bool(window.findChildren(Unlock)))
        field = one(window, SecretField)
        QTest.keyClicks(field.findChildren(QLineEdit)[0], "A")
        assert field._caps.isVisibleTo(field)


def test_locking_leaves_nothing_of_the_vault_in_any_widget(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.chat.talk.ask(f"Where is {CANARY}?")
        qtbot.waitUntil(lambda: not page.chat.talk.answering)
        page.open_record("m1")
        qtbot.waitUntil(lambda: CANARY in texts(page.reader))
        QGuiApplication.clipboard().setText("kept as it is")
        QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: not any(CANARY in texts(widget) for widget in QApplication.allWidgets()))
        assert window.findChildren(Unlock)
        assert QGuiApplication.clipboard().text() == "kept as it is"


def test_locking_ends_the_answer_under_way(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.held = True
    with shown(qtbot, scripted) as window:
        home(qtbot, window).chat.talk.ask("When?")
        qtbot.waitUntil(lambda: bool(scripted.called("ask")))
        window.lock()
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
    assert scripted.called("lock") == [()]


def test_a_lock_from_the_command_line_shows_in_the_window(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        home(qtbot, window)
        scripted.listener(StateChanged("locked"))
        qtbot.waitUntil(lambda: window.home is None and bool(window.findChildren(Unlock)))


def test_a_second_start_brings_the_window_back(qtbot: QtBot) -> None:
    scripted = Scripted("locked")
    with shown(qtbot, scripted) as window:
        qtbot.waitUntil(lambda: bool(window.findChildren(Unlock)))
        window.showMinimized()
        scripted.listener(WindowWanted())
        qtbot.waitUntil(lambda: not window.isMinimized())


def test_a_node_that_cannot_open_says_why(qtbot: QtBot) -> None:
    from collections.abc import AsyncIterator, Callable
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def taken(path: Path, listener: Callable[[object], None]) -> AsyncIterator[object]:
        if path:
            raise CommandFailed("in-use", path="/home/camille")
        yield object()

    with window_over(qtbot, Bridge(Path("x"), commands=Scripted(), open_node=taken)) as window:
        qtbot.waitUntil(lambda: "Another Nuée is using this vault" in texts(window))
        assert window.findChildren(Opening)


@pytest.mark.parametrize(
    ("key", "view"),
    [
        *(("1", CHAT), ("2", LIBRARY), ("3", SOURCES), ("4", TIMELINE), ("5", MODELS), ("6", SETTINGS)),
        *(("7", SKILLS), ("8", APPROVALS), ("9", ACTIVITY), ("0", MEMORY)),
    ],
)
def test_control_and_a_digit_turn_to_a_view(qtbot: QtBot, key: str, view: int) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS if view != SETTINGS else CHAT)
        QTest.keyClicks(window, key, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: page._views.currentIndex() == view)


def test_files_dropped_on_any_view_are_imported(qtbot: QtBot, tmp_path: Path) -> None:
    mail = tmp_path / "mail.mbox"
    mail.write_text("From x\n")
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        home(qtbot, window).turn_to(SETTINGS)
        drop(window, mail)
        qtbot.waitUntil(lambda: "80 records imported. 2 were there already. 1 could not be read." in texts(window))
        press(window, "Which, and why…")
        assert "The message has no end." in texts(window)
    assert scripted.called("import_paths") == [(str(mail),)]


def test_nothing_can_be_dropped_on_a_locked_window(qtbot: QtBot, tmp_path: Path) -> None:
    scripted = Scripted("locked")
    with shown(qtbot, scripted) as window:
        qtbot.waitUntil(lambda: bool(window.findChildren(Unlock)))
        drop(window, tmp_path)
    assert scripted.called("import_paths") == []


def test_the_library_fetches_further_pages_only_when_they_are_looked_at(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        model = page.library._model
        qtbot.waitUntil(lambda: model.rowCount() == PAGE)
        page.turn_to(LIBRARY)
        page.library._table.scrollToBottom()
        qtbot.waitUntil(lambda: model.rowCount() >= 2 * PAGE)
        page.library._table.scrollToBottom()
        qtbot.waitUntil(lambda: model.rowCount() == 250)


def test_of_quickly_typed_searches_the_last_one_is_shown(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.search()
        for query in ("t", "tr", "train"):
            page.library._search.setText(query)
            page.library.refresh()
        qtbot.waitUntil(lambda: page.library._model.rowCount() == 2)
        assert page.library._model.line(0).title.startswith("About train ")


def test_a_search_shows_only_the_chosen_kind(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        library = home(qtbot, window).library
        choose(library.filters.kind, "note")
        library._search.setText(f"{library._search.text()} train")
        qtbot.waitUntil(lambda: [library._model.line(n).kind for n in range(library._model.rowCount())] == ["note"])


def choose(box: QComboBox, value: object) -> None:
    """As a person does it with the mouse or the keys."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_a_chosen_language_is_spoken_at_once(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.turn_to(SETTINGS)
        box = page.settings._language
        box.setCurrentIndex(box.findData("fr"))
        box.activated.emit(box.currentIndex())
        qtbot.waitUntil(lambda: "Votre coffre" in texts(window))


@pytest.mark.parametrize(("key", "view"), [(Qt.Key.Key_P, PEERS), (Qt.Key.Key_T, TASKS)])
def test_control_shift_and_a_letter_turn_to_what_is_done_with_others(qtbot: QtBot, key: Qt.Key, view: int) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda: page._views.currentIndex() == view)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_a_chosen_theme_is_worn_at_once(qtbot: QtBot, name: str) -> None:
    with shown(qtbot, Scripted("open")) as window:
        box = home(qtbot, window).settings._theme
        box.setCurrentIndex(box.findData(name))
        box.activated.emit(box.currentIndex())
        qtbot.waitUntil(lambda: window._theme.choice == name and window._theme.tokens.name == name)


def nameless(root: QWidget) -> list[str]:
    found = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, INTERACTIVE) or widget.objectName().startswith("qt_"):
            continue
        if isinstance(widget.parent(), QComboBox) or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is None or not interface.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", ["absent", "locked", "open"])
def test_every_control_has_an_accessible_name(qtbot: QtBot, state: str, language: str) -> None:
    with shown(qtbot, Scripted(state), language) as window:
        qtbot.waitUntil(lambda: not window.findChildren(Opening) or not isinstance(window.centralWidget(), Opening))
        if window.home is not None:
            window.home.chat.talk.ask("When?")
            qtbot.waitUntil(lambda: window._bridge.pending == 0)
            window.home.open_record("m1")
            qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert nameless(window) == []


def _takes_focus(widget: QWidget) -> bool:
    by_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return by_tab and widget.isVisible() and widget.isEnabled()


def test_tab_leads_from_the_question_to_send(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        window.activateWindow()
        page.chat.talk.put("When?")
        editor = page.chat.talk._composer._editor
        qtbot.waitUntil(editor.isVisible)
        following = editor.nextInFocusChain()
        while following is not None and not _takes_focus(following):
            following = following.nextInFocusChain()
        assert following is page.chat.talk._composer._send


def test_offsets_count_as_qt_counts() -> None:
    body = "a😀\r\nb😀c\u2028d"
    shown_text = displayable(body)
    data = shown_text.encode("utf-16-le")

    def at(offset: int) -> str:
        return data[2 * units(body, offset) :].decode("utf-16-le")

    assert at(body.index("b")).startswith("b😀c")
    assert at(body.index("c")).startswith("c")
    assert at(body.index("d")) == "d"
    assert at(len(body)) == ""
