"""The only importer of pypdfium2: the text of a PDF, page after page."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from storage.document_parts import CUT, DAMAGED, LOCKED, Unreadable
from storage.documents import MAX_PAGES, MAX_TEXT, Extracted
from storage.sources import dates

_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
_HYPHEN = re.compile("(?:\ufffe|\x02)\r?\n?|\u00ad\r?\n")  # a word that was divided at the end of a line
_PROGRAM = re.compile(r"(?:Microsoft (?:Office )?Word|Writer|Microsoft PowerPoint) ?- ?", re.IGNORECASE)
_NO_TITLE = re.compile(r"(?:untitled|sans titre|document|\s*)\d*$", re.IGNORECASE)


def warm() -> None:
    """Initialise the library while files can still be opened."""
    pypdfium2.PdfDocument.new().close()


def read(content: bytes) -> Extracted:
    """Errors: Unreadable."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        raise Unreadable(LOCKED if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY) else DAMAGED) from error
    try:
        return _read(document)
    finally:
        document.close()


def _read(document: Any) -> Extracted:
    count = len(document)
    warnings: list[str] = []
    if count > MAX_PAGES:
        warnings.append(f"Only its first {MAX_PAGES:,} of {count:,} pages were read.")
    texts, left, damaged = [], MAX_TEXT, 0
    for number in range(min(count, MAX_PAGES)):
        text = _page(document, number)
        if text is None:
            damaged += 1
            continue
        texts.append(text[:left])
        left -= len(text)
        if left <= 0:
            warnings.append(CUT)
            break
    if damaged:
        warnings.append(f"{damaged} of its {count:,} pages are damaged.")
    found = "\n\n".join(text for text in texts if text)
    if not found:
        warnings.append("No text in it: scanned pages are not read yet.")
    title, date = _properties(document)
    return Extracted(found, title, date, tuple(warnings))


def _page(document: Any, number: int) -> str | None:
    """The text of one page; None where it cannot be loaded."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return None
    try:
        text_page = page.get_textpage()
        try:
            text = str(text_page.get_text_bounded(errors="replace"))
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return None
    finally:
        page.close()
    return _HYPHEN.sub("", text.replace("\0", "")).replace("\r\n", "\n").strip()


def _properties(document: Any) -> tuple[str, float | None]:
    fields = document.get_metadata_dict(skip_empty=True)
    title = _PROGRAM.sub("", fields.get("Title", "").strip())
    title = "" if _NO_TITLE.match(title) else title
    stamps = (fields.get(name, "") for name in ("ModDate", "CreationDate"))
    return title, next((found for stamp in stamps if (found := date_of(stamp)) is not None), None)


def date_of(stamp: str) -> float | None:
    """ISO 32000-2 section 7.9.4: "D:20260314101500+01'00'", each part but the year optional."""
    match = _DATE.match(stamp.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, _, sign, over, under = match.groups()
    zone = f"{sign}{over}:{under or '00'}" if sign else "Z"
    time = f"{hour or '00'}:{minute or '00'}:{second or '00'}"
    return dates.of_iso(f"{year}-{month or '01'}-{day or '01'}T{time}{zone}")
