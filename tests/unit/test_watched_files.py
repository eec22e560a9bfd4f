"""A watched folder of any files: mail and documents."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from storage.documents import Extracted
from storage.sources.folder import everything
from storage.sources.watched_folder import GRACE
from storage.vault import Vault
from tests.unit.folder_fixtures import Watched, folder_fixture, opened_fixture  # noqa: F401

MBOX = (
    "From a@example.org Thu Jan  1 00:00:00 2026\nFrom: a@example.org\nSubject: {0}\nMessage-ID: <{0}@x>\n\nHello.\n\n"
)


@pytest.fixture(name="papers")
def papers_fixture(tmp_path: Path, opened: Vault) -> Watched:
    (tmp_path / "Papers").mkdir()
    return Watched(tmp_path / "Papers", opened, everything)


def test_a_mailbox_file_becomes_its_messages(papers: Watched) -> None:
    papers.write("old/inbox.mbox", MBOX.format("one") + MBOX.format("two"))
    assert papers.sync().new == 2
    assert {one.record.folder for one in papers.records().values()} == {"Papers/old/inbox"}


def test_a_message_gone_from_a_mailbox_file_goes_after_a_minute(papers: Watched) -> None:
    papers.write("inbox.mbox", "".join(MBOX.format(name) for name in ("one", "two", "three")))
    papers.sync()
    kept = {title: one.id for title, one in papers.records().items()}
    papers.write("inbox.mbox", MBOX.format("two") + MBOX.format("three"), age=100)
    papers.sync()
    papers.now += GRACE + 1
    assert papers.sync().gone == 1
    assert {title: one.id for title, one in papers.records().items()} == {t: kept[t] for t in ("two", "three")}


def test_a_mailbox_whose_reading_was_cut_off_is_read_again(papers: Watched) -> None:
    papers.write("inbox.mbox", "".join(MBOX.format(name) for name in "abcdefgh"))
    asked = iter([False] * 6)
    papers.sync(stop=lambda: next(asked, True))
    assert 0 < len(papers.titles()) < 8
    papers.sync()
    assert len(papers.titles()) == 8


def test_a_deleted_mailbox_takes_its_messages_with_it(papers: Watched) -> None:
    path = papers.write("inbox.mbox", MBOX.format("one") + MBOX.format("two"))
    papers.write("Peas.md", "Sow.")
    papers.sync()
    path.unlink()
    papers.sync()
    papers.now += GRACE + 1
    assert (papers.sync().gone, papers.titles()) == (2, ["Peas"])


def test_what_nobody_can_read_is_passed_over_in_silence_and_looked_at_once(papers: Watched) -> None:
    papers.write("program.exe", b"MZ\x00\x01\x02" * 100)
    assert (papers.sync().failed, papers.titles()) == ((), [])
    papers.reported.clear()
    papers.sync()
    assert papers.reported == []


EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{0}@x\r\nDTSTAMP:20260101T100000Z\r\n"
    "DTSTART:20260101T100000Z\r\nSUMMARY:{0}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_a_calendar_in_the_folder_becomes_its_events(papers: Watched) -> None:
    papers.write("plans/team.ics", EVENT.format("Meeting"))
    papers.sync()
    (event,) = papers.records().values()
    assert (event.record.kind, event.record.folder) == ("event", "Papers/plans")


def test_only_an_archive_that_is_an_export_is_opened(papers: Watched) -> None:
    for name in ("takeout-1.zip", "photos.zip"):
        with zipfile.ZipFile(papers.root / name, "w") as archive:
            archive.writestr("Mail/All.mbox", MBOX.format(name))
    assert (papers.sync().failed, papers.titles()) == ((), ["takeout-1.zip"])


def test_a_damaged_document_is_named_once(papers: Watched) -> None:
    papers.extract = lambda _type, _name, _content: Extracted(failure="It is damaged.")
    papers.write("a.pdf", b"%PDF-1.7 nothing")
    assert [len(papers.sync().failed), len(papers.sync().failed)] == [1, 0]


def test_a_document_waits_for_its_reader(papers: Watched) -> None:
    papers.write("a.pdf", b"%PDF-1.7 nothing")
    assert len(papers.sync().failed) == 1
    papers.extract = lambda _type, _name, _content: Extracted("Rain.", "Weather")
    assert (papers.sync().new, papers.titles()) == (1, ["Weather"])
