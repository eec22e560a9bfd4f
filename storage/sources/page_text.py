"""A web page, or another text, as its reader sees it.  Nothing runs, nothing is fetched; never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from storage.sources import charsets, clean, html_text

_HTML = ("text/html", "application/xhtml+xml")
_TEXT = re.compile(r"text/[\w.+-]+|application/(?:[\w.+-]+\+)?(?:json|xml)")
_LOOKS_LIKE_HTML = re.compile(rb"\s*(?:<!doctype html|<html\b)", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_TITLE_IN = 200_000  # characters that are looked through for the title


@dataclass(frozen=True)
class Page:
    title: str
    text: str


def read(body: bytes, media_type: str, charset: str | None) -> Page | None:
    """None where it is no text.  `media_type` and `charset`: as the server named them."""
    if media_type in _HTML or (not media_type and _LOOKS_LIKE_HTML.match(body)):
        named = _CHARSET.search(body[:4096])
        source = charsets.decode(body, charset or (named[1].decode("ascii") if named else None), [])
        return Page(_title(source), clean.body(html_text.to_text(source, []), []))
    if _TEXT.fullmatch(media_type or "text/plain") and b"\x00" not in body[:4096]:
        return Page("", clean.body(charsets.decode(body, charset, []), []))
    return None


def _title(source: str) -> str:
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(source[:_TITLE_IN].encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    return clean.line(" ".join((next((each.text_content() for each in root.iter("title")), "") or "").split()), [])
