"""`python -m tests.protocol.redraw` writes the region of docs/protocol.md that is drawn from the table."""

from __future__ import annotations

from pathlib import Path

from tests.protocol.drawing import BEGIN, END, drawn

if __name__ == "__main__":
    document = Path(__file__).parents[2] / "docs" / "protocol.md"
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    document.write_text(f"{before}{BEGIN}\n{drawn()}{END}{after}", encoding="utf-8")
