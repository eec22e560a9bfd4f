"""The page of sources: how each is doing, and adding, changing, pausing and removing one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from app.results import Progress
from app.source_results import SourceChanged
from app.views.home import SOURCES
from app.views.import_summary import ImportSummary
from app.views.mail_server import guess
from app.views.source_card import SourceCard
from app.views.source_sheet import SourceSheet
from app.views.source_words import facts, state
from app.views.sources import Sources
from app.views.wording import Words
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_sources import ago, source
from tests.gui.shown import home, one, press, shown, texts

ENGLISH = Words("en")


def page_of(qtbot: QtBot, window: Window, scripted: Scripted) -> Sources:
    """The page, once it shows every source."""
    page = home(qtbot, window)
    page.turn_to(SOURCES)
    qtbot.waitUntil(lambda: len(page.sources._cards) == len(scripted.found) and window._bridge.pending == 0)
    return page.sources


# -- in words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": "ok"}, "Up to date, 3 minutes ago"),
        ({"state": "ok", "synced": ago(hours=5, minutes=2)}, "Up to date, 5 hours ago"),
        ({"state": "ok", "synced": ago(hours=-10)}, "Up to date, just now"),
        ({"state": "new", "synced": None}, "Not read yet"),
        ({"state": "syncing"}, "Reading…"),
        ({"state": "paused"}, "Paused"),
        ({"state": "airplane"}, "Airplane mode: not read for now"),
        ({"state": "waiting"}, "Waiting for its turn"),
        ({"state": "error", "error": "no-such-code", "detail": "The server hung up."}, "The server hung up."),
        ({"state": "error", "error": "disk-full"}, "The disk is full."),
        ({"state": "waiting", "error": "no-such-code", "detail": "The server hung up."}, "The server hung up."),
    ],
)
def test_a_source_says_how_it_is_doing(fields: dict[str, object], sentence: str) -> None:
    assert state(replace(source(1), **fields), ENGLISH)[0].startswith(sentence)  # type: ignore[arg-type]


def test_a_sync_says_how_far_it_is() -> None:
    assert state(source(1), ENGLISH, Progress("reading", 120, 2400))[0] == "Reading… 120 of 2,400"


def test_a_paused_source_is_not_said_to_be_read_again() -> None:
    assert "read again" in facts(source(1), ENGLISH)
    assert "read again" not in facts(source(1, state="paused"), ENGLISH)


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("ada@example.org", "imap.example.org"),
        ("ada@GMAIL.com", "imap.gmail.com"),
        ("ada@hotmail.fr", "outlook.office365.com"),
        ("ada", ""),
        ("ada@", ""),
    ],
)
def test_the_server_is_guessed_from_the_address(address: str, server: str) -> None:
    assert guess(address) == server


# -- the page ----------------------------------------------------------------------------------------------------------


def test_without_sources_the_page_says_what_to_do(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        home(qtbot, window).turn_to(SOURCES)
        qtbot.waitUntil(lambda: "No sources yet" in texts(window))
        press(window, "Add your first source…")
        assert one(window, SourceSheet).isVisible()


def test_a_change_the_node_reports_is_shown(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1)]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        card = page._cards[1]
        scripted.found = [source(1, state="error", error="x", detail="The password was refused.")]
        scripted.listener(SourceChanged(1))
        qtbot.waitUntil(lambda: "The password was refused." in texts(page))
        assert page._cards[1] is card, "the card is kept, and with it the focus"


def test_reading_now_shows_how_far_it_is_and_ends_up_to_date(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1, synced=ago(days=2))]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        press(page, "Read Source 1 now")
        qtbot.waitUntil(lambda: "Reading… 120 of 2,400" in texts(page))
        window._bridge.submit(window, lambda _: _set(scripted))
        qtbot.waitUntil(lambda: "2,400 records" in texts(page) and "Up to date" in texts(page))


async def _set(scripted: Scripted) -> None:
    scripted.syncing.set()


def test_what_could_not_be_read_is_told_with_its_reason(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1)]
    scripted.unreadable = (("INBOX#7", "The message has no end."),)
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        press(page, "Read Source 1 now")
        window._bridge.submit(window, lambda _: _set(scripted))
        qtbot.waitUntil(lambda: page._warning.isVisible())
        press(page, "Which, and why…")
        assert "INBOX#7\n    The message has no end." in texts(one(window, ImportSummary))


def test_a_sync_can_be_stopped(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1)]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        press(page, "Read Source 1 now")
        qtbot.waitUntil(lambda: "Reading… 120" in texts(page))
        press(page, "Stop reading Source 1")
        qtbot.waitUntil(lambda: "Reading…" not in texts(page))
        press(page, "Read Source 1 now")
        qtbot.waitUntil(lambda: len(scripted.called("sync_source")) == 2)


def test_pause_and_resume(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1)]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        press(page, "Pause Source 1")
        qtbot.waitUntil(lambda: "Paused" in texts(page))
        press(page, "Resume Source 1")
        qtbot.waitUntil(lambda: "Up to date" in texts(page))
    assert scripted.called("pause_source") == [(1, True), (1, False)]


def test_the_airplane_switch_shows_what_the_node_says(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.flying = True
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        switch = page._airplane.switch
        assert switch.isChecked()
        switch.click()
        qtbot.waitUntil(lambda: not scripted.flying)
    assert scripted.called("airplane") == [(False,)]


@pytest.mark.parametrize(("choice", "keep"), [("Keep the records", True), ("Forget the records", False)])
def test_removing_asks_what_becomes_of_the_records(qtbot: QtBot, choice: str, keep: bool) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1)]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        press(page, "Remove Source 1")
        box = one(window, QMessageBox)
        assert "1,204 records" in box.informativeText()
        button = next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == choice)
        button.click()
        qtbot.waitUntil(lambda: "No sources yet" in texts(page))
    assert scripted.called("remove_source") == [(1, keep)]


def test_every_card_can_be_reached_and_names_its_source(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1), source(2, "feed")]
    with shown(qtbot, scripted) as window:
        page = page_of(qtbot, window, scripted)
        for card in page.findChildren(SourceCard):
            names = [b.accessibleName() for b in card.findChildren(QAbstractButton) if not b.isHidden()]
            assert all(card.source.name in name for name in names)
            assert len(set(names)) == 4


@pytest.mark.parametrize("size", [(1100, 720), (640, 480)])
def test_no_line_of_a_card_is_squeezed(qtbot: QtBot, size: tuple[int, int]) -> None:
    scripted = Scripted("open")
    scripted.found = [
        source(n, place="/a/rather/long/path/" * 6, state="error", error="x", detail="It did not work out. " * 6)
        for n in range(1, 9)
    ]
    with shown(qtbot, scripted) as window:
        window.resize(*size)
        page = page_of(qtbot, window, scripted)

        def settled() -> bool:
            """Layouts come to rest some turns of the event loop after the cards have come."""
            lines = [x for c in page._cards.values() for x in (c._name, c._place, c._state, c._facts)]
            return all(line.height() >= line.heightForWidth(line.width()) for line in lines)

        qtbot.waitUntil(settled)
        qtbot.wait(100)
        assert settled()
