"""What runs inside `nuee --worker documents`: bytes of strangers through parsers that may be broken by them.

The process gets 1 GiB of address space and, once everything is imported, no further file descriptor: it can open no
file and no connection from then on.  Time is limited from outside, by ending the process.
"""

from __future__ import annotations

import contextlib
import encodings.cp437  # loaded now, since no file can be opened once the limits stand
import encodings.idna
import encodings.utf_16
import encodings.utf_16_le
import encodings.utf_32  # noqa: F401
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from storage import document_docx, document_odt, document_pdf
from storage.document_parts import Unreadable
from storage.documents import MAX_TEXT, DocumentKind, Extracted, kind
from storage.sources import clean
from storage.worker_port import Handler, Reply

ADDRESS_SPACE = 1024 * 1024 * 1024  # bytes
_MAX_TITLE = 300
_READERS: dict[DocumentKind, Callable[[bytes], Extracted]] = {
    "pdf": document_pdf.read,
    "docx": document_docx.read,
    "odt": document_odt.read,
}


def service() -> dict[str, Handler]:
    """Handlers by operation; the limits of this process stand from now on, for good."""
    document_pdf.warm()
    confine()
    return {"ready": lambda _args, _reply: {}, "extract": _extract}


def confine() -> None:
    """POSIX alone has these limits; elsewhere the process is still a separate one that time ends."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _extract(args: dict[str, Any], _reply: Reply) -> Mapping[str, Any]:
    return asdict(extract(str(args["media_type"]), str(args["name"]), bytes(args["content"])))


def extract(media_type: str, name: str, content: bytes) -> Extracted:
    """Never raises: what cannot be read is in `failure`."""
    which = kind(media_type, name)
    if which is None:
        return Extracted(failure="It is not a kind of document that is read.")
    try:
        found = _READERS[which](content)
    except Unreadable as reason:
        return Extracted(failure=str(reason))
    except MemoryError:
        return Extracted(failure="Reading it would take more memory than one document may.")
    warnings = list(found.warnings)
    text = clean.body(found.text, warnings).strip("\n")[:MAX_TEXT]
    title = clean.line(found.title, warnings)[:_MAX_TITLE]
    return Extracted(text, title, found.date, tuple(dict.fromkeys(warnings)))
