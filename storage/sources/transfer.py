"""Content transfer encodings (RFC 2045 section 6), tolerant of damage.  Pure functions: bytes in, bytes out."""

from __future__ import annotations

import binascii
import quopri
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_SOUND_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*$)")


def decode(data: bytes, encoding: str, warnings: list[str]) -> bytes:
    """`data` without its transfer encoding; an unknown encoding leaves it as it is (and says so)."""
    name = encoding.strip().strip("\"'").lower()
    if name == "base64":
        return base64(data, warnings)
    if name == "quoted-printable":
        if _BAD_ESCAPE.search(data):
            warnings.append("The quoted-printable text is damaged in places.")
        return quopri.decodestring(data)
    if name in ("x-uuencode", "x-uue", "uuencode", "uue"):
        return _uuencoded(data, warnings)
    if name.split(";")[0].strip() not in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"):
        warnings.append(f"The transfer encoding “{name[:40]}” is unknown; the text was left as it is.")
    return data


def base64(data: bytes, warnings: list[str]) -> bytes:
    """Every group of four that can be decoded.  Padding in the middle ends one stretch and begins the next."""
    letters = data.translate(None, b" \t\r\n")
    if _SOUND_BASE64.fullmatch(letters) and len(letters) % 4 == 0:
        return binascii.a2b_base64(letters)
    data, tail = _without_footer(data)
    if tail:
        warnings.append("Plain text follows the base64 text, as some mailing lists append it.")
    decoded = [_stretch(stretch, warnings) for stretch in re.split(rb"=+", _NOT_BASE64.sub(b"", data)) if stretch]
    if _NOT_BASE64.search(data.translate(None, b" \t\r\n")):
        warnings.append("The base64 text is damaged in places.")
    return b"".join(decoded) + (b"\n" + tail if tail else b"")


def _stretch(letters: bytes, warnings: list[str]) -> bytes:
    if len(letters) % 4 == 1:  # six bits alone are no byte
        warnings.append("The base64 text is damaged in places.")
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _without_footer(data: bytes) -> tuple[bytes, bytes]:
    """Split off what a mailing list appended in plain text: from the first line that is no base64 to the end."""
    lines = data.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if _NOT_BASE64.search(line.strip())), len(lines))
    tail = lines[first:]
    if not first or any(len(line) > 40 and not _NOT_BASE64.search(line.strip()) for line in tail):
        return data, b""
    footer = b"".join(tail)
    return (data, b"") if b" " not in footer.strip() else (b"".join(lines[:first]), footer)


def _uuencoded(data: bytes, warnings: list[str]) -> bytes:
    begin = re.search(rb"^begin [0-7]{3,4} [^\n]*\n", data, re.MULTILINE)
    if begin is None:
        warnings.append("The uuencoded text has no beginning; it was left as it is.")
        return data
    decoded = []
    for line in data[begin.end() :].split(b"\n"):
        if line.strip() in (b"end", b"`"):
            break
        try:
            decoded.append(binascii.a2b_uu(line.rstrip(b"\r")))
        except binascii.Error:
            warnings.append("The uuencoded text is damaged in places.")
    return b"".join(decoded)
