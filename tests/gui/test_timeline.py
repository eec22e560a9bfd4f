"""What came in, day by day."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.results import LibraryChanged
from app.source_results import TimelineEntry
from app.views.home import SOURCES, TIMELINE
from app.views.jump import Jump
from app.views.timeline import _DAYS
from app.views.wording import Words
from tests.gui.scripted import Scripted
from tests.gui.shown import home, press, shown, texts


def entry(days_ago: int, count: int = 5, name: str = "Work mail", kind: str = "mail") -> TimelineEntry:
    latest = (("m1", kind, f"The latest of {days_ago}", "Sophie <s@example.org>"), ("m2", kind, "", ""))
    day = (date.today() - timedelta(days=days_ago)).isoformat()
    return TimelineEntry(day, 0 if not name else 1, name, kind, count, latest)


def test_days_are_named_and_counted(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.came = (entry(0), entry(0, 2, "", "note"), entry(1, 1), entry(40))
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(TIMELINE)
        qtbot.waitUntil(lambda: "5 messages" in texts(page.timeline))
        said = texts(page.timeline)
        for part in ("Today", "Yesterday", "Work mail", "Imported by you", "2 notes", "1 message", "and 3 more"):
            assert part in said
        assert Words("en").day(scripted.came[-1].day) in said


def test_an_item_opens_its_record(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.came = (entry(0),)
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(TIMELINE)
        qtbot.waitUntil(lambda: bool(page.timeline.findChildren(Jump)))
        press(page.timeline, "The latest of 0 · Sophie")
        qtbot.waitUntil(lambda: scripted.called("show") == [("m1",)])
        assert page.reader.isVisible()


def test_an_empty_timeline_says_what_to_do(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        page = home(qtbot, window)
        page.turn_to(TIMELINE)
        qtbot.waitUntil(lambda: "Nothing has come in yet" in texts(page.timeline))
        press(page.timeline, "Go to the sources")
        assert page._views.currentIndex() == SOURCES


def test_earlier_days_follow_on_demand(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.came = tuple(entry(days_ago) for days_ago in range(_DAYS + 3))
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(TIMELINE)
        qtbot.waitUntil(lambda: f"The latest of {_DAYS - 1}" in texts(page.timeline))
        assert f"The latest of {_DAYS} " not in texts(page.timeline)
        press(page.timeline, "Show earlier days")
        qtbot.waitUntil(lambda: f"The latest of {_DAYS + 2} " in texts(page.timeline))
        assert "The latest of 0 " in texts(page.timeline)
        buttons = [b for b in page.timeline.findChildren(QAbstractButton) if b.accessibleName() == "Show earlier days"]
        assert not buttons[0].isVisible()


def test_what_comes_in_while_it_is_looked_at_appears(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    scripted.came = (entry(1),)
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        page.turn_to(TIMELINE)
        qtbot.waitUntil(lambda: "Yesterday" in texts(page.timeline))
        scripted.came = (entry(0, 7), entry(1))
        scripted.listener(LibraryChanged(0))
        qtbot.waitUntil(lambda: "7 messages" in texts(page.timeline))
