"""Filters: what is clicked and what is typed are one thing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.results import CommandFailed, LibraryPage
from app.views import filter_words
from app.views.home import LIBRARY
from app.views.library import Library
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.scripted_sources import source
from tests.gui.shown import home, shown, texts


def library_of(qtbot: QtBot, window: Window) -> Library:
    page = home(qtbot, window)
    page.turn_to(LIBRARY)
    qtbot.waitUntil(lambda: window._bridge.pending == 0)
    return page.library


def choose(box: QComboBox, caption: str) -> None:
    box.setCurrentIndex(box.findText(caption))
    box.activated.emit(box.currentIndex())


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("", True),
        ("kind:mail", True),
        ("from:bank before:2026-03", True),
        ('-from:"Jane Doe" DE:banque après:2026', True),
        ("kind:mail invoice", False),
        ("re: hello", False),
        ("https://example.org", False),
        ('"car insurance"', False),
        ("12:30", False),
    ],
)
def test_words_to_search_for_are_told_from_filters(text: str, only: bool) -> None:
    assert filter_words.only_filters(text) is only


def test_a_filter_takes_the_place_of_the_one_before() -> None:
    assert filter_words.put("invoice type:mail from:bank", "kind", "kind", "note") == "invoice from:bank kind:note"


def test_a_name_of_several_words_stands_in_quotes_and_is_read_back() -> None:
    written = filter_words.put("invoice", "source", "source", "Work mail")
    assert written == 'invoice source:"Work mail"'
    assert filter_words.value(written, "source") == "Work mail"


def test_an_excluded_kind_is_not_the_chosen_one() -> None:
    assert filter_words.value("-kind:mail", "kind") == ""
    assert filter_words.put("-kind:mail", "kind", "kind", "note") == "-kind:mail kind:note"


def test_what_is_clicked_is_written_into_the_box(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.found = [source(1, name="Work mail")]
    with shown(qtbot, scripted) as window:
        library = library_of(qtbot, window)
        choose(library.filters.kind, "Mail")
        choose(library.filters.source, "Work mail")
        library.filters.attachment.click()
        library.filters.unread.click()
        assert library._search.text() == 'kind:mail source:"Work mail" has:attachment is:unread'
        library.filters.unread.click()
        qtbot.waitUntil(lambda: scripted.called("library")[-1][0] == 'kind:mail source:"Work mail" has:attachment')
        library.filters.clear.click()
        assert library._search.text() == ""


def test_what_is_typed_is_shown_by_the_controls(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        library = library_of(qtbot, window)
        library._search.setText("rent kind:note is:unread avant:2024-05")
        bar = library.filters
        assert bar.kind.currentText() == "Notes"
        assert bar.unread.isChecked()
        assert not bar.attachment.isChecked()
        assert bar.date.currentText() == "before:2024-05"
        library._search.setText("rent")
        assert bar.kind.currentText() == "Everything"
        assert bar.date.currentText() == "Any time"
        assert bar.date.findText("before:2024-05") < 0


def test_before_puts_a_date_there_to_be_typed_over(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        library = library_of(qtbot, window)
        choose(library.filters.date, "Before…")
        assert library._search.text().startswith("before:20")
        assert library._search.selectedText() == library._search.text().removeprefix("before:")


def test_filters_alone_list_everything_that_fits_and_rank_nothing(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        library = library_of(qtbot, window)
        library._search.setText("kind:mail before:2026")
        qtbot.waitUntil(lambda: scripted.called("library")[-1][0] == "kind:mail before:2026")
        assert scripted.called("search") == []
        library._search.setText("kind:mail before:2026 rent")
        qtbot.waitUntil(lambda: scripted.called("search") == [("kind:mail before:2026 rent", 50)])


def test_a_half_typed_filter_is_no_failure_with_a_button(qtbot: QtBot) -> None:
    class Strict(Scripted):
        async def library(self, node: object, text: str, kind: str, offset: int, limit: int) -> LibraryPage:
            if text == "before:20":
                raise CommandFailed("bad-date")
            return await super().library(node, text, kind, offset, limit)

    with shown(qtbot, Strict("open")) as window:
        library = library_of(qtbot, window)
        library._search.setText("before:20")
        qtbot.waitUntil(lambda: "bad-date" in library._count.text())
        assert not library._notice.isVisible()
        assert library._model.rowCount() > 0, "the list stays as it was"


def test_without_sources_there_is_nothing_to_choose_between(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        assert not library_of(qtbot, window).filters.source.isVisible()


def test_asked_the_same_again_the_place_and_the_selection_stay(qtbot: QtBot) -> None:
    class Growing(Scripted):
        new = 0

        async def library(self, node: object, text: str, kind: str, offset: int, limit: int) -> LibraryPage:
            """The newest first: what comes in moves everything else down."""
            page = await super().library(node, text, kind, offset, limit)
            rows = (replace(row, id=f"m{int(row.id[1:]) - self.new}") for row in page.rows)
            return LibraryPage(tuple(rows), page.total)

    scripted = Growing("open")
    with shown(qtbot, scripted) as window:
        library = library_of(qtbot, window)
        library._table.scrollToBottom()
        qtbot.waitUntil(lambda: library._model.rowCount() == 200)
        library._table.selectRow(150)
        library._table.verticalScrollBar().setValue(140)
        scripted.new, scripted.rows = 1, 251
        library.refresh()
        qtbot.waitUntil(lambda: window._bridge.pending == 0)
        assert library._model.rowCount() == 200
        assert [line.id for line in library._table.selected()] == ["m150"]
        assert library._table.verticalScrollBar().value() == 140
        assert library._model.line(151).id == "m150"


def test_nothing_found_names_what_was_asked(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.rows = 0
    with shown(qtbot, scripted) as window:
        library = library_of(qtbot, window)
        library._search.setText("kind:event")
        qtbot.waitUntil(lambda: "Nothing found for “kind:event”." in texts(library))
