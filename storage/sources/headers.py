"""Header fields of a message (RFC 5322, 2047, 2231): bytes in, decoded text out.  Linear in their length; never raises.

Not the parsers of `email.policy.default`: those raise on fields that occur in real mail, recurse on nested comments and
take quadratic time, which a stranger's message could use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from storage.sources import charsets, clean, transfer

LIMIT = 64 * 1024  # bytes of one field that are read

_WORD = re.compile(
    r"=\?([!-)+->@-~]{1,60})(?:\*[!->@-~]{0,60})?\?([bBqQ])\?((?:[^=?]++|=(?!\?(?!=))|\?(?!=))*+)\?=(?P<gap>\s+(?==\?))?"
)
_ID = re.compile(r"<([^<>]{1,998})>")
_PARAMETER = re.compile(r';\s*+([^\s=;"]{1,100})\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;]*+)', re.DOTALL)
_PIECE = re.compile(
    r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*+\?=|\"(?:[^\"\\]|\\.)*+\"|<[^<>]*+>?|\\.|[(),;:]|[^\"<=\\(),;:]++|.", re.DOTALL
)
_CONTINUATION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")


@dataclass(frozen=True)
class Headers:
    """The fields in their order, names in lower case, values unfolded but not decoded."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def raw(self, name: str) -> bytes:
        """The first field of that name, or nothing."""
        return next((value for key, value in self.fields if key == name), b"")

    def all_raw(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]

    def ascii(self, name: str) -> str:
        """The first field of that name for machine reading: what is not ASCII is replaced."""
        return self.raw(name)[:LIMIT].decode("ascii", "replace").strip()

    def text(self, name: str, warnings: list[str]) -> str:
        """The first field of that name as a reader shows it."""
        return clean.line(decode_words(unlabelled(self.raw(name), warnings), warnings), warnings)


def unlabelled(value: bytes, warnings: list[str]) -> str:
    """Bytes of a header as text: ASCII should be all there is; UTF-8 (RFC 6532) and guesses otherwise."""
    if len(value) > LIMIT:
        warnings.append("A header field is too long; it was cut.")
        value = value[:LIMIT]
    if value.isascii():
        return value.decode("ascii")
    guesses: list[str] = []
    return charsets.decode(value, None, guesses)


def decode_words(text: str, warnings: list[str]) -> str:
    """RFC 2047.  Neighbours of one charset are decoded together: many senders split letters between words."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending, pending_charset, position = b"", "", 0

    def flush() -> None:
        nonlocal pending
        if pending:
            pieces.append(charsets.decode(pending, pending_charset, warnings))
        pending = b""

    for match in _WORD.finditer(text):
        if match.start() > position:
            flush()
            pieces.append(text[position : match.start()])
        if match[1].lower() != pending_charset:
            flush()
            pending_charset = match[1].lower()
        pending += _word(match[2], match[3], warnings)
        position = match.end()
        if match["gap"] and not _WORD.match(text, position):
            flush()
            pieces.append(match["gap"])
    flush()
    return "".join(pieces) + text[position:]


def _word(encoding: str, encoded: str, warnings: list[str]) -> bytes:
    data = encoded.encode("utf-8", "replace")
    if encoding in "bB":
        return transfer.base64(data, warnings)
    return transfer.decode(data.replace(b"_", b" ") + b"=\n", "quoted-printable", warnings)


def identifiers(value: bytes) -> list[str]:
    """Message ids without angle brackets (RFC 5322 section 3.6.4), with the white space that folding put in removed."""
    text = value[:LIMIT].decode("utf-8", "replace")
    found = ["".join(match.split()) for match in _ID.findall(text)]
    if not found and "<" not in text:
        found = [word.strip(",;") for word in text.split() if "@" in word and len(word) < 999]
    quiet: list[str] = []
    return [name for name in (clean.line(each, quiet) for each in found) if name]


def parameters(value: str, warnings: list[str]) -> dict[str, str]:
    """What follows the first ";" of Content-Type or Content-Disposition (RFC 2231, and RFC 2047 where misused)."""
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value[:LIMIT]):
        name = _CONTINUATION.fullmatch(match[1])
        if name is not None:
            pieces.setdefault(name[1].lower(), []).append((int(name[2] or 0), bool(name[3]), _unquoted(match[2])))
    decoded = {name: _joined(found, warnings) for name, found in pieces.items()}
    if "boundary" in pieces:  # compared byte for byte, so nothing in it is decoded or squeezed
        decoded["boundary"] = "".join(text for _, _, text in sorted(pieces["boundary"], key=lambda piece: piece[0]))
    return decoded


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'), flags=re.DOTALL)


def _joined(pieces: list[tuple[int, bool, str]], warnings: list[str]) -> str:
    """One parameter from its numbered pieces; "charset'language'" stands before the first encoded one."""
    encoded = any(percent for _, percent, _ in pieces)
    if not encoded:
        is_split = any(number for number, _, _ in pieces)  # else the same parameter twice: the first counts
        numbered = sorted(pieces, key=lambda piece: piece[0]) if is_split else pieces[:1]
        return clean.line(decode_words("".join(text for _, _, text in numbered), warnings), warnings)
    data, charset, last = b"", None, -1
    for number, percent, text in sorted(pieces, key=lambda piece: (piece[0], not piece[1])):
        if number == last:  # "name*=" wins over the plain "name=" that stands beside it for old readers
            continue
        last = number
        if percent and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if percent else text.encode("utf-8", "replace")
    return clean.line(charsets.decode(data, charset or None, warnings), warnings)


def addresses(value: bytes, warnings: list[str]) -> list[str]:
    """The mailboxes of an address field as shown: "Name <address>", or the address alone."""
    text = unlabelled(value, warnings)
    shown = (_mailbox(name, address, comment, warnings) for name, address, comment in _mailboxes(text))
    return [each for each in shown if each]


def _mailbox(name: str, address: str, comment: str, warnings: list[str]) -> str:
    quiet: list[str] = []
    address = clean.line(address, quiet)
    name = clean.line(decode_words(name, warnings), warnings).strip("\"' ")
    if not address and "@" in name and " " not in name:
        name, address = "", name
    if not name and comment:
        name = clean.line(decode_words(comment, warnings), warnings)
    if not address:
        return name
    return f"{name} <{address}>" if name and name != address else address


def _mailboxes(text: str) -> Iterator[tuple[str, str, str]]:
    """Split at commas outside quotes, comments and angle brackets: (name, address, comment), not yet decoded."""
    name, address, comment, depth = "", "", "", 0
    for piece in _PIECE.findall(text):
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif depth:
            comment += piece
        elif piece[0] == "<":
            address = piece.strip("<>")
        elif piece in ",;":
            yield name, address, comment
            name, address, comment = "", "", ""
        elif piece == ":" and not address and "@" not in name:
            name, comment = "", ""  # what stood before was the name of a group (RFC 5322 section 3.4)
        else:
            name += piece if piece == '"' else _unquoted(piece)
    yield name, address, comment
