"""Files of their own that are no mail and no note: documents, HTML pages, plain text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from storage.documents import Extract
from storage.records import Broken, Record
from storage.sources import charsets, clean, dates

MAX_TEXT = 2_000_000  # characters

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{1,1000})</title", re.IGNORECASE)
_HEADING = re.compile(r"<h[1-3]\b[^>]{0,500}>(.{1,2000}?)</h[1-3]", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,1000}>")


@dataclass(frozen=True)
class Place:
    """Where a file lies.  `modified`: seconds since the epoch."""

    name: str
    origin: str
    folder: str
    modified: float


def document(data: bytes, place: Place, extract: Extract) -> Record | Broken:
    """PDF, DOCX, ODT.  One that holds no text or is locked is still a file that can be found by its name."""
    found = extract("", place.name, data)
    if found.failure and (found.absent or not _is_locked(found.failure)):
        return Broken(place.origin, found.failure)
    warnings = [*found.warnings, *((found.failure,) if found.failure else ())]
    return _record(found.title, found.text, found.date, data, place, warnings)


def page(data: bytes, place: Place) -> Record:
    """HTML, without anything that it points to."""
    warnings: list[str] = []
    label = _CHARSET.search(data[:4096])
    source = charsets.decode(data, label[1].decode("ascii") if label else None, warnings)
    title = _TITLE.search(source[:100_000]) or _HEADING.search(source[:200_000])
    from storage.sources import html_text  # lxml and inscriptis, only where there is a page

    text = clean.body(html_text.to_text(source, warnings), warnings)
    return _record(html.unescape(_TAG.sub("", title[1])) if title else "", text, None, data, place, warnings)


def text(data: bytes, place: Place) -> Record:
    warnings: list[str] = []
    return _record("", clean.body(charsets.of_file(data, warnings), warnings), None, data, place, warnings)


def _is_locked(failure: str) -> bool:
    return "password" in failure


def _record(title: str, body: str, date: float | None, data: bytes, place: Place, warnings: list[str]) -> Record:
    quiet: list[str] = []
    if len(body) > MAX_TEXT:
        warnings.append(f"Only its first {MAX_TEXT:,} characters were read.")
    if date is None:
        date = dates.of_file_name(place.name) or dates.sane(place.modified)
    name = place.name.encode("utf-8", "replace").decode("utf-8", "replace")
    stem = name.rpartition(".")[0] or name
    return Record(
        kind="file",
        title=clean.line(title, quiet)[:300] or clean.line(stem, quiet),
        body=body[:MAX_TEXT].strip("\n"),
        date=date,
        folder=place.folder,
        origin=place.origin,
        raw=data,
        warnings=tuple(dict.fromkeys(warnings)),
    )
