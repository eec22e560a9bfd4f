"""ODT (OpenDocument 1.3, ISO/IEC 26300) as text.  Deleted text that changes are tracked of is not part of it."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]

from storage.document_parts import CUT, LOCKED, NO_TEXT, Package, Text, Unreadable
from storage.documents import Extracted
from storage.sources import dates

_SPACES = {
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
}
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_SKIPPED = frozenset({"text:tracked-changes", "office:annotation", "text:note-citation", "office:scripts"})
_MAX_SPACES = 100
_CELLS = ("table:table-cell", "table:covered-table-cell")


def read(content: bytes) -> Extracted:
    """Errors: Unreadable."""
    package = Package(content)
    manifest = package.tree("META-INF/manifest.xml")
    if manifest is not None and any(_name(element) == "manifest:encryption-data" for element in manifest.iter()):
        raise Unreadable(LOCKED)
    root = package.tree("content.xml")
    if root is None:
        raise Unreadable("It is not a document of a word processor.")
    text = Text()
    _walk(root, text)
    title, date = _properties(package.tree("meta.xml"))
    found = text.text()
    warnings = (*((CUT,) if text.full else ()), *(() if found else (NO_TEXT,)))
    return Extracted(found, title or text.first_heading, date, warnings)


def _properties(meta: etree._Element | None) -> tuple[str, float | None]:
    if meta is None:
        return "", None
    stamps = (meta.findtext(f".//{name}") or "" for name in (f"{_DC}date", f"{_META}creation-date"))
    date = next((found for stamp in stamps if (found := dates.of_iso(stamp)) is not None), None)
    return (meta.findtext(f".//{_DC}title") or "").strip(), date


def _walk(root: etree._Element, text: Text) -> None:
    """Text stands before and after every element within a paragraph, so tails count."""
    walker = etree.iterwalk(root, events=("start", "end"))
    skipped: etree._Element | None = None
    for event, element in walker:
        name = _name(element)
        if event == "start":
            if name in _SKIPPED:
                skipped = element
                walker.skip_subtree()
            else:
                _start(name, element, text)
            continue
        if element is skipped:
            skipped = None
        else:
            _end(name, element, text)
        text.write(element.tail)


def _start(name: str, element: etree._Element, text: Text) -> None:
    if name in ("text:p", "text:h"):
        text.begin_paragraph()
    elif name == "table:table-row":
        text.begin_row()
    elif name in _CELLS:
        text.begin_cell()
    elif name == "text:s":
        count = element.get(f"{_TEXT}c") or "1"
        text.write(" " * min(_MAX_SPACES, int(count) if count.isascii() and count.isdigit() else 1))
    elif name == "text:tab":
        text.write("\t")
    elif name == "text:line-break":
        text.write("\n")
    text.write(element.text)


def _end(name: str, element: etree._Element, text: Text) -> None:
    if name == "text:p":
        text.end_paragraph()
    elif name == "text:h":
        level = element.get(f"{_TEXT}outline-level") or "1"
        text.end_paragraph(int(level) if level in "123456" else 6)
    elif name in _CELLS:
        text.end_cell()
    elif name == "table:table-row":
        text.end_row()


def _name(element: etree._Element) -> str:
    """As it is written with the usual prefix."""
    tag = element.tag if isinstance(element.tag, str) else ""
    space, _, local = tag.removeprefix("{").partition("}")
    return f"{_SPACES[space]}:{local}" if space in _SPACES else ""
