"""An export of Gmail: labels, the folder, and the archive as it was downloaded."""

from __future__ import annotations

import email.header
import zipfile
from pathlib import Path

import pytest

from storage.records import Broken, Record
from storage.sources import archive, count, read
from tests.unit.test_mail_hostile import growth, resident

ENVELOPE = b"From 1234567890@xxx Sat Mar 14 10:00:00 +0000 2026\r\n"


def labelled(labels: str, subject: str = "s", before: str = "") -> bytes:
    coded = email.header.Header(labels, "utf-8").encode() if not labels.isascii() else labels
    return (
        ENVELOPE
        + (
            f"{before}X-GM-THRID: 1\r\nX-Gmail-Labels: {coded}\r\nMessage-ID: <{subject}@x>\r\nFrom: a@example.org\r\n"
            f"Subject: {subject}\r\n\r\nHello.\r\n\r\n"
        ).encode()
    )


def first(tmp_path: Path, data: bytes) -> Record:
    path = tmp_path / "All mail.mbox"
    path.write_bytes(data)
    (found,) = read(path)
    assert isinstance(found, Record)
    return found


@pytest.mark.parametrize(
    ("labels", "folder", "flags"),
    [
        ("Inbox,Important,Unread", "Inbox", ()),
        ("Important,Opened,Travel", "Travel", ("seen",)),
        ("Unread,Category Promotions", "All mail", ()),
        ("Archived,Starred", "Archived", ("seen", "flagged")),
        ("Drafts", "Drafts", ("seen", "draft")),
        ('"Bills, rent",Opened', "Bills, rent", ("seen",)),
        ("Boîte de réception,Non lus", "Boîte de réception", ()),
        ("Ouvert,Suivis,Impôts", "Impôts", ("seen", "flagged")),
        ("Catégorie : Réseaux sociaux,Ouvert,École/Élèves", "École/Élèves", ("seen",)),
    ],
)
def test_labels_become_folder_and_flags(tmp_path: Path, labels: str, folder: str, flags: tuple[str, ...]) -> None:
    found = first(tmp_path, labelled(labels))
    assert (found.folder, found.flags) == (folder, flags)


def test_a_sender_cannot_choose_the_folder_with_a_header_of_his_own(tmp_path: Path) -> None:
    found = first(tmp_path, labelled("Sent,Starred", before="Received: by mx\r\n"))
    assert (found.folder, found.flags) == ("All mail", ())


EVENT = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260314T100000Z\r\nSUMMARY:Peas\r\nEND:VEVENT\r\n"
CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n"


def takeout() -> dict[str, bytes]:
    return {
        "Takeout/Mail/All mail.mbox": labelled("Inbox", "one") + labelled("Travel", "two"),
        "Takeout/Calendar/Private.ics": EVENT,
        "Takeout/Contacts/All/All.vcf": CARD,
    }


def zipped(path: Path, parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def told(path: Path) -> list[tuple[str, str, str]]:
    return [(r.kind, r.title, r.folder) for r in read(path) if isinstance(r, Record)]


EXPECTED = [
    ("mail", "one", "Inbox"),
    ("mail", "two", "Travel"),
    ("event", "Peas", "Calendar"),
    ("contact", "Ada", "All"),
]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_is_read_as_it_lies(tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "takeout-20260314-001.zip", takeout(), method)
    assert [(kind, title, folder.rpartition("/")[2]) for kind, title, folder in told(path)] == EXPECTED
    assert count(path) == 4
    assert list(tmp_path.iterdir()) == [path]


def test_an_unpacked_archive_says_the_same(tmp_path: Path) -> None:
    for name, data in takeout().items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(data)
    found = told(tmp_path / "Takeout")
    assert sorted((kind, title, folder.rpartition("/")[2]) for kind, title, folder in found) == sorted(EXPECTED)


def test_an_archive_in_a_folder_is_read_if_it_is_an_export_and_named_otherwise(tmp_path: Path) -> None:
    zipped(tmp_path / "takeout-1.zip", takeout())
    zipped(tmp_path / "other.zip", takeout())
    found = list(read(tmp_path))
    assert found[0] == Broken(str(tmp_path / "other.zip"), "“other.zip” is not a kind of file Nuée reads yet.")
    assert len(found) == 5


def test_an_archive_within_an_archive_stays_packed(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "takeout-2.zip", takeout()).read_bytes()
    (found,) = read(zipped(tmp_path / "takeout-1.zip", {"takeout-2.zip": inner}))
    assert isinstance(found, Broken)


def test_a_member_that_unpacks_to_far_more_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_SMALL", 1024 * 1024)
    path = zipped(tmp_path / "a.zip", {"bomb.mbox": bytes(4_000_000), "good.vcf": CARD})
    bomb, good = read(path)
    assert isinstance(bomb, Broken)
    assert "made to do harm" in bomb.reason
    assert isinstance(good, Record)


def test_a_damaged_archive_gives_a_sentence(tmp_path: Path) -> None:
    data = zipped(tmp_path / "a.zip", takeout()).read_bytes()
    (tmp_path / "b.zip").write_bytes(data[: len(data) // 2])
    assert [type(item) for item in read(tmp_path / "b.zip")] == [Broken]
    flipped = bytearray(data)
    flipped[data.find(b"All mail.mbox") + 60] ^= 0xFF
    (tmp_path / "c.zip").write_bytes(flipped)
    assert any(isinstance(item, Broken) for item in read(tmp_path / "c.zip"))


def test_names_that_lead_out_of_the_archive_are_names_only(tmp_path: Path) -> None:
    (found,) = read(zipped(tmp_path / "a.zip", {"../../etc/x.vcf": CARD}))
    assert isinstance(found, Record)
    assert not (tmp_path.parent / "etc").exists()
    assert ".." not in found.folder


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc is Linux")
def test_a_large_mailbox_in_an_archive_is_read_in_constant_memory(tmp_path: Path) -> None:
    body = b"The garden needs water in the evening. " * 120
    path = tmp_path / "takeout-1.zip"
    number = 8_000
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("All.mbox", "w", force_zip64=True) as member,
    ):
        for each in range(number):
            unique = f"{each} {each * 7919 % 104729} {each * 31}\n".encode() * 20
            member.write(labelled("Inbox", str(each)) + unique + body + b"\r\n\r\n")
    found, highest = growth(read(path), resident)
    assert found == number
    assert highest < 40_000_000
