"""One message in RFC 5322 form as a `Record`."""

from __future__ import annotations

import re

from storage.documents import Extract, no_reader
from storage.records import Record
from storage.sources import authentication, clean, dates, gmail
from storage.sources.bodies import Shown
from storage.sources.headers import Headers, addresses, identifiers
from storage.sources.mime import Tree

_MAX_WARNINGS = 20
_MAX_REFERENCES = 200
_EMPTY_THEN_HEADER = re.compile(
    rb"[\r\n]++(?:from|to|subject|date|message-id|received|return-path|delivered-to|mime-version):", re.IGNORECASE
)


def parse(
    raw: bytes,
    origin: str,
    folder: str = "",
    envelope: str = "",
    stored: float | None = None,
    extract: Extract = no_reader,
) -> Record:
    """Never raises on damaged input: what could not be read is in `warnings`.

    `envelope` is the "From " line of an mbox, `stored` when the file was written (seconds since the epoch, UTC); both
    only serve where the message itself has no date.  `extract` reads the documents attached to it.  Labels of a Gmail
    export go before `folder`, and become flags.
    """
    tree = Tree(_from_its_header(_with_line_feeds(raw)))
    root = tree.root()
    shown = Shown(tree, extract)
    shown.show(root, is_root=True)
    headers, warnings = root.headers, tree.warnings
    if not headers.fields:
        warnings.append("The message has no header.")
    date = _date(headers, envelope, stored, warnings)
    labels = gmail.labels(headers) if envelope else ()
    own_id = next(iter(identifiers(headers.raw("message-id"))), "")
    return Record(
        kind="mail",
        title=headers.text("subject", warnings),
        body=shown.body(),
        date=date,
        external_id=own_id,
        sender=_sender(headers, warnings),
        recipients=_recipients(headers, warnings),
        references=_references(headers, own_id),
        attachments=tuple(shown.attachments),
        folder=gmail.folder(labels) or folder,
        origin=origin,
        raw=raw,
        warnings=_told(warnings),
        flags=gmail.flags(labels),
        claim=authentication.of(headers),
    )


def _told(warnings: list[str]) -> tuple[str, ...]:
    """Each once and not too many; cleaned, for some quote the message."""
    quiet: list[str] = []
    return tuple(clean.line(warning, quiet) for warning in list(dict.fromkeys(warnings))[:_MAX_WARNINGS])


def _with_line_feeds(raw: bytes) -> bytes:
    """Old Macintosh files end lines with a carriage return alone."""
    if b"\n" not in raw and b"\r" in raw:
        return raw.replace(b"\r", b"\n")
    return raw


def _from_its_header(raw: bytes) -> bytes:
    """Without the byte order mark and empty lines that some exports put before the header."""
    bare = raw.removeprefix(b"\xef\xbb\xbf")
    return bare.lstrip(b"\r\n") if _EMPTY_THEN_HEADER.match(bare) else bare


def _sender(headers: Headers, warnings: list[str]) -> str:
    for name in ("from", "sender", "reply-to", "return-path"):
        found = addresses(headers.raw(name), warnings)
        if found:
            return found[0]
    return ""


def _recipients(headers: Headers, warnings: list[str]) -> tuple[str, ...]:
    """To, Cc and Bcc, however often each occurs."""
    fields = [value for name in ("to", "cc", "bcc") for value in headers.all_raw(name)]
    return tuple(dict.fromkeys(each for value in fields for each in addresses(value, warnings)))


def _references(headers: Headers, own_id: str) -> tuple[str, ...]:
    """References, then In-Reply-To where it adds one: the direct parent comes last."""
    found = [name for value in headers.all_raw("references") for name in identifiers(value)]
    found += [name for name in identifiers(headers.raw("in-reply-to")) if name not in found]
    return tuple(name for name in dict.fromkeys(found) if name != own_id)[-_MAX_REFERENCES:]


def _date(headers: Headers, envelope: str, stored: float | None, warnings: list[str]) -> float | None:
    stated = headers.ascii("date")
    if (date := dates.of_mail(stated)) is not None:
        return date
    problem = f"The date “{stated[:60]}” makes no sense" if stated else "The message has no date"
    others = (
        (dates.of_received(headers.all_raw("received")), "when a server received it"),
        (dates.of_mail(headers.ascii("delivery-date")), "when it was delivered"),
        (dates.of_envelope(envelope), "the mailbox's own mark"),
        (dates.sane(stored), "when its file was written"),
    )
    for date, source in others:
        if date is not None:
            warnings.append(f"{problem}; {source} was taken instead.")
            return date
    warnings.append(f"{problem}.")
    return None
