"""Links in notes: [[wiki links]], ![[embeds]], [text](other.md) and addresses.  Nothing in code is a link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

MAX_LINKS = 2000  # of one note; more is a list of addresses, not a note that links
NOTE_SUFFIXES = frozenset({".md", ".markdown", ".mdown"})

_FENCE = re.compile(r" {0,3}(```|~~~)")
_CODE = re.compile(r"`[^`\n]*`")
# Every repetition is bounded and none may cross its own opening, so that no text costs quadratic time.
_LINK = re.compile(
    r"\[\[(?P<wiki>[^\[\]\n|#]{0,300})(?P<heading>#[^\[\]\n|]{0,300})?(?:\|(?P<alias>[^\[\]\n]{0,300}))?\]\]"
    r"|\[(?P<shown>[^\[\]\n]{0,500})\]\(\s{0,9}(?:<(?P<angle>[^<>\n]{1,2000})>|(?P<plain>[^\s()<>]{1,2000}))"
    r"(?:\s{1,9}[\"'][^\"'\n]{0,300}[\"'])?\s{0,9}\)"
    r"|(?P<bare>https?://[^\s<>\"\[\]`|\\^{}]{1,2000})",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
# What a wiki link may embed besides notes.  Any other suffix is part of a name, as in [[Version 1.2]].
_ATTACHMENTS = frozenset(
    f".{suffix}"
    for suffix in (
        *("png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "bmp", "heic", "pdf", "canvas", "excalidraw", "base"),
        *("mp3", "wav", "m4a", "ogg", "flac", "mp4", "mov", "webm", "mkv", "zip", "csv", "json"),
        *("docx", "xlsx", "pptx", "odt", "ods", "odp"),
    )
)


@dataclass(frozen=True)
class Link:
    """`target` is a note's name or an address, as written; `folder` is the path before the name, often empty;
    `text` is what a reader sees of the link."""

    target: str
    text: str
    folder: str = ""

    def is_address(self) -> bool:
        return _ADDRESS.match(self.target) is not None


def find(text: str) -> list[Link]:
    """The links of a note in their order, each place by itself.  Linear in the text."""
    found: list[Link] = []
    fence = ""
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if opening and (not fence or opening[1] == fence):
            fence = "" if fence else opening[1]
        if fence or opening or ("[" not in line and "://" not in line):
            continue
        for match in _LINK.finditer(_CODE.sub(" ", line)):
            link = _wiki(match) or _inline(match) or _bare(match)
            if link is not None:
                found.append(link)
        if len(found) >= MAX_LINKS:
            return found[:MAX_LINKS]
    return found


def targets(text: str) -> tuple[str, ...]:
    """What a note links to, each once, in order: `Record.links`."""
    return tuple(dict.fromkeys(link.target for link in find(text)))


def aliases(body: str) -> list[str]:
    """The other names that a note gives itself in its front matter, as `notes.parse` keeps it at the head."""
    names: list[str] = []
    for line in body.partition("\n\n")[0].split("\n")[:100]:
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() in ("alias", "aliases"):
            names += [name.strip() for name in value.split(",") if name.strip()]
    return names[:100]


def _wiki(match: re.Match[str]) -> Link | None:
    if match["wiki"] is None:
        return None
    path = match["wiki"].strip().removesuffix("\\").strip()  # "\|" stands for "|" within a table
    link = _note(path, _ATTACHMENTS)
    if link is None:
        return None
    heading = (match["heading"] or "").strip()
    shown = (match["alias"] or "").strip() or f"{path}{heading}".replace("#", " > ").replace("^", "")
    return Link(link.target, " ".join(shown.split()), link.folder)


def _inline(match: re.Match[str]) -> Link | None:
    if match["shown"] is None:
        return None
    to = (match["angle"] or match["plain"]).strip()
    shown = " ".join(match["shown"].split())
    if _ADDRESS.match(to):
        return Link(to, shown or to)
    if _SCHEME.match(to):
        return None
    path = unquote(to.partition("#")[0])
    if PurePosixPath(path).suffix.lower() not in NOTE_SUFFIXES:
        return None
    link = _note(path, frozenset())
    return link and Link(link.target, shown or link.target, link.folder)


def _bare(match: re.Match[str]) -> Link | None:
    address = (match["bare"] or "").rstrip(".,;:!?'*_")
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = address[:-1].rstrip(".,;:!?'*_")
    return Link(address, address) if _ADDRESS.sub("", address) else None


def _note(path: str, others: frozenset[str]) -> Link | None:
    """`folder/Name.md` as a link; None where it names nothing, or no note."""
    folder, _, name = path.replace("\\", "/").rpartition("/")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in others:
        return None
    if suffix in NOTE_SUFFIXES:
        name = name[: -len(suffix)]
    name = " ".join(name.split())
    kept = "/".join(part for part in folder.split("/") if part not in ("", ".", ".."))
    return Link(name, name, kept) if name else None
