"""Text as it may be stored and shown: one kind of line end, no control characters, nothing that cannot be encoded.

Some characters change what a person sees without being seen: bidirectional overrides turn "exe.fdp" round, and
Unicode tag characters spell whole sentences that no screen shows.  The first are
named in a warning, the second dropped.
"""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff\ue000\ue001]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|\r|\x0c|\x85|\u2028|\u2029")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDES = re.compile("[\u202d\u202e]")
_TAG_CHARACTERS = re.compile("(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
_SPACES = re.compile(r"\s+")

BLOCKQUOTE_START, BLOCKQUOTE_END = "\ue000", "\ue001"  # private to html_text; never in text that was read


def body(text: str, warnings: list[str]) -> str:
    """Text of many lines.  Line ends become \\n; trailing blank lines go; tabs stay."""
    text = _characters(text, warnings)
    if _OVERRIDES.search(text):
        warnings.append("The text contains characters that reverse the reading direction.")
    return text.rstrip()


def line(text: str, warnings: list[str]) -> str:
    """Text of one line, such as a subject or a file name: white space squeezed, direction characters dropped."""
    text = _characters(text, warnings)
    if _BIDI.search(text):
        warnings.append("Characters that reverse the reading direction were dropped from a heading, name or address.")
        text = _BIDI.sub("", text)
    return _SPACES.sub(" ", text).strip()


def _characters(text: str, warnings: list[str]) -> str:
    if text.isascii():
        if "\r" in text or "\x0c" in text:
            text = _LINE_ENDS.sub("\n", text)
        return _CONTROLS.sub("", text)
    text = _SURROGATES.sub("\ufffd", text)
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
    if _TAG_CHARACTERS.search(text):
        warnings.append("Characters that no screen shows (Unicode tags) were dropped from the text.")
        text = _TAG_CHARACTERS.sub("", text)
    return text
