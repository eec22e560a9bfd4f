"""The content that led to an act, as the person is shown it: each source with the passage that says most of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agent.taint import Taint
from storage import gaps
from storage.approval_rows import ApprovalSource
from storage.vault import Vault

MAX_QUOTE = 280  # characters
_QUOTED = 50  # sources that are quoted; the others are named
_LOOKED_AT = 20_000  # characters of a record
_PASSAGES = re.compile(r"(?<=[.!?…])\s+|\n+")


def sources(vault: Vault, taint: Taint, arguments: Mapping[str, Any]) -> tuple[ApprovalSource, ...]:
    """Everything untrusted that was read, in a steady order.  Blocking; any thread.  Errors: VaultError."""
    wanted = {word for text in gaps.strings(dict(arguments)) for word in gaps.words(text) if gaps.telling(word)}
    found = []
    with vault.read() as connection:
        for number, one in enumerate(taint.untrusted):
            quote = ""
            if one.record and number < _QUOTED:
                row = connection.execute("SELECT body FROM record WHERE id = ?", (one.record,)).fetchone()
                quote = passage(row[0][:_LOOKED_AT], wanted) if row else ""
            found.append(ApprovalSource(one.origin, one.record, one.title, one.sender, quote))
    return tuple(found)


def passage(text: str, wanted: set[str]) -> str:
    """The sentence or line that shares most words with `wanted`; the first where none does."""
    parts = [part.strip() for part in _PASSAGES.split(text) if part.strip()]
    best = max(parts, key=lambda part: len(wanted.intersection(gaps.words(part))), default="")
    return best if len(best) <= MAX_QUOTE else best[: MAX_QUOTE - 1].rstrip() + "…"
