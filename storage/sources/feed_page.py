"""The feeds that a web page names as its own (RSS autodiscovery)."""

from __future__ import annotations

from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from storage.sources import charsets, fetch

MAX_FEEDS = 20
_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/x-rss+xml")


def feeds(body: bytes, charset: str | None, address: str) -> tuple[str, ...]:
    """Their addresses in the order of the page, each once; whatever the page says, they can be asked."""
    text = charsets.decode(body, charset, [])
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ()
    found: dict[str, None] = {}
    base = next((each.get("href") for each in root.iter("base") if each.get("href")), "")
    for link in root.iter("link"):
        if "alternate" not in (link.get("rel") or "").lower().split() or not link.get("href"):
            continue
        if (link.get("type") or "").partition(";")[0].strip().lower() in _TYPES:
            try:
                found[fetch.normalised(urljoin(urljoin(address, base), link.get("href").strip()))] = None
            except ValueError:
                continue
        if len(found) == MAX_FEEDS:
            break
    return tuple(found)
