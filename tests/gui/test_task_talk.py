"""What the agents said to each other, drawn and in words."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.views.sequence import Lifelines, SequenceView
from tests.gui.scripted_swarm import BOB, CLEO, arrow, task_row, view
from tests.gui.shown import one, press, shown
from tests.gui.test_tasks_page import opened, with_task


def test_the_diagram_grows_with_the_talk_and_reads_as_text(qtbot: QtBot) -> None:
    scripted = with_task(view(task_row()))
    with shown(qtbot, scripted) as window:
        page = opened(qtbot, window)
        before = one(page.detail, Lifelines).sizeHint().height()
        said = (arrow(BOB, "cfp"), arrow(CLEO, "cfp"), arrow(CLEO, "propose", outgoing=False, detail="12 credit"))
        scripted.given = [view(task_row(), messages=said)]
        page.task_changed()
        qtbot.waitUntil(lambda: one(page.detail, Lifelines).sizeHint().height() > before)
        lines = one(page.detail, SequenceView).accessibleDescription().splitlines()
        assert [line.partition(": ")[2] for line in lines] == [
            "you to Bob: who would do it?", "you to Cleo: who would do it?", "Cleo to you: I would, 12 credits",
        ]  # fmt: skip
        press(page.detail, "As text")
        assert page.detail._words.isVisible()
        assert not page.detail._diagram.isVisible()


def test_the_diagram_draws_each_message_between_its_lifelines(qtbot: QtBot) -> None:
    with shown(qtbot, with_task(view(task_row(), messages=(arrow(BOB, "cfp"), arrow(CLEO, "refuse"))))) as window:
        page = opened(qtbot, window)
        diagram = one(page.detail, Lifelines)
        qtbot.waitUntil(diagram.isVisible)
        picture = diagram.grab().toImage()
        at = diagram._positions()
        tokens = window._theme.tokens

        def ink(index: int, lane: str) -> str:
            x = (at[""] + at[lane]) / 2 + 20
            ratio = picture.devicePixelRatio()
            return picture.pixelColor(int(x * ratio), int((44 + (index + 1) * 40) * ratio)).name().upper()

        assert ink(0, BOB.peer_id) == tokens.link.upper()
        assert ink(1, CLEO.peer_id) == tokens.danger.upper()


def test_a_wide_talk_scrolls_with_the_keyboard(qtbot: QtBot) -> None:
    crowd = tuple(arrow(replace(BOB, peer_id=f"12D3KooW{n}", name=f"Peer {n}"), "cfp") for n in range(12))
    with shown(qtbot, with_task(view(task_row(), messages=crowd))) as window:
        page = opened(qtbot, window)
        diagram = one(page.detail, SequenceView)
        qtbot.waitUntil(lambda: diagram.horizontalScrollBar().maximum() > 0)
        diagram.setFocus()
        QTest.keyClick(diagram, Qt.Key.Key_Right)
        assert diagram.horizontalScrollBar().value() > 0
