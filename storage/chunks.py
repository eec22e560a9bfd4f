"""Records cut into the pieces that are embedded, searched and cited.

A chunk is a slice of the record's body, small enough for the embedder to read whole, with a line of context (who,
when, subject) that is prefixed before embedding and indexing but is no part of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from storage.language import Language, detect
from storage.quotes import Parts, Span, parts
from storage.records import Record

# Characters.  all-MiniLM-L6-v2 reads 256 tokens, context included; French takes more tokens for as many characters.
SIZE = {"en": 900, "fr": 700, "": 800}
_SMALL = 300  # a section shorter than this shares a chunk with the next
_HEAD = 120  # characters of headings that a piece may exceed its size by, to keep them with what follows
_ANSWERED = 160  # characters of the quoted passage that a reply is given as context
_ATTACHMENT = 200_000  # characters of an attachment's text that are indexed

_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.M)
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'»”’)\]]*\s+|\n(?=\s*(?:[-*•+|]|\d+[.)])\s)")
_FORWARD = re.compile(r"^\s*(?:fwd?|tr|wg|i)\s*:", re.I)
_ADDRESS = re.compile(r"\s*<[^<>\s]*@[^<>\s]*>")
_MONTHS = {
    "en": "January February March April May June July August September October November December".split(),  # noqa: SIM905
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),  # noqa: SIM905
}
_LABELS = {
    "en": {"from": "From", "to": "to", "files": "Attachments:", "file": "Attachment", "note": "Note",
           "section": "Section:", "answers": "In answer to:"},
    "fr": {"from": "De", "to": "à", "files": "Pièces jointes :", "file": "Pièce jointe", "note": "Note",
           "section": "Section :", "answers": "En réponse à :"},
}  # fmt: skip


@dataclass(frozen=True)
class Chunk:
    """`text` is `body[start:end]`; from an attachment, `start` and `end` are -1.  `position` counts from 0."""

    position: int
    start: int
    end: int
    text: str
    context: str


def language(record: Record) -> Language:
    """The language of a record's own words."""
    spans = _own(record).own if record.kind == "mail" else ((0, len(record.body)),)
    return detect(record.title + "\n" + "\n".join(record.body[start:end] for start, end in spans))


def embedding_text(context: str, text: str) -> str:
    """What the embedder reads of a chunk: context without e-mail addresses, then the text."""
    return f"{_ADDRESS.sub('', context)}\n{text}" if context else text


def split(record: Record) -> list[Chunk]:
    """The chunks of `record`, at least one.  Quoted mail and signatures are left out, unless nothing else is there."""
    spoken = language(record)
    context = _context(record, spoken)
    size = SIZE[spoken]
    found: list[Chunk] = []
    for start, end, note in _body_pieces(record, size, spoken):
        head = _first(context, record, spoken) if not found else context
        found.append(Chunk(len(found), start, end, record.body[start:end], _join(head, note)))
    if not found:
        found.append(Chunk(0, 0, 0, "", _first(context, record, spoken)))
    for attachment in record.attachments:
        if attachment.media_type == "text/calendar":
            continue  # the body has it in words
        text = attachment.text[:_ATTACHMENT]
        note = f"{_labels(spoken)['file']} {attachment.name}"
        for start, end in _pack(text, (0, len(text)), size):
            found.append(Chunk(len(found), -1, -1, text[start:end], _join(context, note)))
    return found


def _own(record: Record) -> Parts:
    return parts(record.body, forwarded=bool(_FORWARD.match(record.title)))


def _body_pieces(record: Record, size: int, spoken: Language) -> Iterator[tuple[int, int, str]]:
    """Start, end and what to add to the context: the quoted passage that is answered, or the section's headings."""
    body = record.body
    if record.kind != "mail":
        headings = [(m.start(), len(m.group(1)), m.group(2)) for m in _HEADING.finditer(body)]
        for start, end in _pack(body, (0, len(body)), size):
            path = _section(headings, start)
            yield start, end, f"{_labels(spoken)['section']} {path}" if path else ""
        return
    found = _own(record)
    for span in found.own or ((0, len(body)),):
        quote = _answered(body, found, span) if found.own else ""
        for start, end in _pack(body, span, size):
            yield start, end, f"{_labels(spoken)['answers']} “{quote}”" if quote else ""


def _answered(body: str, found: Parts, own: Span) -> str:
    """The quoted passage right above the writer's words, else the one below: that is what he answers."""
    above = [span for span in found.quoted if span[1] <= own[0]]
    below = [span for span in found.quoted if span[0] >= own[1]]
    if not above and not below:
        return ""
    start, end = above[-1] if above else below[0]
    lines = [line.strip() for line in body[start:end].split("\n")]
    said = [line.lstrip(">").strip() for line in lines if not line.startswith((">>", "> >"))]
    plain = " ".join(" ".join(line for line in said if line and not re.match(r"[*\w]+ ?: ?\S", line)).split())
    if len(plain) <= _ANSWERED:
        return plain
    if above:
        return plain[-_ANSWERED:].partition(" ")[2]
    return plain[:_ANSWERED].rpartition(" ")[0]


def _section(headings: list[tuple[int, int, str]], start: int) -> str:
    """The headings that `start` stands under, outermost first, without one that the chunk itself begins with."""
    path: list[tuple[int, str]] = []
    for at, level, title in headings:
        if at > start:
            break
        path = [(above, name) for above, name in path if above < level]
        if at < start:
            path.append((level, title))
    return " > ".join(title for _, title in path)


def _pack(text: str, span: Span, size: int) -> Iterator[Span]:
    """Neighbouring paragraphs joined up to `size` characters; a heading begins a new piece and is never its end."""
    start = end = -1
    for low, high, heading in _atoms(text, span, size):
        too_long = high - start > size and not _ends_in_heading(text[start:end])
        if start >= 0 and (too_long or (heading and end - start >= _SMALL)):
            yield start, end
            start = low
        elif start < 0:
            start = low
        end = high
    if start >= 0:
        yield start, end


def _ends_in_heading(piece: str) -> bool:
    return bool(_HEADING.match(piece.rpartition("\n")[2])) and len(piece) <= _HEAD


def _atoms(text: str, span: Span, size: int) -> Iterator[tuple[int, int, bool]]:
    """Paragraphs as (start, end, is a heading), cut further where one alone is over `size`."""
    for low, high in _between(text, span, _PARAGRAPH):
        heading = bool(_HEADING.match(text, low, high))
        if high - low <= size:
            yield low, high, heading
            continue
        for first, last in _between(text, (low, high), _SENTENCE):
            for start, end in _words(text, first, last, size):
                yield start, end, heading and start == low


def _words(text: str, start: int, end: int, size: int) -> Iterator[Span]:
    """`text[start:end]` in pieces of at most `size`, cut at white space; only a longer "word" is cut itself."""
    while end - start > size:
        cut = max(text.rfind(" ", start, start + size), text.rfind("\n", start, start + size))
        if cut <= start:
            cut = start + size
        trimmed = start + len(text[start:cut].rstrip())
        yield start, trimmed
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end


def _between(text: str, span: Span, mark: re.Pattern[str]) -> Iterator[Span]:
    """The trimmed, non-empty pieces of `text` between matches of `mark` inside `span`."""
    at, stop = span
    for match in mark.finditer(text, at, stop):
        yield from _trimmed(text, at, match.start())
        at = match.end()
    yield from _trimmed(text, at, stop)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if start < end:
        yield start, end


def _labels(spoken: Language) -> dict[str, str]:
    return _LABELS[spoken or "en"]


def _join(context: str, note: str) -> str:
    return f"{context}. {note}" if context and note else context or note


def _context(record: Record, spoken: Language) -> str:
    """Who, when, subject, in the record's language."""
    labels = _labels(spoken)
    who = ""
    if record.sender:
        who = f"{labels['from']} {record.sender}"
        if record.recipients:
            who += f" {labels['to']} {', '.join(record.recipients[:3])}"
    elif record.kind == "note":
        who = labels["note"]
    place = record.folder if record.kind != "mail" else ""
    return ", ".join(part for part in (who, day(record.date, spoken), record.title.strip(), place) if part)


def _first(context: str, record: Record, spoken: Language) -> str:
    names = ", ".join(a.name for a in record.attachments[:10] if a.name)
    return _join(context, f"{_labels(spoken)['files']} {names}" if names else "")


def day(date: float | None, spoken: Language) -> str:
    """A date as a person writes it, in local time: "12 March 2026", "12 mars 2026"; "" for none."""
    if date is None:
        return ""
    try:
        local = datetime.fromtimestamp(date)  # the reader's own clock is meant
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{local.day} {_MONTHS[spoken or 'en'][local.month - 1]} {local.year}"
