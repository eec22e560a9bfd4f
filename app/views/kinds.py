"""The kinds of record: their icon, what one is called, and how several are counted."""

from __future__ import annotations

GLYPHS = {
    "mail": "envelope-simple",
    "note": "note",
    "file": "file-text",
    "article": "newspaper",
    "event": "calendar-blank",
    "contact": "user",
}
NAMES = {
    "mail": "kind.mail",
    "note": "kind.note",
    "file": "kind.file",
    "article": "kind.article",
    "event": "kind.event",
    "contact": "kind.contact",
}
COUNTS = {
    "mail": "count.mail",
    "note": "count.note",
    "file": "count.file",
    "article": "count.article",
    "event": "count.event",
    "contact": "count.contact",
}
