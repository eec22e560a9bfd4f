"""Documents as files of their own and as attachments, pages and plain text, as records that can be searched."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from storage import chunks
from storage.documents import MAX_IN_MESSAGE, Extracted, no_reader
from storage.documents_worker import extract
from storage.importer import import_paths
from storage.records import Broken, Record
from storage.sources import message, read, resumable
from storage.terms import query
from storage.vault import Vault
from tests.unit import document_samples as samples
from tests.unit.vault_fixtures import path_fixture, vault_fixture  # noqa: F401

MODIFIED = 1_773_000_000.0


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


def one(path: Path) -> Record:
    (found,) = read(path, extract)
    assert isinstance(found, Record), found
    return found


def mail(*attached: tuple[str, str, bytes]) -> bytes:
    parts = b"".join(
        f"--x\nContent-Type: {media_type}\nContent-Disposition: attachment; filename={name}\n"
        "Content-Transfer-Encoding: base64\n\n".encode()
        + base64.encodebytes(data)
        for media_type, name, data in attached
    )
    head = b"From: a@example.org\nSubject: Files\nMessage-ID: <1@x>\nContent-Type: multipart/mixed; boundary=x\n\n"
    return head + b"--x\n\nSee below.\n" + parts + b"--x--\n"


def test_a_pdf_of_its_own_is_a_file_with_its_text(tmp_path: Path) -> None:
    found = one(write(tmp_path / "bail.pdf", samples.pdf("Le loyer est de 1 250 €", info="/Title (Bail)")))
    assert (found.kind, found.title, found.body) == ("file", "Bail", "Le loyer est de 1 250 €")
    assert found.folder == tmp_path.name
    assert found.raw.startswith(b"%PDF")


def test_a_document_without_title_and_date_takes_those_of_its_file(tmp_path: Path) -> None:
    found = one(write(tmp_path / "Reçu du loyer.pdf", samples.pdf("a")))
    assert (found.title, found.date) == ("Reçu du loyer", MODIFIED)


def test_a_scanned_pdf_is_found_by_its_name_and_says_that_it_was_not_read(tmp_path: Path) -> None:
    found = one(write(tmp_path / "scan.pdf", samples.pdf("")))
    assert (found.title, found.body) == ("scan", "")
    assert found.warnings == ("No text in it: scanned pages are not read yet.",)


def test_a_locked_document_is_found_by_its_name_and_says_so(tmp_path: Path) -> None:
    found = one(write(tmp_path / "locked.pdf", samples.locked_pdf()))
    assert found.warnings == ("It is protected by a password and cannot be read here.",)


def test_a_damaged_document_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.pdf", b"%PDF-1.7 ...")
    write(tmp_path / "b.odt", samples.odt())
    found = list(read(tmp_path, extract))
    assert found[0] == Broken(str(tmp_path / "a.pdf"), "The file is damaged.")
    assert isinstance(found[1], Record)


def test_without_a_reader_a_document_is_named_and_can_be_imported_another_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", samples.pdf("a"))
    (found,) = read(path, no_reader)
    assert isinstance(found, Broken)


def test_a_page_is_read_without_what_it_points_to(tmp_path: Path) -> None:
    html = "<!doctype html><title>Été &amp; hiver</title><script>evil()</script><h1>H</h1><p>Café</p>"
    found = one(write(tmp_path / "page.html", html.encode("latin-1")))
    assert (found.kind, found.title) == ("file", "Été & hiver")
    assert "Café" in found.body
    assert "evil" not in found.body


def test_plain_text_of_other_kinds_is_a_file(tmp_path: Path) -> None:
    found = one(write(tmp_path / "2026-03-14 comptes.csv", "poste;prix\nété;12\n".encode()))
    assert (found.kind, found.title, found.body) == ("file", "2026-03-14 comptes", "poste;prix\nété;12")
    assert found.date == 1773446400.0


def test_attached_documents_carry_their_text() -> None:
    raw = mail(
        ("application/pdf", "a.pdf", samples.pdf("Le loyer de février")),
        ("application/octet-stream", "b.docx", samples.word(lambda d: d.add_paragraph("Réunion à Genève"))),
    )
    found = message.parse(raw, "o", extract=extract)
    assert [(a.name, a.text) for a in found.attachments] == [
        ("a.pdf", "Le loyer de février"),
        ("b.docx", "Réunion à Genève"),
    ]
    assert found.warnings == ("The message has no date.",)


def test_the_text_of_an_attachment_is_found(vault: Vault, tmp_path: Path) -> None:
    write(tmp_path / "m.eml", mail(("application/pdf", "a.pdf", samples.pdf("Die Miete, le loyer, zygomaticus"))))
    import_paths(vault, [tmp_path], lambda path: resumable(path, extract))
    assert len(vault.library.match(query("zygomaticus"), 5)) == 1


def test_what_is_wrong_with_an_attached_document_is_a_warning_of_the_mail() -> None:
    raw = mail(("application/pdf", "a.pdf", b"%PDF nonsense"), ("application/pdf", "b.pdf", samples.pdf("")))
    found = message.parse(raw, "o", extract=extract)
    assert found.body == "See below."
    assert "“a.pdf”: The file is damaged." in found.warnings
    assert "“b.pdf”: No text in it: scanned pages are not read yet." in found.warnings


def test_a_missing_reader_is_no_warning_of_each_mail() -> None:
    found = message.parse(mail(("application/pdf", "a.pdf", samples.pdf("a"))), "o")
    assert found.warnings == ("The message has no date.",)


def test_the_identity_of_a_mail_does_not_depend_on_its_attachments_text() -> None:
    raw = mail(("application/pdf", "a.pdf", samples.pdf("a")))
    assert message.parse(raw, "o").id() == message.parse(raw, "o", extract=extract).id()


def test_a_mail_of_many_documents_cannot_keep_the_reader_busy() -> None:
    asked: list[str] = []

    def counting(_media_type: str, name: str, _content: bytes) -> Extracted:
        asked.append(name)
        return Extracted("text")

    raw = mail(*(("application/pdf", f"{number}.pdf", b"x") for number in range(MAX_IN_MESSAGE + 5)))
    found = message.parse(raw, "o", extract=counting)
    assert len(asked) == MAX_IN_MESSAGE
    assert len(found.attachments) == MAX_IN_MESSAGE + 5
    assert f"Only its first {MAX_IN_MESSAGE} documents were read." in found.warnings


def test_a_heading_of_a_document_is_the_section_of_what_follows(tmp_path: Path) -> None:
    def fill(document: object) -> None:
        document.add_heading("Garantie", 1)  # type: ignore[attr-defined]
        document.add_paragraph("Deux ans. " * 200)  # type: ignore[attr-defined]

    found = one(write(tmp_path / "a.docx", samples.word(fill)))
    assert chunks.split(found)[-1].context.endswith("Section: Garantie")


@pytest.mark.parametrize("kind", ["pdf", "docx", "odt"])
def test_a_text_named_as_a_document_is_called_damaged(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"a.{kind}", b"just words, and more of them")
    assert list(read(path, extract)) == [Broken(str(path), "The file is damaged.")]
