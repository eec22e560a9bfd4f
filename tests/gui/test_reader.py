"""What the reader shows of each kind of record; it loads nothing by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from app.results import RecordView
from app.views.facts import address, facts, flags
from app.views.home import LIBRARY, Home
from app.views.jump import Jump
from app.views.wording import Words
from tests.gui.scripted import Scripted
from tests.gui.shown import home, one, press, shown, texts

ENGLISH = Words("en")
RECORD = RecordView(
    "e1", "event", "Dinner", "", (), "2026-05-04T18:00:00+00:00", "When: …\nWhere: Le Bistrot", "", "", (), (), ()
)
ARTICLE = replace(RECORD, id="a1", kind="article", title="Cormorants", body="They are back.\n\nhttps://example.org/c",
                  sender="Ada (Birds)", origin="https://example.org/feed.xml", source="Birds")  # fmt: skip


class Showing(Scripted):
    """Shows one record, whatever is asked for."""

    def __init__(self, record: RecordView) -> None:
        super().__init__("open")
        self.record = record

    async def show(self, node: object, record: str) -> RecordView:
        self.calls.append(("show", (record,)))
        return self.record


def reading(qtbot: QtBot, page: Home, record: RecordView) -> None:
    page.turn_to(LIBRARY)
    page.open_record(record.id)
    qtbot.waitUntil(lambda: record.title in texts(page.reader))


def told(record: RecordView) -> dict[str, str]:
    return dict(facts(record, ENGLISH))


def test_an_event_says_from_when_to_when() -> None:
    same_day = replace(RECORD, ends="2026-05-04T20:30:00+00:00")
    later = replace(RECORD, ends="2026-05-06T20:30:00+00:00")
    begin = ENGLISH.date(RECORD.date, time=True)
    assert told(same_day)["When"] == f"{begin} to {ENGLISH.time(same_day.ends)}"
    assert told(later)["When"] == f"{begin} to {ENGLISH.date(later.ends, time=True)}"
    assert told(RECORD)["When"] == begin


@pytest.mark.parametrize(
    ("held", "source", "said"),
    [
        (("flagged",), "Mail", ["unread", "starred"]),
        (("seen", "answered"), "Mail", ["answered"]),
        (("seen",), "Mail", []),
        ((), "Mail", ["unread"]),
        ((), "", []),
    ],
)
def test_a_mail_says_what_its_mailbox_knows_of_it(held: tuple[str, ...], source: str, said: list[str]) -> None:
    mail = replace(RECORD, kind="mail", flags=held, source=source)
    assert flags(mail, ENGLISH) == said


def test_nothing_is_said_twice_or_of_nothing() -> None:
    assert [name for name, _ in facts(RECORD, ENGLISH)] == ["When"]


def test_the_address_of_an_article_is_the_article_and_not_its_feed() -> None:
    assert address(ARTICLE) == "https://example.org/c"
    assert address(replace(ARTICLE, body="Nothing more.")) == "https://example.org/feed.xml"
    assert address(replace(ARTICLE, kind="mail")) == ""


def test_an_article_is_opened_in_the_browser_only_after_a_question(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("app.views.leaving.QDesktopServices.openUrl", lambda url: opened.append(url.toString()))
    with shown(qtbot, Showing(ARTICLE)) as window:
        page = home(qtbot, window)
        reading(qtbot, page, ARTICLE)
        press(page.reader, "Open in the browser…")
        box = one(window, QMessageBox)
        assert "https://example.org/c" in box.informativeText()
        box.reject()
        assert opened == []
        press(page.reader, "Open in the browser…")
        box = one(window, QMessageBox)
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Open").click()
        assert opened == ["https://example.org/c"]
        press(page.reader, "Copy the address")
        assert QGuiApplication.clipboard().text() == "https://example.org/c"


def test_a_note_leads_to_what_it_links_and_to_what_links_to_it(qtbot: QtBot) -> None:
    note = replace(RECORD, id="n1", kind="note", title="Birds", links=(("Cormorants", "n2"), ("Gulls", "")),
                   backlinks=(("Index", "n3"),))  # fmt: skip
    scripted = Showing(note)
    with shown(qtbot, scripted) as window:
        page = home(qtbot, window)
        reading(qtbot, page, note)
        assert "Linked from" in texts(page.reader)
        jumps = {jump.accessibleName(): jump for jump in page.reader.findChildren(Jump)}
        assert not jumps["Gulls"].isEnabled(), "it is not in the vault"
        jumps["Index"].click()
        qtbot.waitUntil(lambda: scripted.called("show")[-1] == ("n3",))


def test_a_long_title_is_cut_short_and_said_in_full(qtbot: QtBot) -> None:
    title = "A title that goes on and on " * 12
    note = replace(RECORD, id="n1", kind="note", title="Birds", links=((title, "n2"),))
    with shown(qtbot, Showing(note)) as window:
        page = home(qtbot, window)
        reading(qtbot, page, note)
        jump = one(page.reader, Jump)
        qtbot.waitUntil(lambda: jump.text().endswith("…"))
        assert jump.accessibleName() == title


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"authentication": "passed", "authenticated_by": "mx.example.org"}, "verified by mx.example.org"),
        ({"authentication": "failed", "authenticated_by": "mx.example.org"}, "may not come from who it says"),
        ({"authentication": "none"}, "not verified by anybody"),
        ({"labels": ("travel",), "priority": "high", "needs_answer": True}, "travel, high priority, wants an answer"),
    ],
)
def test_the_reader_says_whether_to_believe_the_sender_and_what_was_found(
    qtbot: QtBot, fields: dict[str, Any], said: str
) -> None:
    with shown(qtbot, Showing(replace(RECORD, kind="mail", **fields))) as window:
        page = home(qtbot, window)
        page.open_record("m1")
        qtbot.waitUntil(lambda: said in texts(page.reader))
