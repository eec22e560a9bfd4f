"""Which files are read, in which order, and what is said about the others."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from storage.records import Broken, Record
from storage.sources import count, read

MESSAGE = b"From: a@example.org\nTo: b@example.org\nSubject: %s\nDate: Sat, 14 Mar 2026 10:00:00 +0000\n\nHello.\n"


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def mail(path: Path, subject: str = "s") -> Path:
    return write(path, MESSAGE % subject.encode())


def records(path: Path) -> list[Record]:
    return [item for item in read(path) if isinstance(item, Record)]


def broken(path: Path) -> list[Broken]:
    return [item for item in read(path) if isinstance(item, Broken)]


def test_the_kind_is_told_by_content_before_name(tmp_path: Path) -> None:
    mail(tmp_path / "a.eml")
    mail(tmp_path / "b.strange")
    mail(tmp_path / "c")
    write(tmp_path / "d.md", b"# Note")
    write(tmp_path / "e.txt", b"From: me\nSubject: a note all the same\n")
    write(tmp_path / "f", b"just words")
    write(tmp_path / "g.mbx", b"From a@example.org Sat Mar 14 10:00:00 2026\n" + MESSAGE % b"g")
    assert [record.kind for record in records(tmp_path)] == ["mail", "mail", "mail", "note", "note", "note", "mail"]


def test_a_list_archive_is_a_mailbox_though_its_name_says_text(tmp_path: Path) -> None:
    archive = b"From ana at example.org  Sat Mar 14 10:00:00 2026\nFrom: ana at example.org\nSubject: peas\n\nHello.\n"
    assert [record.kind for record in records(write(tmp_path / "2026-March.txt", archive))] == ["mail"]
    diary = b"From Paris to Lyon, 14 March 2026\nNote: bring peas\n"
    assert [record.kind for record in records(write(tmp_path / "diary.txt", diary))] == ["note"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(60)),
        ("b.jar", b"PK\x03\x04..."),
        ("c.png", b"\x89PNG\r\n"),
        ("d", b"\x00\x01\x02\x03" * 100),
        ("e.json", b"{}"),
        ("f.pst", b"!BDN" + bytes(50)),
        ("g.eml", bytes(range(32)) * 20),
    ],
)
def test_other_kinds_are_named_and_not_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = write(tmp_path / name, data)
    assert list(read(path)) == [Broken(str(path), f"“{name}” is not a kind of file Nuée reads yet.")]


def test_a_maildir_with_folders_inside_and_beside(tmp_path: Path) -> None:
    root = tmp_path / "Mail"
    for folder in ("", ".Sent", ".Archive.2019", "nested"):
        for name in ("cur", "new", "tmp"):
            (root / folder / name).mkdir(parents=True)
    mail(root / "cur" / "1529425589.M1P1.host:2,S", "inbox")
    mail(root / "new" / "1529425590.M1P1.host", "new")
    mail(root / "tmp" / "1529425591.M1P1.host", "half written")
    mail(root / ".Sent" / "cur" / "1:2,S", "sent")
    mail(root / ".Archive.2019" / "cur" / "1:2,S", "old")
    mail(root / "nested" / "cur" / "1:2,S", "nested")
    write(root / "dovecot.index", b"\x00")
    assert {record.title: record.folder for record in records(root)} == {
        "inbox": "Mail",
        "new": "Mail",
        "sent": "Mail/Sent",
        "old": "Mail/Archive/2019",
        "nested": "Mail/nested",
    }
    assert broken(root) == []


def test_a_file_in_a_maildir_is_a_message_whatever_it_looks_like(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write(tmp_path / "cur" / "1529425589.M1P1.host:2,S", b"no header at all\n")
    (record,) = records(tmp_path)
    assert (record.kind, record.body, record.date) == ("mail", "no header at all", 1529425589.0)


def test_one_file_of_a_maildir_belongs_to_its_mailbox(tmp_path: Path) -> None:
    (tmp_path / "Box" / "new").mkdir(parents=True)
    path = mail(tmp_path / "Box" / "cur" / "1:2,S")
    assert [record.folder for record in records(path)] == ["Box"]


def test_an_apple_mail_file_is_read_without_its_frame(tmp_path: Path) -> None:
    data = MESSAGE % b"apple"
    path = write(tmp_path / "1.emlx", b"%d      \n" % len(data) + data + b"<?xml version='1.0'?><plist/>")
    assert [(record.title, record.body) for record in records(path)] == [("apple", "Hello.")]


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    write(tmp_path / ".obsidian" / "x.md", b"x")
    write(tmp_path / ".git" / "HEAD", b"x")
    write(tmp_path / ".hidden.md", b"x")
    write(tmp_path / "Inbox.msf", b"// <!-- <mdb:mork")
    write(tmp_path / "seen.md", b"x")
    assert [Path(item.origin).name for item in read(tmp_path)] == ["seen.md"]


def test_what_the_user_names_is_read_even_if_hidden_or_a_link(tmp_path: Path) -> None:
    write(tmp_path / ".notes" / "a.md", b"# A")
    (tmp_path / "link").symlink_to(tmp_path / ".notes")
    assert [record.title for record in records(tmp_path / ".notes")] == ["A"]
    assert [record.title for record in records(tmp_path / "link")] == ["A"]


def test_links_cannot_loop(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.md", b"# X")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert [record.title for record in records(tmp_path)] == ["X"]
    assert [item.reason for item in broken(tmp_path)] == ["It is a link to nothing, or to itself."]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.md", b"# Secret")
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "note.md").symlink_to(secret)
    (tmp_path / "given" / "all").symlink_to("/")
    assert records(tmp_path / "given") == []
    assert all("leads out of the folder" in item.reason for item in broken(tmp_path / "given"))
    assert len(broken(tmp_path / "given")) == 2


def test_pipes_and_sockets_are_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "sock"))
        assert [item.reason for item in broken(tmp_path)] == ["It is a device, pipe or socket, not a file."] * 2
    assert [item.reason for item in broken(tmp_path / "pipe")] == ["It is a device, pipe or socket, not a file."]
    assert [item.reason for item in broken(Path("/dev/zero"))] == ["It is a device, pipe or socket, not a file."]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux")
def test_a_file_that_fails_while_it_is_read_is_named() -> None:
    (item,) = read(Path("/proc/self/mem"))
    assert isinstance(item, Broken)
    assert item.reason.startswith("It cannot be read: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = mail(tmp_path / "a.eml")
    path.chmod(0)
    (tmp_path / "dir").mkdir(mode=0)
    assert [item.reason for item in broken(tmp_path)] == ["Reading it is not permitted."] * 2


@pytest.mark.parametrize("path", ["/does/not/exist", "nul\0byte", "/dev/null/x", "x" * 5000])
def test_a_path_that_makes_no_sense_is_one_broken_item(path: str) -> None:
    (item,) = read(Path(path))
    assert isinstance(item, Broken)
    item.origin.encode("utf-8")
    assert count(Path(path)) == 1


def test_a_name_that_is_no_utf_8_can_still_be_stored(tmp_path: Path) -> None:
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")), b"text")
    (record,) = records(tmp_path)
    assert record.origin.endswith("caf\ufffd.md")
    record.title.encode("utf-8")


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    assert [item.reason for item in broken(write(tmp_path / "a.eml", b""))] == ["The file is empty."]


def test_the_order_is_that_of_the_names(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.md", "c.md", "a/b.md", "É.md"):
        write(tmp_path / name, b"x")
    names = [str(Path(item.origin).relative_to(tmp_path)) for item in read(tmp_path)]
    assert names == ["a/b.md", "a/z.md", "b.md", "c.md", "É.md"]


def test_a_file_beyond_the_limit_is_named_without_being_loaded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.eml", MESSAGE % b"long" + b"word " * 20_000)
    with path.open("r+b") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    (item,) = read(path)
    assert item == Broken(str(path), "It is larger than 64 MiB.")


def test_a_fault_of_ours_costs_one_message_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.sources import message

    sound = message.parse

    def faulty(raw: bytes, *rest: object, **named: object) -> Record:
        if b"poison" in raw:
            raise ZeroDivisionError
        return sound(raw, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(message, "parse", faulty)
    mail(tmp_path / "a.eml", "poison")
    mail(tmp_path / "b.eml", "good")
    assert [item.reason for item in broken(tmp_path)] == ["Reading it failed unexpectedly (ZeroDivisionError)."]
    assert [record.title for record in records(tmp_path)] == ["good"]
