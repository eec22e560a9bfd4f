"""DOCX (ECMA-376, ISO/IEC 29500) as text: the main part with its notes.

Macros, fields and links that lead out are not touched.
"""

from __future__ import annotations

import posixpath
import re

from lxml import etree  # type: ignore[import-untyped]

from storage.document_parts import CUT, NO_TEXT, Package, Text, Unreadable
from storage.documents import Extracted
from storage.sources import dates

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text once more
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")


def read(content: bytes) -> Extracted:
    """Errors: Unreadable."""
    package = Package(content)
    name = _main_part(package)
    root = package.tree(name)
    if root is None:
        raise Unreadable("It is not a document of a word processor.")
    text = Text()
    reading = _Reading(text, _headings(package.tree(posixpath.join(posixpath.dirname(name), "styles.xml"))))
    reading.walk(root)
    for notes in _NOTES:
        if (tree := package.tree(notes)) is not None:
            reading.walk(tree)
    title, date = _properties(package.tree("docProps/core.xml"))
    warnings = [CUT] if text.full else []
    if reading.hidden:
        warnings.append(f"Text hidden from the reader was left out ({reading.hidden} characters).")
    found = text.text()
    return Extracted(found, title or text.first_heading, date, (*warnings, *(() if found else (NO_TEXT,))))


def _main_part(package: Package) -> str:
    """By the package's relationships (ECMA-376 part 2); an external target is no part and is not followed."""
    relations = package.tree("_rels/.rels")
    for relation in relations if relations is not None else ():
        internal = relation.get("TargetMode") != "External"
        if internal and (relation.get("Type") or "").endswith("/officeDocument"):
            return posixpath.normpath((relation.get("Target") or "").lstrip("/"))
    return "word/document.xml"


def _headings(styles: etree._Element | None) -> dict[str, int]:
    """Style id → level of heading.  Ids are in the language of whoever wrote it, names are not."""
    found: dict[str, int] = {}
    for style in styles if styles is not None else ():
        if _local(style) != "style":
            continue
        name = next((_value(child) for child in style if _local(child) == "name"), "")
        if match := _HEADING.match(name):
            found[_attribute(style, "styleId")] = int(match[1])
        elif name.lower() == "title":
            found[_attribute(style, "styleId")] = 1
    return found


def _properties(core: etree._Element | None) -> tuple[str, float | None]:
    if core is None:
        return "", None
    stamps = (core.findtext(f"{_TERMS}{name}") or "" for name in ("modified", "created"))
    date = next((found for stamp in stamps if (found := dates.of_iso(stamp)) is not None), None)
    return (core.findtext(f"{_DC}title") or "").strip(), date


class _Reading:
    """One walk over the elements, without recursion."""

    def __init__(self, text: Text, headings: dict[str, int]) -> None:
        self.hidden = 0
        self._text = text
        self._headings = headings
        self._levels: list[int] = []
        self._run_is_hidden = False

    def walk(self, root: etree._Element) -> None:
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                if element.tag == _FALLBACK:
                    walker.skip_subtree()
                else:
                    self._start(element)
            elif element.tag != _FALLBACK:
                self._end(element)

    def _start(self, element: etree._Element) -> None:
        name, text = _local(element), self._text
        if name == "p":
            self._levels.append(0)
            text.begin_paragraph()
        elif name == "pStyle" and self._levels:
            self._levels[-1] = self._headings.get(_value(element), 0)
        elif name == "r":
            self._run_is_hidden = False
        elif name == "vanish":
            self._run_is_hidden = _value(element) not in ("0", "false", "off")
        elif name == "t":
            if self._run_is_hidden:
                self.hidden += len(element.text or "")
            else:
                text.write(element.text)
        elif name == "tab" and _local(element.getparent()) == "r":
            text.write("\t")
        elif name in ("br", "cr"):
            text.write("\n")
        elif name == "noBreakHyphen":
            text.write("-")
        elif name == "tr":
            text.begin_row()
        elif name == "tc":
            text.begin_cell()

    def _end(self, element: etree._Element) -> None:
        name = _local(element)
        if name == "p":
            self._text.end_paragraph(self._levels.pop())
        elif name == "tc":
            self._text.end_cell()
        elif name == "tr":
            self._text.end_row()


def _local(element: etree._Element) -> str:
    """The name within the word processor's namespace, else an empty string."""
    tag = element.tag if isinstance(element.tag, str) else ""
    for space in (_W, _STRICT):
        if tag.startswith(space):
            return tag[len(space) :]
    return ""


def _attribute(element: etree._Element, name: str) -> str:
    return element.get(_W + name) or element.get(_STRICT + name) or ""


def _value(element: etree._Element) -> str:
    return _attribute(element, "val")
