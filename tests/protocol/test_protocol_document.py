"""docs/protocol.md shows the transitions that the machines take."""

from __future__ import annotations

from pathlib import Path

from tests.protocol.drawing import BEGIN, END, drawn

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_the_diagrams_in_the_document_are_those_of_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    shown = text.split(BEGIN)[1].split(END)[0].strip()
    assert shown == drawn().strip(), "write it anew: python -m tests.protocol.redraw"
