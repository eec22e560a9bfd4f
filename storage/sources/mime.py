"""The tree of parts of a message (RFC 2046), as offsets into the one buffer that holds it.

Written for hostile input: depth and number of parts are bounded, the work is linear in size times depth, and nothing
raises.  (The standard library's parser recurses once per level and tests every enclosing boundary on every line.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from storage.sources.headers import LIMIT, Headers, parameters, unlabelled

MAX_DEPTH = 50
MAX_PARTS = 1_000
MAX_HEADER_BLOCK = 1024 * 1024  # bytes of one header block that are read
MAX_FIELDS = 5_000

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_BLANK = re.compile(rb"(?:\A|\n)\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")


@dataclass(frozen=True)
class Part:
    """One part.  `start` and `end` bound its still encoded content within `Tree.raw`."""

    headers: Headers
    media_type: str  # lower case, "text/plain" where nothing sensible is said
    params: dict[str, str]
    disposition: str  # lower case: "inline", "attachment", or empty
    filename: str
    start: int
    end: int
    children: tuple[Part, ...] = ()  # of a multipart; the one message of a message/rfc822

    @property
    def encoding(self) -> str:
        return self.headers.ascii("content-transfer-encoding").lower()


@dataclass
class Tree:
    """Reads one message.  `warnings` gathers what was damaged; `root` is the message itself."""

    raw: bytes
    warnings: list[str] = field(default_factory=list)
    _parts: int = 0

    def root(self) -> Part:
        return self._part(0, len(self.raw), 0, "text/plain")

    def _part(self, start: int, end: int, depth: int, default: str) -> Part:
        self._parts += 1
        headers, body = self._headers(start, end)
        typed = unlabelled(headers.raw("content-type"), self.warnings)
        placed = unlabelled(headers.raw("content-disposition"), self.warnings)
        params = parameters(";" + typed.partition(";")[2], self.warnings)
        filename = parameters(";" + placed.partition(";")[2], self.warnings).get("filename") or params.get("name", "")
        media_type = _media_type(typed, default)
        return Part(
            headers=headers,
            media_type=media_type,
            params=params,
            disposition=placed.partition(";")[0].strip().lower(),
            filename=filename,
            start=body,
            end=end,
            children=self._children(media_type, params, headers, body, end, depth),
        )

    def _children(
        self, media_type: str, params: dict[str, str], headers: Headers, start: int, end: int, depth: int
    ) -> tuple[Part, ...]:
        is_message = media_type in ("message/rfc822", "message/global", "message/news")
        if not is_message and not media_type.startswith("multipart/"):
            return ()
        if depth >= MAX_DEPTH:
            self.warnings.append(f"The parts are nested more than {MAX_DEPTH} deep; the rest is shown undecoded.")
            return ()
        if is_message:
            encoded = headers.ascii("content-transfer-encoding").lower() in ("base64", "quoted-printable")
            if encoded or not self.raw[start : start + 4096].strip():
                return ()
            return (self._part(start, end, depth + 1, "text/plain"),)
        default = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
        children: list[Part] = []
        for first, last in self._sections(params.get("boundary", ""), start, end):
            if self._parts >= MAX_PARTS:
                self.warnings.append(f"The message has more than {MAX_PARTS} parts; the rest was left out.")
                break
            children.append(self._part(first, last, depth + 1, default))
        if not children:
            self.warnings.append("A message of several parts lacks the marks between them; it is shown undecoded.")
        return tuple(children)

    def _sections(self, boundary: str, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines lie, without the line end that belongs to the delimiter."""
        mark = b"--" + boundary.encode("utf-8", "replace")
        sections: list[tuple[int, int]] = []
        opened, at = -1, start - 1
        while boundary and len(sections) <= MAX_PARTS and (at := self.raw.find(mark, at + 1, end)) >= 0:
            line_end = self.raw.find(b"\n", at, end)
            line_end = end if line_end < 0 else line_end + 1
            rest = self.raw[at + len(mark) : min(line_end, at + len(mark) + 200)].strip()
            if (at > start and self.raw[at - 1] != 10) or rest not in (b"", b"--"):
                continue
            if opened >= 0:
                sections.append((opened, self._before_line_end(opened, at)))
            opened = line_end
            if rest == b"--":
                return sections
        if opened >= 0:
            self.warnings.append("The message ends before its last part does.")
            sections.append((opened, end))
        return sections

    def _before_line_end(self, start: int, at: int) -> int:
        if at > start and self.raw[at - 1] == 10:
            at -= 1
        return at - 1 if at > start and self.raw[at - 1] == 13 else at

    def _headers(self, start: int, end: int) -> tuple[Headers, int]:
        """The header block that begins at `start`, and where its body begins."""
        fields: list[tuple[str, bytes]] = []
        at = start
        while at < end:
            stop = self._field_end(at, end)
            line = self.raw[at : min(stop, at + LIMIT + 300)]
            if line in (b"\n", b"\r\n"):
                return Headers(tuple(fields)), stop
            match = _FIELD.match(line)
            if match:
                value = _FOLD.sub(b"", line[match.end() :]).strip()
                fields.append((match[1].decode("ascii").lower(), value))
            elif at > start or not self._is_envelope(line, stop, end):
                if at > start:
                    self.warnings.append("The header ends without an empty line.")
                return Headers(tuple(fields)), at
            at = stop
            if at - start > MAX_HEADER_BLOCK or len(fields) >= MAX_FIELDS:
                self.warnings.append("The header is too long; the rest of it was left out.")
                blank = _BLANK.search(self.raw, at - 1, end)
                return Headers(tuple(fields)), blank.end() if blank else end
        return Headers(tuple(fields)), end

    def _is_envelope(self, line: bytes, stop: int, end: int) -> bool:
        """Whether a mailbox left its "From " line at the head of the message."""
        return line.startswith((b"From ", b">From ")) and bool(_FIELD.match(self.raw, stop, min(end, stop + 300)))

    def _field_end(self, at: int, end: int) -> int:
        """The end of the field that begins at `at`: the next line end that no white space follows."""
        first = True
        while True:
            stop = self.raw.find(b"\n", at, end) + 1
            if not stop:
                return end
            blank = first and self.raw[at:stop] in (b"\n", b"\r\n")
            if blank or stop >= end or self.raw[stop] not in b" \t":
                return stop
            first, at = False, stop


def header(raw: bytes) -> Headers:
    """The header block of a message alone."""
    return Tree(raw)._headers(0, len(raw))[0]


def _media_type(typed: str, default: str) -> str:
    """RFC 2045 section 5.2: what is missing or senseless is plain text."""
    name = typed.partition(";")[0].strip().lower()
    if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", name):
        return name
    if name in ("text", "html", "text/"):
        return "text/html" if name == "html" else "text/plain"
    return default if not name else "text/plain"
