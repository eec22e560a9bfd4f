"""The window over a real node that agrees on a task with another one, over loopback, with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from app import demo
from app.bridge import Bridge
from app.serving import open_serving
from app.views.home import PEERS, TASKS
from app.views.secret_field import SecretField
from app.views.sequence import SequenceView
from app.views.task_give import TaskGive
from app.views.unlock import Unlock
from installer import places
from tests.gui.shown import home, one, press, texts, window_over

pytestmark = pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed")
PASSPHRASE = "gravel otter lantern seventeen"
SLOW = 60_000  # milliseconds: a model is loaded, on a busy machine


def test_a_newcomer_sees_two_agents_agree(qtbot: QtBot, tmp_path: Path) -> None:
    homes = (tmp_path / "ada", tmp_path / "ben")
    trio.run(demo.prepare, homes, PASSPHRASE)
    ben, owner, ended = Bridge(homes[1], open_node=open_serving), QObject(), list[bool]()
    ben.stopped.connect(lambda _: ended.append(True))
    ben.start()
    ben.submit(owner, "unlock", PASSPHRASE)
    try:
        with window_over(qtbot, Bridge(homes[0], open_node=open_serving)) as window:
            qtbot.waitUntil(lambda: bool(window.findChildren(Unlock)), timeout=SLOW)
            qtbot.waitUntil(lambda: one(window, Unlock)._unlock.isEnabled(), timeout=SLOW)
            one(window, SecretField)._line.setText(PASSPHRASE)
            press(window, "Unlock")
            qtbot.waitUntil(lambda: window.home is not None, timeout=SLOW)
            page = home(qtbot, window)
            page.turn_to(PEERS)
            qtbot.waitUntil(lambda: "There · directly over TCP" in texts(page.peers), timeout=SLOW)
            page.turn_to(TASKS)
            press(page.tasks, "Give a task…")
            dialog = one(window, TaskGive)
            dialog.findChildren(QPlainTextEdit)[0].setPlainText("Say hello.")
            press(dialog, "Ask their agents")
            qtbot.waitUntil(lambda: "Done · by Ben" in texts(page.tasks.detail), timeout=SLOW)
            talk = one(page.tasks.detail, SequenceView).accessibleDescription()
            said = [line.partition(": ")[2] for line in talk.splitlines()]
            assert said == [
                "you to Ben: who would do it?", "Ben to you: I would", "you to Ben: agreed, do it",
                "Ben to you: done, here is the result",
            ]  # fmt: skip
            assert one(page.tasks.detail, QPlainTextEdit).toPlainText()
    finally:
        ben.stop()
        qtbot.waitUntil(lambda: bool(ended), timeout=SLOW)
        ben.join()
        owner.deleteLater()
