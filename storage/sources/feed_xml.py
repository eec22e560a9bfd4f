"""Bytes of a feed as a small, well-formed document: decoded, without its DOCTYPE, mended where broken, and pruned.

What is left cannot grow (no entities), nest without end, or hold more than `MAX_ENTRIES` entries, so that the library
that knows the dialects of RSS and Atom meets nothing of a stranger's making but names and texts.
"""

from __future__ import annotations

import copy
import html
import html.entities
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree  # type: ignore[import-untyped]

from storage.sources import charsets

MAX_ENTRIES = 10_000
MAX_RAW = 1024 * 1024  # bytes of an entry that are kept as its original
_MAX_LINE = 10_000  # characters of what is no content
_MAX_NAMESPACES = 200  # in scope: each is copied to each entry
_MAX_ATTRIBUTES = 50
_MAX_ALIKE = 10  # children of one name that an entry may have

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:rss|feed|rdf|channel)[\s>/]", re.IGNORECASE)
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# Possessive, so that an attack on it fails in linear time.  What stands in quotes or comments ends nothing.
_DOCTYPE = re.compile(
    r"""<!DOCTYPE[^\[<>]*+(?:\[(?:[^\]"'<]|"[^"]*+"|'[^']*+'|<!--(?:[^-]|-(?!->))*+-->|<)*+\]\s*+)?>""", re.IGNORECASE
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:+-]{1,40})["']""")
_ADDRESS = re.compile(r"\s*https?://", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AMPERSAND = re.compile(r"&(?:#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));|([A-Za-z][A-Za-z0-9]{1,31});)?")
_CONTENT = frozenset({"description", "summary", "content", "encoded", "body", "abstract"})
_KEPT = _CONTENT | {
    *("title", "link", "guid", "id", "pubdate", "published", "updated", "issued", "modified", "created", "date"),
    *("author", "creator", "language", "managingeditor"),
}


class NotAFeed(Exception):
    """`page`: it is a web page, which may name its feeds."""

    def __init__(self, page: bool) -> None:
        super().__init__("no feed")
        self.page = page


@dataclass(frozen=True)
class Entry:
    """`number` counts from 0 in the order of the feed.  `raw`: its own XML, empty where that is very long."""

    number: int
    raw: bytes
    pruned: etree._Element


@dataclass(frozen=True)
class Document:
    """`left_out`: entries beyond `MAX_ENTRIES`.  `again`: seconds after which the feed says that it is worth looking
    again (RSS 2.0 `ttl`), where it does."""

    entries: tuple[Entry, ...]
    left_out: int
    again: float | None
    shell: etree._Element

    def part(self, entries: tuple[Entry, ...]) -> bytes:
        """The feed with these entries only."""
        root = copy.deepcopy(self.shell)
        channel = next((child for child in root if _name(child) == "channel"), None)
        place = root if channel is None or _name(root) == "rdf" else channel
        for entry in entries:
            place.append(copy.deepcopy(entry.pruned))
        return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def parse(body: bytes, charset: str | None) -> Document:
    """`charset`: what the server said.  Errors: NotAFeed."""
    text = _decode(body, charset)
    start = _root_at(text)
    if start is None:
        raise NotAFeed(bool(_PAGE.search(text[:20_000])) or "<html" in text[:20_000].lower())
    root = _tree(text[start:], recover=False)
    if root is None:
        root = _tree(_mended(text[start:]), recover=True)
    if root is None or _name(root) not in ("rss", "feed", "rdf", "channel"):
        raise NotAFeed(False)
    if any(len(element.nsmap) > _MAX_NAMESPACES for element in (root, *islice(root, 50))):
        raise NotAFeed(False)
    found = list(_entries(root))
    entries = tuple(
        Entry(number, _raw(element), _pruned(element)) for number, element in enumerate(found[:MAX_ENTRIES])
    )
    return Document(entries, len(found) - len(entries), _again(root), _shell(root))


def _decode(body: bytes, charset: str | None) -> str:
    """Byte order mark, then the server's word, then the document's (RFC 7303 section 3), then a guess."""
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return charsets.of_file(body, [])
    for mark, codec in ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be")):
        if body.startswith(mark):
            return body.decode(codec, "replace")
    declared = _DECLARED.search(body[:1000])
    for label in (charset, declared[1].decode("ascii", "replace") if declared else None):
        warnings: list[str] = []
        if label and (text := charsets.decode(body, label, warnings)) and not warnings:
            return text
    return charsets.decode(body, declared[1].decode("ascii", "replace") if declared else charset, [])


def _root_at(text: str) -> int | None:
    """Where the feed's own element begins: after declarations, comments and whatever a broken program printed."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<?", at) or text.startswith("<!--", at):
            end = "?>" if text[at + 1] == "?" else "-->"
            at = text.find(end, at)
            if at < 0:
                return None
            at += len(end)
            continue
        if _PAGE.match(text, at):
            return None
        if doctype := _DOCTYPE.match(text, at):
            at = doctype.end()
            continue
        found = _ROOT.search(text, at)
        return found.start() if found else None
    return None


def _tree(text: str, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _mended(text: str) -> str:
    """Without what no parser forgives: control characters, bare ampersands, the named entities of HTML."""
    text = _NOT_XML.sub("", text)
    pieces: list[str] = []
    at = 0
    while True:
        opening = text.find("<![CDATA[", at)
        closing = text.find("]]>", opening) if opening >= 0 else -1
        if closing < 0:
            pieces.append(_AMPERSAND.sub(_character, text[at:]))
            return "".join(pieces)
        pieces += [_AMPERSAND.sub(_character, text[at:opening]), text[opening : closing + 3]]
        at = closing + 3


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return match[0]
    if name in html.entities.name2codepoint:
        return chr(html.entities.name2codepoint[name])
    if hexadecimal or decimal:
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return match[0] if code <= 0x10FFFF and not _NOT_XML.match(chr(code)) else ""
    return "&amp;" + match[0][1:]


def _name(element: etree._Element) -> str:
    """Without its namespace, in lower case; empty for what is no element."""
    return str(element.tag).rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _entries(root: etree._Element) -> Iterator[etree._Element]:
    for child in root:
        if _name(child) in ("item", "entry"):
            yield child
        elif _name(child) == "channel":
            yield from (each for each in child if _name(each) in ("item", "entry"))


def _again(root: etree._Element) -> float | None:
    for element in islice(root.iter("{*}ttl"), 1):
        text = (element.text or "").strip()
        return float(text) * 60 if re.fullmatch(r"[0-9]{1,6}", text) else None
    return None


def _shell(root: etree._Element) -> etree._Element:
    """The feed without its entries: what says its title and author."""
    shell = _copied(root)
    channel = next((child for child in root if _name(child) == "channel"), None)
    if channel is not None:
        shell.append(_pruned(channel))
    _prune_into(shell, root)
    return shell


def _pruned(element: etree._Element) -> etree._Element:
    made = _copied(element)
    _prune_into(made, element)
    return made


def _copied(element: etree._Element) -> etree._Element:
    names = islice(element.keys(), _MAX_ATTRIBUTES)  # to read or set one takes as long as there are others before it
    attributes = {name: value for name in names if len(value := element.get(name)) <= _MAX_LINE}
    return etree.Element(element.tag, attributes, nsmap=element.nsmap)


def _prune_into(made: etree._Element, element: etree._Element) -> None:
    seen: Counter[str] = Counter()
    for child in element:
        name = _name(child)
        seen[name] += 1
        if name not in _KEPT or seen[name] > _MAX_ALIKE:
            continue
        if name in _CONTENT:
            kept = _escaped(child)
        elif _is_short(child):
            kept = copy.deepcopy(child)
        else:
            kept = _copied(child)
            kept.text = (child.text or "")[:_MAX_LINE]
        kept.tail = None
        if name in ("guid", "id") and not _ADDRESS.match(kept.text or ""):
            kept.set("isPermaLink", "false")  # or "17" would be read as an address beside the feed's own
        made.append(kept)


def _escaped(element: etree._Element) -> etree._Element:
    """Content as one text in a CDATA section, XHTML turned to HTML, so that the next reader is told of it in one piece
    and not in a million."""
    made = _copied(element)
    text = element.text or ""
    if len(element):
        made.attrib.clear()
        made.set("type", "html")
        inner = [etree.tostring(child, encoding="unicode", method="html") for child in element]
        text = "".join([html.escape(text, quote=False), *inner])
    made.text = etree.CDATA(_NOT_XML.sub("", text).replace("]]>", "]]&gt;"))
    return made


def _is_short(element: etree._Element) -> bool:
    return len(element) <= _MAX_ALIKE and sum(map(len, element.itertext())) <= _MAX_LINE


def _raw(element: etree._Element) -> bytes:
    data = bytes(etree.tostring(element, encoding="utf-8", with_tail=False))
    return data if len(data) <= MAX_RAW else b""
