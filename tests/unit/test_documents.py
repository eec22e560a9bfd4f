"""PDF, DOCX and ODT as text: what a reader sees, and nothing that a stranger hides in the format."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import odfdo
import pytest

from storage import document_parts
from storage.document_pdf import date_of
from storage.documents import MAX_PAGES, MAX_TEXT, Extracted, kind
from storage.documents_worker import extract
from tests.unit import document_samples as samples


def pdf(*pages: str, **fields: Any) -> Extracted:
    return extract("application/pdf", "x", samples.pdf(*pages, **fields))


def word(content: bytes) -> Extracted:
    return extract("", "x.docx", content)


def odt(content: bytes) -> Extracted:
    return extract("", "x.odt", content)


@pytest.mark.parametrize(
    ("media_type", "name", "expected"),
    [
        ("application/pdf", "", "pdf"),
        ("application/octet-stream", "Facture.PDF", "pdf"),
        ("application/vnd.oasis.opendocument.text", "x", "odt"),
        ("", "macro.docm", "docx"),
        ("application/zip", "a.zip", None),
        ("", "docx", None),
    ],
)
def test_a_document_is_told_by_media_type_or_name(media_type: str, name: str, expected: str | None) -> None:
    assert kind(media_type, name) == expected


def test_the_pages_of_a_pdf_come_in_order_with_their_accents() -> None:
    found = pdf("Le loyer de février est payé (1 250 €).", "Deuxième page")
    assert found.text == "Le loyer de février est payé (1 250 €).\n\nDeuxième page"
    assert (found.failure, found.warnings) == ("", ())


def test_title_and_date_of_a_pdf_come_from_its_metadata() -> None:
    found = pdf("text", info="/Title (Microsoft Word - Bail de l'\\351t\\351) /ModDate (D:20260314101500+01'00')")
    assert found.title == "Bail de l'été"
    assert found.date == datetime(2026, 3, 14, 9, 15, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("D:2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("D:20260314", datetime(2026, 3, 14, tzinfo=UTC)),
        ("20260314101500Z", datetime(2026, 3, 14, 10, 15, tzinfo=UTC)),
        ("D:20260314101500-05'30", datetime(2026, 3, 14, 15, 45, tzinfo=UTC)),
        ("D:99999999999999", None),
        ("yesterday", None),
    ],
)
def test_dates_of_pdf_files(stamp: str, expected: datetime | None) -> None:
    assert date_of(stamp) == (expected.timestamp() if expected else None)


def test_a_pdf_without_text_says_that_scans_are_not_read() -> None:
    found = pdf("", "")
    assert found.text == ""
    assert found.warnings == ("No text in it: scanned pages are not read yet.",)


def test_a_pdf_with_a_password_says_so() -> None:
    assert extract("application/pdf", "x", samples.locked_pdf()).failure == document_parts.LOCKED


@pytest.mark.parametrize("cut", [20, 200, 400])
def test_a_truncated_pdf_is_damaged_or_read_as_far_as_it_goes(cut: int) -> None:
    found = extract("application/pdf", "x", samples.pdf("Hello")[:cut])
    assert found.failure == "The file is damaged."


def test_a_pdf_whose_pages_contain_themselves_ends() -> None:
    found = extract("application/pdf", "x", samples.looped_pdf())
    assert found.text == ""


def test_only_the_first_pages_of_an_endless_pdf_are_read() -> None:
    found = pdf(*(f"page {number}" for number in range(10_000)))
    assert found.warnings == (f"Only its first {MAX_PAGES:,} of 10,000 pages were read.",)
    assert found.text.endswith("page 1999")


def test_headings_paragraphs_and_tables_of_word() -> None:
    def fill(document: Any) -> None:
        document.add_heading("Compte rendu", 1)
        document.add_paragraph("Nous étions à Genève.\nEt à Lyon.")
        table = document.add_table(2, 2)
        for row, texts in enumerate((("Poste", "Prix"), ("Peinture", "1 250 €"))):
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        document.add_heading("Suite", 2)

    found = word(samples.word(fill, "Été", datetime(2026, 3, 14, 10, tzinfo=UTC)))
    assert found.text == (
        "# Compte rendu\n\nNous étions à Genève.\nEt à Lyon.\n\nPoste | Prix\n\nPeinture | 1 250 €\n\n## Suite"
    )
    assert (found.title, found.date) == ("Été", datetime(2026, 3, 14, 10, tzinfo=UTC).timestamp())


def test_the_title_of_word_falls_back_on_its_first_heading() -> None:
    def fill(document: Any) -> None:
        document.add_paragraph("before")
        document.add_heading("Projet", 1)

    assert word(samples.word(fill)).title == "Projet"


def test_text_that_word_hides_is_left_out_and_noted() -> None:
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>pay me</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>"
    found = word(samples.word_of(hidden))
    assert found.text == "seen"
    assert found.warnings == ("Text hidden from the reader was left out (6 characters).",)


def test_deleted_text_is_no_part_of_word_and_a_text_box_counts_once() -> None:
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:p><w:r><w:t>box</w:t></w:r></w:p>"
    body = (
        "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:t>new</w:t></w:r>"
        f"<mc:AlternateContent {mc}><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
        "</w:p>"
    )
    assert word(samples.word_of(body)).text == "box\n\nnew"


def test_headings_spaces_tables_and_notes_of_odt() -> None:
    paragraph = odfdo.Paragraph("Café  à\tdix heures")
    table = odfdo.Table("t", width=2, height=1)
    table.set_value("A1", "à")
    table.set_value("B1", "b")
    found = odt(samples.odt(odfdo.Header(1, "Réunion"), paragraph, table, title="Titre écrit"))
    assert found.text == "# Réunion\n\nCafé  à\tdix heures\n\nà | b"
    assert found.title == "Titre écrit"
    assert found.date is not None


def test_what_was_deleted_from_odt_is_no_part_of_it() -> None:
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    xml = (
        f'<office:document-content xmlns:office="{office}" xmlns:text="{text}"><office:body><office:text>'
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        "<text:p>a<text:span>b</text:span>c<text:s text:c='3'/>d</text:p></office:text></office:body>"
        "</office:document-content>"
    )
    assert odt(samples.zipped({"content.xml": xml.encode()})).text == "abc   d"


def test_an_encrypted_odt_says_so() -> None:
    manifest = (
        '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        "<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
    )
    parts = {"META-INF/manifest.xml": manifest.encode(), "content.xml": b"noise"}
    assert odt(samples.zipped(parts)).failure == document_parts.LOCKED


def test_a_word_file_with_a_password_says_so() -> None:
    assert "password" in word(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)).failure


def test_a_zip_bomb_is_refused() -> None:
    found = word(samples.word_bomb())
    assert found.failure == "It unpacks to far more than it should; it may be made to do harm."


def test_parts_that_overlap_count_each_time_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_parts, "MAX_EXPANDED", 1_000)
    notes = f'<w:footnotes xmlns:w="{samples.WORD}">{" " * 900}</w:footnotes>'.encode()
    found = word(samples.word_of("<w:p/>" + " " * 600, parts={"word/footnotes.xml": notes}))
    assert "unpacks" in found.failure


def test_external_entities_are_refused_and_not_read(tmp_path: Any) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary")
    prolog = f'<!DOCTYPE d [<!ENTITY e SYSTEM "file://{secret}">]>'
    found = word(samples.word_of("<w:p><w:r><w:t>&e;</w:t></w:r></w:p>", prolog))
    assert found.failure == "It declares a document type, which no document of its kind does."
    assert "canary" not in repr(found)


def test_entities_that_multiply_are_refused_at_once() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    prolog = f'<!DOCTYPE d [<!ENTITY e0 "ha">{levels}]>'
    for body in ("<w:p><w:r><w:t>&e11;</w:t></w:r></w:p>", '<w:p w:x="&e11;"/>'):
        assert word(samples.word_of(body, prolog)).failure


def test_tables_in_tables_end_somewhere() -> None:
    depth = 5_000
    body = "<w:tbl><w:tr><w:tc><w:p/>" * depth + "</w:tc></w:tr></w:tbl>" * depth
    assert word(samples.word_of(body)).failure == "The file is damaged."


def test_a_relation_that_leads_out_is_not_followed() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r"'
        ' Type="http://x/officeDocument" Target="http://127.0.0.1:1/evil.xml" TargetMode="External"/></Relationships>'
    )
    found = word(samples.word_of("<w:p><w:r><w:t>inside</w:t></w:r></w:p>", parts={"_rels/.rels": relations.encode()}))
    assert found.text == "inside"


@pytest.mark.parametrize("name", ["x.docx", "x.odt"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"plain text", samples.word()[:3000]])
def test_damaged_office_files_are_called_so(name: str, content: bytes) -> None:
    assert extract("", name, content).failure == "The file is damaged."


def test_a_package_without_a_document_is_not_one() -> None:
    assert "word processor" in word(samples.zipped({"a.txt": b"a"})).failure


def test_very_long_text_is_cut_and_said_so() -> None:
    paragraph = "<w:p><w:r><w:t>" + "mot " * 1_000 + "</w:t></w:r></w:p>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:  # stored, so that its ratio says nothing
        body = paragraph * 600
        file.writestr("word/document.xml", f'<w:document xmlns:w="{samples.WORD}"><w:body>{body}</w:body></w:document>')
    found = word(out.getvalue())
    assert len(found.text) == MAX_TEXT
    assert found.warnings == (document_parts.CUT,)
