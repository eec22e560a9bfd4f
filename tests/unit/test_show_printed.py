"""`nuee show`, as a person reads it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from app.printing import PRINTERS

RECORD: dict[str, Any] = {
    "title": "Boat on Sunday", "sender": "Ada <ada@example.org>", "recipients": [], "date": "2026-03-04T09:30:00+00:00",
    "authentication": "", "authenticated_by": "", "attachments": [], "warnings": [], "body": "Shall we?",
    "labels": ["personal"], "priority": "high", "needs_answer": True,
}  # fmt: skip


def printed(language: str, **changed: Any) -> str:
    out = io.StringIO()
    PRINTERS["show"]({**RECORD, **changed}, language, out, "")
    return out.getvalue()


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Found to be: personal, high priority, wants an answer"),
        ("fr", "Classé: personal, priorité haute, attend une réponse"),
    ],
)
def test_what_a_skill_found_a_mail_to_be_is_shown(language: str, line: str) -> None:
    assert line in printed(language).splitlines()


def test_a_mail_that_nobody_looked_at_has_no_such_line() -> None:
    assert "Found to be" not in printed("en", labels=[], priority="", needs_answer=False)


def test_the_date_is_without_the_writing_of_machines() -> None:
    assert "+00:00" not in printed("en")
