"""The only importer of feedparser: entries of a feed as records."""

from __future__ import annotations

import calendar
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import feedparser

from storage.ledger import Item
from storage.records import Record
from storage.sources import clean, dates, html_text
from storage.sources.feed_xml import Document, Entry

_GROUP = 100  # entries that are parsed at a time
_AHEAD = 86400.0  # seconds: clocks differ; what is dated later than that is dated wrong
_MAX_TITLE = 300  # characters
_MAX_KEY = 500  # characters of a guid or link; longer ones are hashed
_HTML = ("text/html", "application/xhtml+xml")
_URI = re.compile(r"(?:https?|urn|tag|doi|info):\S", re.IGNORECASE)


@dataclass(frozen=True)
class _Article:
    """`guid` and `link` as the feed has them, or empty."""

    guid: str
    link: str
    record: Record


def items(
    document: Document, address: str, seen: float, stop: Callable[[], bool], failed: list[tuple[str, str]]
) -> list[Item]:
    """Every entry of the feed, each under a key that it keeps.

    `address`: the feed's, for what is relative to it.  `seen`: the time of entries that have none of their own.
    `failed` takes (where, reason) of entries that could not be read.  Ends early when `stop` says so.
    """
    found: list[_Article] = []
    for start in range(0, len(document.entries), _GROUP):
        if stop():
            break
        found += _group(document, document.entries[start : start + _GROUP], address, seen, failed)
    return _keyed(found, address)


def title(document: Document, address: str) -> str:
    """What the feed calls itself, else its server."""
    return _feed_title(_parse(document, (), address).feed, address)


def _group(
    document: Document, entries: tuple[Entry, ...], address: str, seen: float, failed: list[tuple[str, str]]
) -> Iterator[_Article]:
    """All at once; where that fails, each by itself, so that a broken one costs itself only."""
    try:
        parsed = _parse(document, entries, address)
        both = zip(parsed.entries, entries, strict=True)  # an entry within an entry would shift the others
        yield from [_article(one, entry, parsed.feed, address, seen) for one, entry in both]
    except Exception as error:  # noqa: BLE001 (whatever one entry did to the library, the others are innocent)
        if len(entries) == 1:
            failed.append((f"{address}#{entries[0].number + 1}", f"It cannot be read ({type(error).__name__})."))
            return
        for entry in entries:
            yield from _group(document, (entry,), address, seen, failed)


def _parse(document: Document, entries: tuple[Entry, ...], address: str) -> Any:
    """A stream of bytes, never text: of text the library might think that it is an address to open."""
    return feedparser.parse(
        io.BytesIO(document.part(entries)),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": address},
        resolve_relative_uris=False,
        sanitize_html=False,  # it becomes text
    )


def _article(one: Any, entry: Entry, feed: Any, address: str, seen: float) -> _Article:
    warnings: list[str] = []
    source = _feed_title(feed, address)
    link = clean.line(str(one.get("link") or ""), [])
    link = link if re.match(r"https?://", link, re.IGNORECASE) else ""
    guid = clean.line(str(one.get("id") or ""), [])
    body = _body(one, warnings)
    heading = _line(one.get("title") or "", one.get("title_detail"), warnings)
    author = _author(one) or _author(feed)
    record = Record(
        kind="article",
        title=heading or _beginning(body) or link or source,
        body="\n\n".join(part for part in (body, link) if part),
        date=_date(one, seen, warnings),
        sender=f"{author} ({source})" if author and author != source else source,
        folder=source,
        origin=address,
        raw=entry.raw,
        warnings=tuple(dict.fromkeys(warnings)),
    )
    return _Article(guid, link, record)


def _keyed(found: list[_Article], address: str) -> list[Item]:
    """By guid, else by link, else by content.  A guid that several entries bear with links of their own is none; of
    entries that agree in both the last by date stands."""
    alike: dict[str, set[str]] = {}
    for one in found:
        alike.setdefault(one.guid, set()).add(one.link)
    kept: dict[str, _Article] = {}
    for one in found:
        name = one.guid or one.link
        if one.guid and len(alike[one.guid]) > 1:
            name = f"{one.guid} {one.link}"
        key = _short(name) or f"content:{_version(one.record)}"
        if key not in kept or (one.record.date or 0.0) > (kept[key].record.date or 0.0):
            kept[key] = one
    return [
        Item(key, _version(record), record)
        for key, one in kept.items()
        for record in (replace(one.record, external_id=_external_id(key, address)),)
    ]


def _version(record: Record) -> str:
    """Of what a reader sees: a new guid, date or order of the same article is no news."""
    return record.digest().hex()[:32]


def _external_id(key: str, address: str) -> str:
    """Unique beyond this feed: a bare "17" would join the articles of all feeds in one thread, and a guid made to look
    like a Message-ID would join a conversation."""
    if key.startswith("content:"):
        return ""
    return key if _URI.match(key) else f"{address}#{key}"


def _short(name: str) -> str:
    return name if len(name) <= _MAX_KEY else "sha256:" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _body(one: Any, warnings: list[str]) -> str:
    """The longest text that the entry gives in full, else its summary."""
    full = [_text(each.get("value") or "", each.get("type"), warnings) for each in one.get("content") or ()]
    longest = max(full, key=len, default="")
    if longest.strip():
        return longest
    detail = one.get("summary_detail") or {}
    return _text(one.get("summary") or "", detail.get("type", "text/html"), warnings)


def _text(value: str, media_type: str | None, warnings: list[str]) -> str:
    if media_type in _HTML:
        return clean.body(html_text.to_text(value, warnings), warnings)
    if media_type is None or media_type.startswith("text/"):
        return clean.body(value, warnings).strip("\n")
    return ""  # a picture in base64, or XML of another kind


def _line(value: str, detail: Any, warnings: list[str]) -> str:
    text = _text(value, (detail or {}).get("type", "text/plain"), warnings)
    return clean.line(text, warnings)[:_MAX_TITLE]


def _beginning(body: str) -> str:
    """The first words, as a title for what has none: microblogs."""
    first = body.strip().partition("\n")[0].strip()
    return first if len(first) <= 80 else first[:80].rpartition(" ")[0] + "…"


def _author(of: Any) -> str:
    detail = of.get("author_detail") or {}
    return clean.line(str(detail.get("name") or of.get("author") or ""), [])[:200]


def _feed_title(feed: Any, address: str) -> str:
    named = _line(feed.get("title") or "", feed.get("title_detail"), [])
    return named or urlsplit(address).hostname or address


def _date(one: Any, seen: float, warnings: list[str]) -> float:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        try:
            parsed: Any = dict.get(one, name)  # the library's own `get` answers for another name, with a warning
            date = dates.sane(float(calendar.timegm(parsed)))
        except (TypeError, ValueError, OverflowError, AttributeError, IndexError):
            continue
        if date is not None and date <= seen + _AHEAD:
            return date
        warnings.append("Its date makes no sense; the time it was fetched stands instead.")
        break
    return seen
