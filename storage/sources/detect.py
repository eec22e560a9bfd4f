"""What kind of file this is, by its content first and its name second."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from storage import documents

FileKind = Literal[
    "mbox",
    "message",
    "apple message",
    "note",
    "calendar",
    "contacts",
    "document",
    "page",  # HTML
    "text",
    "archive",
    "empty",
    "unknown",
]

HEAD = 8 * 1024  # bytes that are looked at

_NOTE_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".txt", ".text"})
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".rst", ".org", ".tex", ".adoc", ".log"})
_PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html\b)", re.IGNORECASE)
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:(VCALENDAR|VCARD)[ \t]*[\r\n]", re.IGNORECASE)
_MESSAGE_SUFFIXES = frozenset({".eml", ".mai", ".email"})
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_MAIL_FIELD = re.compile(
    rb"^(?:from|to|cc|subject|date|message-id|received|return-path|delivered-to|mime-version|reply-to|sender)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_ENVELOPE = re.compile(rb"(?:\xef\xbb\xbf)?\s*From (?:.{0,400}\d{4}|- |\S{1,320}[ \t]*\r?\n[!-9;-~]{1,100}:)")
_LIST_ARCHIVE = re.compile(
    rb"From .{1,400}\d\d:\d\d:\d\d .{0,20}\d{4}\r?\n[!-9;-~]{1,100}:"
)  # as Mailman offers them, .txt
_MAILDIR_NAME = re.compile(r":2,[A-Za-z]*$|^\d{9,10}\.[^.]+\.")


def kind(path: Path, head: bytes, in_maildir: bool) -> FileKind:
    """`head`: the first `HEAD` bytes of the file.  A file in a Maildir is a message whatever it looks like."""
    suffix = path.suffix.lower()
    if not head:
        return "empty"
    if suffix in _NOTE_SUFFIXES and not in_maildir:
        return "mbox" if _LIST_ARCHIVE.match(head) else "note"
    if suffix == ".emlx" and head[:12].split(b"\n")[0].strip().isdigit():
        return "apple message"
    if _ENVELOPE.match(head):
        return "mbox"
    if suffix in _MESSAGE_SUFFIXES or in_maildir or _MAILDIR_NAME.search(path.name):
        return "unknown" if _is_binary(head) else "message"
    if match := _OBJECT.match(head):
        return "calendar" if match[1].upper() == b"VCALENDAR" else "contacts"
    if documents.kind("", path.name) is not None:
        return "document"
    if suffix == ".zip" and head.startswith(b"PK"):
        return "archive"
    return _of_text(suffix, head)


def _of_text(suffix: str, head: bytes) -> FileKind:
    if _is_binary(head):
        return "unknown"
    if _looks_like_message(head):
        return "message"
    if suffix in _PAGE_SUFFIXES or _PAGE.match(head):
        return "page"
    if suffix in _TEXT_SUFFIXES:
        return "text"
    return "unknown" if suffix else "note"


def _looks_like_message(head: bytes) -> bool:
    header = re.split(rb"\r?\n\r?\n", head.lstrip(b"\xef\xbb\xbf\r\n"), maxsplit=1)[0]
    return _FIELD.match(header) is not None and len(set(_MAIL_FIELD.findall(header))) >= 2 and not _is_binary(header)


def _is_binary(head: bytes) -> bool:
    """NUL bytes or many control characters: no text, nor a message with text at its head."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    controls = sum(head.count(bytes([code])) for code in (*range(7), *range(14, 27), *range(28, 32)))
    return head.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")) or controls * 50 > len(head)
