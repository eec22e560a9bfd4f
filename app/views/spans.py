"""Positions in a text: Python counts characters, Qt counts UTF-16 units.  No Qt here."""

from __future__ import annotations

import re

# What a Qt document takes for the end of a line or a frame; each stands for one unit there too.
_BREAKS = {
    ord("\r"): "\n",
    0x2028: "\n",
    0x2029: "\n",
    0x0: "\ufffd",
    0xFDD0: "\ufffd",
    0xFDD1: "\ufffd",
    **dict.fromkeys(range(55296, 57344), "�"),
}
_PAIR = re.compile("\r\n")


def displayable(text: str) -> str:
    """`text` as a Qt document holds it: one kind of line end, no character that means something else there."""
    return _PAIR.sub("\n", text).translate(_BREAKS)


def units(text: str, offset: int) -> int:
    """The UTF-16 position, in `displayable(text)`, of the character at `offset` of `text`."""
    before = text[: max(0, offset)]
    if before.endswith("\r") and text[len(before) : len(before) + 1] == "\n":
        before = before[:-1]
    shown = displayable(before)
    return len(shown) + sum(character > "\uffff" for character in shown)
