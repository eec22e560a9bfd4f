"""The files that the instructions of a skill refer to (agentskills.io/specification, "File references").

Of what came with the skill and nothing else: a path is looked up among its files, never on a disk.  What a person who
reviews it would not see, or what is no text, is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skills.wording import hidden_character

FOLDERS = ("references/", "assets/")
SUFFIXES = (".md", ".txt")
MAX_SIZE = 64 * 1024  # bytes of one file
MAX_FILES = 20


def mentioned(instructions: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Text by path, in the order in which the instructions first name them, as paths from the skill's folder."""
    found: list[tuple[int, str, str]] = []
    for path, content in files.items():
        if not path.startswith(FOLDERS) or not path.lower().endswith(SUFFIXES) or path not in instructions:
            continue
        named = re.search(rf"(?<![\w/\\.%-])(?:\./)?{re.escape(path)}(?![\w/\\%-]|\.\w)", instructions)
        text = _text(content)
        if named is not None and text:
            found.append((named.start(), path, text))
    return {path: text for _, path, text in sorted(found)[:MAX_FILES]}


def _text(content: bytes) -> str:
    """Empty for what is not for reading."""
    if len(content) > MAX_SIZE:
        return ""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        return ""
    return "" if hidden_character(text) else text
