"""The contract net as people read it, drawn from the table: two state diagrams (mermaid), each with its transitions."""

from __future__ import annotations

from collections.abc import Iterator

from p2p.contractnet import INITIATOR_FINAL, INITIATOR_ROWS, PARTICIPANT_FINAL, PARTICIPANT_ROWS, Phase, Row

BEGIN, END = "<!-- contract net: begin -->", "<!-- contract net: end -->"


def drawn() -> str:
    """The region of docs/protocol.md between the two marks."""
    lines: list[str] = []
    for title, rows, final in (
        ("Initiator", INITIATOR_ROWS, INITIATOR_FINAL),
        ("Participant", PARTICIPANT_ROWS, PARTICIPANT_FINAL),
    ):
        lines += [f"### {title}", "", *_diagram(rows, frozenset(final)), "", *_table(rows), ""]
    return "\n".join(lines)


def _diagram(rows: tuple[Row, ...], final: frozenset[Phase]) -> Iterator[str]:
    """Transitions that change the phase; those that stay are in the table only."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {rows[0].phases[0]}"
    for row in rows:
        for phase in row.phases:
            if row.goes not in (None, phase):
                yield f"    {phase} --> {row.goes}: {' or '.join(row.events)} [{row.guard}]"
    for phase in sorted(final):
        yield f"    {phase} --> [*]"
    yield "```"


def _table(rows: tuple[Row, ...]) -> Iterator[str]:
    yield "| phase | input | guard | next phase | effects |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        goes = "(stays)" if row.goes is None else row.goes
        cells = (", ".join(row.phases), ", ".join(row.events), row.guard, goes, "; ".join(row.does) or "none")
        yield f"| {' | '.join(cells)} |"
