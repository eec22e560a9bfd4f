"""What the readers of office documents share: a bounded look into a ZIP file, safe XML, text in reading order."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

from storage.documents import MAX_TEXT

MAX_EXPANDED = 64 * 1024 * 1024  # bytes of all parts that are read of one document
MAX_RATIO = 200  # XML hardly exceeds 50; deflate reaches 1,032
_SMALL = 4 * 1024 * 1024  # bytes below which the ratio says nothing
_MAX_MEMBERS = 10_000
_MAX_ROW = 2_000  # characters of a table row that are shown in one line
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Office makes of a file with a password, and its old formats


class Unreadable(Exception):
    """A document that cannot be read at all; the text is a sentence for the user."""


DAMAGED = "The file is damaged."
LOCKED = "It is protected by a password and cannot be read here."
NO_TEXT = "No text in it."
CUT = f"Only its first {MAX_TEXT:,} characters were read."


class Package:
    """The parts of a ZIP file, by name.  Errors: Unreadable."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(_OLE):
            raise Unreadable("It is protected by a password, or in a format of before 2007; it cannot be read here.")
        try:
            self._file = zipfile.ZipFile(io.BytesIO(content))
            names = self._file.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeError, OverflowError) as error:
            raise Unreadable(DAMAGED) from error
        if len(names) > _MAX_MEMBERS:
            raise Unreadable("It has more parts than a document has.")
        self._left = MAX_EXPANDED

    def part(self, name: str) -> bytes | None:
        """The part, or None where there is none of this name."""
        try:
            member = self._file.getinfo(name)
        except KeyError:
            return None
        if member.flag_bits & 1:
            raise Unreadable(LOCKED)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("It is packed in a way that documents are not.")
        try:
            with self._file.open(member) as packed:
                data = packed.read(self._left + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
            raise Unreadable(DAMAGED) from error
        tight = len(data) > _SMALL and len(data) > MAX_RATIO * max(1, member.compress_size)
        if len(data) > self._left or tight:
            raise Unreadable("It unpacks to far more than it should; it may be made to do harm.")
        self._left -= len(data)
        return data

    def tree(self, name: str) -> etree._Element | None:
        """The part as XML.  Nothing outside the part is looked up; entities and document types are refused."""
        data = self.part(name)
        if data is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise Unreadable(DAMAGED) from error
        if root.getroottree().docinfo.doctype:
            raise Unreadable("It declares a document type, which no document of its kind does.")
        return root


@dataclass
class Text:
    """Gathers paragraphs and tables in reading order.  Headings become "# …", which the chunks take for sections."""

    first_heading: str = ""
    full: bool = False
    _left: int = MAX_TEXT
    _paragraphs: list[list[str]] = field(default_factory=list)  # open ones; a text box is a paragraph in a paragraph
    _blocks: list[list[str]] = field(default_factory=lambda: [[]])  # the page, then open cells
    _rows: list[list[str]] = field(default_factory=list)

    def begin_paragraph(self) -> None:
        self._paragraphs.append([])

    def write(self, text: str | None) -> None:
        if not text or not self._paragraphs or self.full:
            return
        self._paragraphs[-1].append(text[: self._left])
        self._left -= len(text)
        self.full = self._left <= 0

    def end_paragraph(self, level: int = 0) -> None:
        """`level`: of a heading, from 1; 0 for a paragraph."""
        text = "".join(self._paragraphs.pop()).strip()
        if not text:
            return
        if level and len(self._blocks) == 1:
            text = " ".join(text.split())
            self.first_heading = self.first_heading or text
            text = "#" * min(level, 6) + " " + text
        self._blocks[-1].append(text)

    def begin_row(self) -> None:
        self._rows.append([])

    def begin_cell(self) -> None:
        self._blocks.append([])

    def end_cell(self) -> None:
        text = " ".join(" ".join(self._blocks.pop()).split())
        if self._rows and text:
            self._rows[-1].append(text)

    def end_row(self) -> None:
        row = self._rows.pop()
        if sum(map(len, row)) > _MAX_ROW:
            self._blocks[-1].extend(row)  # a table that arranges a page
        elif row:
            self._blocks[-1].append(" | ".join(row))

    def text(self) -> str:
        return "\n\n".join(self._blocks[0])
