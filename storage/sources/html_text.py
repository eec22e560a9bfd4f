"""HTML of a message as the text its reader sees.  Nothing is fetched, nothing runs.

lxml parses, this file drops what is not for reading and writes links, pictures and quotes as text, and inscriptis lays
out blocks, lists and tables of data.  Tables that only arrange a page are read cell after cell.
"""

from __future__ import annotations

import copy
import html
import re

from inscriptis.css_profiles import STRICT_CSS_PROFILE
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from storage.sources import hidden
from storage.sources.clean import BLOCKQUOTE_END, BLOCKQUOTE_START

MAX_LENGTH = 4_000_000  # characters of HTML that are laid out; more takes longer than anybody waits
_MAX_DEPTH = 200  # inscriptis recurses once per level, libxml2 stops at 256
_MAX_CELL = 120  # characters; a longer cell belongs to a table that arranges a page
_MAX_ADDRESS = 200

_DROPPED = ("script", "title", "noscript", "template", "object", "embed", "applet", "svg", "math", "iframe", "frameset")
_BLOCKS = frozenset(
    {"p", "div", "table", "ul", "ol", "dl", "blockquote", "pre", "hr", "article", "section", "address", "center"}
    | {"h1", "h2", "h3", "h4", "h5", "h6"}
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(
    r"<(?:script|style)\b.*?(?:</(?:script|style)>|\Z)|<!--.*?(?:-->|\Z)|<[a-zA-Z/!?][^<>]*>", re.DOTALL
)
_PRIVATE = str.maketrans("", "", "\x00" + BLOCKQUOTE_START + BLOCKQUOTE_END)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # lxml refuses to write these
_ADDRESS = re.compile(r"(?:https?|ftp|mailto|tel|sms|geo):", re.IGNORECASE)


def to_text(source: str, warnings: list[str]) -> str:
    """The readable text of `source`.  Never raises on damaged or hostile HTML; what was left out goes to `warnings`."""
    if len(source) > MAX_LENGTH:
        warnings.append("The HTML is very long; only its beginning was read.")
        source = source[:MAX_LENGTH]
    root = _parsed(source)
    if root is None:
        return "" if not source.strip() else _stripped(source, warnings)
    hidden_characters = hidden.take_out(root)
    if hidden_characters:
        warnings.append(f"Text hidden from the reader was left out ({hidden_characters} characters).")
    _rewrite(root)
    return _tidy(Inscriptis(root, _layout()).get_text())


def _parsed(source: str) -> etree._Element | None:
    """The tree without comments and scripts, or None where there is none or it is too deep to walk."""
    text = _DECLARATION.sub("", source.translate(_PRIVATE))
    # Bytes, because libxml2 refuses text that names its own encoding; they are what the parser is told they are.
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    if any("depth" in entry.message for entry in parser.error_log):
        return None
    etree.strip_elements(root, *_DROPPED, with_tail=False)
    return root if _depth(root) <= _MAX_DEPTH else None


def _depth(root: etree._Element) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _stripped(source: str, warnings: list[str]) -> str:
    text = _tidy(re.sub(r"[ \t]+", " ", html.unescape(_ANY_TAG.sub(" ", source))))
    if text.strip():
        warnings.append("The HTML is too deeply nested or damaged; its tags were simply left out.")
    return text.strip()


def _layout() -> ParserConfig:
    # Inscriptis hangs its canvas on the profile's "body": a copy, else threads and documents would share their text.
    profile = {**STRICT_CSS_PROFILE, "body": copy.copy(STRICT_CSS_PROFILE["body"])}
    return ParserConfig(css=profile, table_cell_separator="  ")


def _rewrite(root: etree._Element) -> None:
    """What inscriptis has no eye for becomes text; every attribute goes, since its styles may blow the text up."""
    for element in list(root.iter("table")):
        if not _is_data(element):
            _linearize(element)
    for element in list(root.iter()):
        tag = element.tag
        if tag == "a":
            _link(element)
        elif tag == "img":
            _picture(element)
        elif tag == "input":
            element.tail = _spaced(element.get("value"), element.tail)
        elif tag == "blockquote":
            _quote(element)
        elif tag == "hr":
            element.tag, element.text = "div", "----"
        elif tag in ("dt", "dd", "section", "center", "fieldset", "form", "legend", "details", "summary", "caption"):
            element.tag = "div"
        keep_lines = "pre" in _white_space(element)
        element.attrib.clear()
        if keep_lines:
            element.set("style", "white-space: pre")


def _white_space(element: etree._Element) -> str:
    match = re.search(r"white-space\s*:\s*([\w-]+)", element.get("style") or "", re.IGNORECASE)
    return match[1].lower() if match else ""


def _is_data(table: etree._Element) -> bool:
    """Rows of several short cells without blocks in them."""
    rows = table.xpath("./tr | ./tbody/tr | ./thead/tr | ./tfoot/tr")
    widest = 0
    for row in rows:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        widest = max(widest, len(cells))
        for cell in cells:
            blocks = [child for child in cell.iterdescendants() if child.tag in _BLOCKS]
            if len(blocks) > 1 or any(block.tag in ("table", "ul", "ol") for block in blocks):
                return False
            if sum(len(text) for text in cell.itertext()) > _MAX_CELL:
                return False
    return widest > 1 and len(rows) > 1


def _linearize(table: etree._Element) -> None:
    table.tag = "div"
    for element in table.xpath(
        "./tr | ./*/tr | ./*/tr/td | ./*/tr/th | ./tr/td | ./tr/th | ./tbody | ./thead | ./tfoot"
    ):
        element.tag = "div"


def _link(element: etree._Element) -> None:
    """The address after the text, where it says more than the text does."""
    address = (element.get("href") or "").strip()
    if not _ADDRESS.match(address):
        return
    shown = "".join(element.itertext()).strip()
    if _bare(shown) == _bare(address) or not (shown or element.xpath(".//img[@alt]")):
        return
    if len(address) > _MAX_ADDRESS:
        address = address[: _MAX_ADDRESS - 1] + "…"
    if len(element):
        element[-1].tail = _writable(f"{(element[-1].tail or '').rstrip()} <{address}>")
    else:
        element.text = _writable(f"{(element.text or '').rstrip()} <{address}>")


def _bare(address: str) -> str:
    bare = re.sub(r"^(?:https?://|mailto:|tel:)?(?:www\.)?", "", address.strip().lower())
    return bare.partition("?")[0].rstrip("/") if bare.startswith("mailto") else bare.rstrip("/")


def _picture(element: etree._Element) -> None:
    alt = (element.get("alt") or "").strip()
    if alt and "1" not in (element.get("width"), element.get("height")):
        element.tail = _spaced(f"[{alt}]", element.tail)


def _quote(element: etree._Element) -> None:
    """Marks the quoted lines, so that `_tidy` can put "> " before them as mail in plain text does."""
    element.tag = "div"
    opening, closing = etree.Element("div"), etree.Element("div")
    opening.text, closing.text = BLOCKQUOTE_START, BLOCKQUOTE_END
    opening.tail, element.text = _writable(element.text), None
    element.insert(0, opening)
    element.append(closing)


def _spaced(text: str | None, tail: str | None) -> str | None:
    return _writable(f"{text} {tail or ''}" if text else tail)


def _writable(text: str | None) -> str | None:
    return _NOT_XML.sub("", text) if text else text


def _tidy(text: str) -> str:
    """At most one empty line between blocks, no space at line ends, quotes marked."""
    lines: list[str] = []
    depth = 0
    for line in text.replace("\u00a0", " ").split("\n"):
        depth = min(depth + line.count(BLOCKQUOTE_START), 20)
        bare = line.translate(_PRIVATE).rstrip()
        if bare.strip("> ") or (bare and not depth):
            lines.append("> " * depth + bare.strip() if depth else bare)
        elif BLOCKQUOTE_START not in line and BLOCKQUOTE_END not in line and lines and lines[-1].strip("> "):
            lines.append(">" * depth)
        depth = max(0, depth - line.count(BLOCKQUOTE_END))
    return "\n".join(lines).strip("\n")
