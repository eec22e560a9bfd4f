"""Real PDF, DOCX and ODT files for the tests, and damaged and hostile ones."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import docx
import odfdo

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(*pages: str, info: str = "", trailer: str = "") -> bytes:
    """A PDF of one line of text for each page; no page text, no font.  `info`, `trailer`: raw PDF, in Latin-1."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for text in pages:
        shown = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        stream = f"BT /F1 12 Tf 72 720 Td ({shown}) Tj ET" if text else ""
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
        font = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R"
            f" /Resources << /Font {font} >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    if info:
        objects.append(f"<< {info} >>")
        trailer += f" /Info {len(objects)} 0 R"
    return _written(objects, trailer)


def _written(objects: list[str], trailer: str) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def locked_pdf() -> bytes:
    """One that asks for a password: no empty one fits its check value."""
    key = "(" + "x" * 32 + ")"
    return pdf("secret", trailer=f" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O {key} /U {key} >> /ID [(a) (a)]")


def looped_pdf() -> bytes:
    """A tree of pages that is its own child."""
    return _written(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"], "")


def word(fill: Any = None, title: str = "", modified: datetime | None = None) -> bytes:
    """As Word writes it, by way of python-docx; `fill` gets the document."""
    document = docx.Document()
    if fill is not None:
        fill(document)
    if title:
        document.core_properties.title = title
    if modified is not None:
        document.core_properties.modified = modified
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def odt(*elements: Any, title: str = "") -> bytes:
    """As LibreOffice writes it, by way of odfdo."""
    document = odfdo.Document("text")
    document.body.clear()
    for element in elements:
        document.body.append(element)
    if title:
        document.meta.title = title
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


def word_of(body: str, prolog: str = "", parts: dict[str, bytes] | None = None) -> bytes:
    """A DOCX with this XML in its body."""
    xml = f'<?xml version="1.0"?>{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return zipped({"word/document.xml": xml.encode(), **(parts or {})})


def word_bomb() -> bytes:
    """300 MB of spaces in 300 KB."""
    return word_of("<w:p><w:r><w:t>" + " " * 300_000_000 + "</w:t></w:r></w:p>")
