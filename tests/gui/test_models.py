"""The search model: used, changed to, removed; how far a change is."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from app.embedder_results import EmbedderChange
from app.views.embedders import Embedders
from app.views.home import MODELS
from app.window import Window
from tests.gui.scripted import Scripted
from tests.gui.shown import home, one, press, shown, texts

OTHER = "multilingual-e5-small"


def section(qtbot: QtBot, window: Window) -> Embedders:
    page = home(qtbot, window)
    page.turn_to(MODELS)
    qtbot.waitUntil(lambda: OTHER in texts(page.models.search))
    return page.models.search


def test_another_search_model_is_used_and_its_preparation_shown(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        search = section(qtbot, window)
        press(search, f"Use {OTHER}")
        qtbot.waitUntil(lambda: scripted.called("use_embedder") == [(OTHER,)])
        scripted.listener(EmbedderChange(OTHER, "embedding", 40, 94))
        qtbot.waitUntil(lambda: f"Preparing {OTHER}: 40 of 94 passages" in texts(search))
        assert search._busy.isVisible()
        scripted.listener(EmbedderChange(OTHER, "done", 94, 94))
        qtbot.waitUntil(lambda: not search._busy.isVisible())


def test_a_change_that_failed_says_that_search_goes_on(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        search = section(qtbot, window)
        scripted.listener(EmbedderChange(OTHER, "failed", detail="worker-died"))
        qtbot.waitUntil(lambda: "search goes on as before" in texts(search))
        assert search._change.isVisible()


def test_what_is_no_search_model_is_refused_with_the_reason(qtbot: QtBot) -> None:
    with shown(qtbot, Scripted("open")) as window:
        search = section(qtbot, window)
        search.add("/home/ada/model")
        qtbot.waitUntil(lambda: "This is no embedding model." in texts(search))
        assert search._add.isEnabled()


def test_the_built_in_one_cannot_be_removed_and_another_only_after_a_question(qtbot: QtBot) -> None:
    scripted = Scripted("open")
    with shown(qtbot, scripted) as window:
        search = section(qtbot, window)
        names = [b.accessibleName() for b in search.findChildren(QAbstractButton)]
        assert "Remove all-MiniLM-L6-v2" not in names
        press(search, f"Remove {OTHER}")
        box = one(window, QMessageBox)
        assert scripted.called("remove_embedder") == []
        next(b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == "Remove").click()
        qtbot.waitUntil(lambda: scripted.called("remove_embedder") == [(OTHER,)])
