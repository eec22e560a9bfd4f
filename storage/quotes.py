"""What the writer of a mail wrote: the body without quoted mail and signature.

Works on plain text by the marks that mail readers leave (RFC 3676 "> " and "-- ", attribution lines, Outlook header
blocks), in English and French.  Spans are character offsets into the body, so whatever is kept can be shown in place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Span = tuple[int, int]

_QUOTE = re.compile(r"[ \t]{0,3}>")
_ATTRIBUTION = re.compile(
    r"(?:On|Le|El|Am|Il)\b.{3,400}?(?:wrote|writes|a\s+écrit|écrivait|schrieb[^\n:]{0,80}|escribió|ha\s+scritto)\s*:\s*",
    re.DOTALL,
)
_DATED = re.compile(r"\d{1,2}\s?[:h]\s?\d{2}|\b(?:19|20)\d\d\b|@")
_ORIGINAL = re.compile(
    r"-{2,}\s*(?:Original Message|Original Appointment|Message d['’]origine|Message initial)\s*-{2,}\s*", re.I
)
_FORWARDED = re.compile(r"-{2,}\s*(?:Forwarded message|Message transféré|Message transmis)\b.*", re.I)
_RULE = re.compile(r"[_]{10,}\s*")
_HEADER = re.compile(
    r"[*\s]*(From|Sent|To|Cc|Subject|Date|De|Envoyé|À|A|Objet|Von|Gesendet|An|Betreff)\s?[*]*\s?:[*]*\s*\S?.*", re.I
)
_FIRST_HEADER = re.compile(r"[*\s]*(?:From|De|Von)\s?[*]*\s?:", re.I)
_SIGNATURE_LINES = 12  # more than this after "-- " is no signature, but text below a line of dashes


@dataclass(frozen=True)
class Line:
    start: int
    end: int  # past the newline
    text: str  # without the newline


@dataclass(frozen=True)
class Parts:
    """`own` and `quoted` are spans in order; what is in neither is attribution or signature."""

    own: tuple[Span, ...]
    quoted: tuple[Span, ...]


def own_spans(body: str, *, forwarded: bool = False) -> tuple[Span, ...]:
    """Spans of `body` that its writer wrote.  `forwarded`: header blocks introduce text worth keeping."""
    return parts(body, forwarded=forwarded).own


def parts(body: str, *, forwarded: bool = False) -> Parts:
    """Split `body` into what its writer wrote and what he quotes."""
    lines = _lines(body)
    kinds = _classify(lines, forwarded)
    _sign(lines, kinds)
    spans: dict[str, list[Span]] = {"own": [], "quoted": [], "mark": []}
    previous = ""
    for line, kind in zip(lines, kinds, strict=True):
        if kind == previous:
            spans[kind][-1] = (spans[kind][-1][0], line.end)
        else:
            spans[kind].append((line.start, line.end))
        previous = kind
    trimmed = {kind: tuple(span for span in (_trim(body, s) for s in found) if span) for kind, found in spans.items()}
    return Parts(trimmed["own"], trimmed["quoted"])


def _lines(body: str) -> list[Line]:
    found, start = [], 0
    for raw in body.split("\n"):
        end = min(start + len(raw) + 1, len(body))
        found.append(Line(start, end, raw.rstrip("\r")))
        start = end
    return found


def _classify(lines: list[Line], forwarded: bool) -> list[str]:
    kinds: list[str] = []
    while (at := len(kinds)) < len(lines):
        text = lines[at].text
        if _QUOTE.match(text):
            kinds.append("quoted")
        elif not forwarded and _starts_quoted_mail(lines, at):
            kinds += ["quoted"] * (len(lines) - at)
        elif length := _attribution(lines, at):
            kinds += ["mark"] * length
            if _everything_below_is_quoted(lines, at, length):
                kinds += ["quoted"] * (len(lines) - len(kinds))
        else:
            kinds.append("own")
    return kinds


def _starts_quoted_mail(lines: list[Line], at: int) -> bool:
    """An Outlook reply: a rule of dashes with its words, or at least three header lines from "From:" on."""
    text = lines[at].text
    if _ORIGINAL.fullmatch(text.strip()):
        return True
    while at < len(lines) - 1 and (_RULE.fullmatch(lines[at].text) or not lines[at].text.strip()):
        if not _RULE.fullmatch(text):
            return False
        at += 1
    if not _FIRST_HEADER.match(lines[at].text) or (at and _FORWARDED.match(lines[at - 1].text.strip())):
        return False
    names = {m.group(1).lower() for line in lines[at : at + 6] if (m := _HEADER.fullmatch(line.text))}
    return len(names) >= 3


def _attribution(lines: list[Line], at: int) -> int:
    """How many lines from `at` on are "On …, … wrote:", or 0.  Mail readers wrap it over up to three."""
    if not re.match(r"(?:On|Le|El|Am|Il)\b", lines[at].text):
        return 0
    for length in (1, 2, 3):
        joined = "\n".join(line.text for line in lines[at : at + length])
        if "\n\n" in joined or at + length > len(lines):
            return 0
        if _ATTRIBUTION.fullmatch(joined):
            below = next((line.text for line in lines[at + length :] if line.text.strip()), "")
            return length if _QUOTE.match(below) or _DATED.search(joined) else 0
    return 0


def _everything_below_is_quoted(lines: list[Line], at: int, length: int) -> bool:
    """An attribution with a date over text without ">" is how HTML replies look once they are text."""
    below = next((line.text for line in lines[at + length :] if line.text.strip()), "")
    joined = "\n".join(line.text for line in lines[at : at + length])
    return bool(below) and not _QUOTE.match(below) and bool(_DATED.search(joined))


def _sign(lines: list[Line], kinds: list[str]) -> None:
    """Mark the signature, unless it holds a digit: a telephone number or an address is worth finding."""
    for at, line in enumerate(lines):
        if kinds[at] != "own" or line.text not in ("-- ", "--"):
            continue
        below = [i for i in range(at + 1, len(lines)) if kinds[i] == "own"]
        block = [i for i in below if i <= at + _SIGNATURE_LINES or not lines[i].text.strip()]
        if len(block) < len(below) or "quoted" in kinds[at : max(block, default=at)]:
            continue
        kinds[at] = "mark"
        if not any(character.isdigit() for i in block for character in lines[i].text):
            for i in block:
                kinds[i] = "mark"
        return


def _trim(body: str, span: Span) -> Span | None:
    start, end = span
    piece = body[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    return (start, end) if start < end else None
