"""How a source is named, pictured and said to be doing."""

from __future__ import annotations

from app.results import Progress
from app.source_results import SourceRow
from app.views.wording import Words

KINDS = {
    "imap": ("envelope-simple", "source.imap"),
    "notes": ("notebook", "source.notes"),
    "feed": ("rss", "source.feed"),
    "calendar": ("calendar-blank", "source.calendar"),
    "contacts": ("address-book", "source.contacts"),
    "folder": ("folder-simple", "source.folder"),
}
"""Kind of source: its icon and what it is called."""


def glyph(kind: str) -> str:
    return KINDS[kind][0] if kind in KINDS else "tray"


def state(source: SourceRow, words: Words, progress: Progress | None = None) -> tuple[str, str]:
    """How it is doing, in words, and the look of the label that says so."""
    if source.state == "syncing" or progress is not None:
        return _reading(progress, words), "muted"
    if source.state == "error":
        return words.trouble(source.error, source.detail), "danger"
    if source.state == "waiting":
        return _waiting(source, words)
    if source.state == "ok":
        return words("sources.ok", ago=words.ago(source.synced)), "good"
    keys = {"new": "sources.new", "paused": "sources.paused", "airplane": "sources.airplane"}
    return words(keys[source.state]), "muted"


def facts(source: SourceRow, words: Words) -> str:
    """How much it brought, and when it is read next."""
    known = [words("sources.records", count=source.records, number=words.number(source.records))]
    if source.state not in ("syncing", "paused", "airplane") and source.due:
        known.append(words("sources.next", when=words.when(source.due)))
    if source.state in ("paused", "airplane", "error", "waiting") and source.synced:
        known.append(words("sources.last", ago=words.ago(source.synced)))
    return " · ".join(known)


def _reading(progress: Progress | None, words: Words) -> str:
    if progress is None or not (progress.done or progress.total):
        return words("sources.reading")
    if progress.total is None:
        return words("sources.reading_some", done=words.number(progress.done))
    return words("sources.reading_of", done=words.number(progress.done), total=words.number(progress.total))


def _waiting(source: SourceRow, words: Words) -> tuple[str, str]:
    if not source.error:
        return words("sources.waiting"), "muted"
    return words.trouble(source.error, source.detail), "warning"
