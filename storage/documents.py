"""The port between the sources and whoever reads documents: PDF, DOCX and ODT come from strangers and are read apart.

The parsers run in a worker process (`storage.documents_worker`); the sources know only `Extract`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

DocumentKind = Literal["pdf", "docx", "odt"]

MAX_DOCUMENT = 64 * 1024 * 1024  # bytes that are given to a parser
MAX_TEXT = 2_000_000  # characters that are taken from one document
MAX_PAGES = 2_000
SECONDS = 20.0  # for one document; then its reader is ended
MAX_IN_MESSAGE = 20  # documents of one message that are opened, so that a mail cannot keep the reader busy for hours

_MEDIA_TYPES: dict[str, DocumentKind] = {
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template": "docx",
    "application/vnd.ms-word.document.macroenabled.12": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.text-template": "odt",
}
_SUFFIXES: dict[str, DocumentKind] = {
    "pdf": "pdf",
    "docx": "docx",
    "docm": "docx",
    "dotx": "docx",
    "odt": "odt",
    "ott": "odt",
}


@dataclass(frozen=True)
class Extracted:
    """What a document says.  `date`: when it was last written, by its own metadata; seconds since the epoch, UTC.

    `warnings` are sentences for the user.  `failure` is the sentence where nothing could be read at all.  `absent`:
    there is no reader, which is no fault of this document and is told once for all of them.
    """

    text: str = ""
    title: str = ""
    date: float | None = None
    warnings: tuple[str, ...] = ()
    failure: str = ""
    absent: bool = False


Extract = Callable[[str, str, bytes], Extracted]  # media type, file name, content; never raises; any thread


def no_reader(_media_type: str, _name: str, _content: bytes) -> Extracted:
    """An `Extract` for where documents are not opened."""
    return Extracted(failure="Documents are not opened here.", absent=True)


def kind(media_type: str, name: str) -> DocumentKind | None:
    """Which parser reads it, by media type and else by the name's ending; None for what is no document."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return _MEDIA_TYPES.get(media_type.lower()) or _SUFFIXES.get(suffix)
