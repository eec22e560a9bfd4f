"""What is said about a record above its text: who, when, where, and from which source it came."""

from __future__ import annotations

from app.results import RecordView
from app.views.plain import one_line
from app.views.wording import Words

_SCHEMES = ("https://", "http://")
_PRIORITIES = {"low": "mark.low", "high": "mark.high"}
_FLAGS = {"flagged": "flag.starred", "answered": "flag.answered", "draft": "flag.draft"}


def facts(record: RecordView, words: Words) -> list[tuple[str, str]]:
    """(name, value) of what there is, in the order in which it is shown."""
    kind = record.kind
    attachments = ", ".join(f"{one.name} ({words.size(one.size)})" for one in record.attachments)
    sender, recipients = _people(kind)
    shown = [
        (words(sender), record.sender),
        (words(recipients), ", ".join(record.recipients)),
        (words("reader.when" if kind == "event" else "reader.date"), span(record, words)),
        (words("reader.attachments"), attachments),
        (words("reader.folder"), record.folder if kind == "mail" else ""),
        (words("reader.source"), record.source),
        (words("reader.origin"), "" if kind == "mail" else record.origin),
        (words("reader.flags"), ", ".join(flags(record, words))),
        (words("reader.labels"), ", ".join(marks(record, words))),
        (words("reader.verified"), _verified(record, words)),
    ]
    return [(name, value) for name, value in shown if value]


def span(record: RecordView, words: Words) -> str:
    """When it was, or from when to when."""
    begin, end = words.date(record.date, time=True), record.ends
    if record.kind != "event" or not end or end == record.date:
        return begin
    same_day = words.date(record.date) == words.date(end)
    return words("reader.from_to", begin=begin, end=words.time(end) if same_day else words.date(end, time=True))


def flags(record: RecordView, words: Words) -> list[str]:
    """What the mailbox knows of a mail: unread, starred, answered, draft."""
    if record.kind != "mail" or not (record.flags or record.source):
        return []  # imported by hand: nobody says whether it was read
    unread = [words("flag.unread")] if "seen" not in record.flags else []
    return unread + [words(_FLAGS[flag]) for flag in record.flags if flag in _FLAGS]


def marks(record: RecordView, words: Words) -> list[str]:
    """What the agent found a mail to be."""
    found = [one_line(label) for label in record.labels]
    if record.priority in _PRIORITIES:
        found.append(words(_PRIORITIES[record.priority]))
    return [*found, words("mark.answer")] if record.needs_answer else found


def doubt(record: RecordView, words: Words) -> str:
    """What to be warned of before believing the sender of a mail; empty where there is nothing."""
    if record.authentication != "failed":
        return ""
    return words("reader.forged", server=record.authenticated_by or "?")


def _verified(record: RecordView, words: Words) -> str:
    """Whether somebody looked who it is from; a mail that failed says so in a warning of its own."""
    if record.authentication == "passed":
        return words("reader.passed", server=record.authenticated_by)
    return words("reader.unchecked") if record.authentication == "none" else ""


def address(record: RecordView) -> str:
    """Where an article can be read in full, as far as its text or its origin says; else empty."""
    last = record.body.rstrip().rpartition("\n")[2].strip()
    found = last if last.startswith(_SCHEMES) else record.origin
    return found if record.kind == "article" and found.startswith(_SCHEMES) else ""


def _people(kind: str) -> tuple[str, str]:
    if kind == "event":
        return "reader.organizer", "reader.attendees"
    if kind == "article":
        return "reader.by", "reader.to"
    return "reader.from", "reader.to"
