"""A real window over a bridge, opened and closed again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.bridge import Bridge
from app.theme.theme import Theme
from app.views.home import Home
from app.window import Window
from tests.gui.scripted import Scripted

W = TypeVar("W", bound=QWidget)


@contextmanager
def shown(qtbot: QtBot, scripted: Scripted, language: str = "en") -> Iterator[Window]:
    """The window over canned commands; on leaving it is closed and the trio thread has ended."""
    bridge = Bridge(Path("unused"), commands=scripted, open_node=scripted.open_node)
    with window_over(qtbot, bridge, language) as window:
        yield window


@contextmanager
def window_over(qtbot: QtBot, bridge: Bridge, language: str = "en") -> Iterator[Window]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme = Theme(application)
    window = Window(bridge, theme, language)
    ended: list[bool] = []
    window.finished.connect(lambda: ended.append(True))
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()  # a bare X server has no window manager to do it, and shortcuts need it
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)  # the server says so when it comes to it
    bridge.start()
    try:
        yield window
    finally:
        window.close()
        qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
        bridge.join()
        theme.deleteLater()
        shiboken6.delete(window)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def home(qtbot: QtBot, window: Window) -> Home:
    """The views of the open vault, once they are there."""
    qtbot.waitUntil(lambda: window.home is not None)
    found = window.home
    assert found is not None
    return found


def one(root: QWidget, kind: type[W]) -> W:
    """The newest widget of this kind in `root`."""
    return root.findChildren(kind)[-1]


def press(root: QWidget, name: str, seconds: float = 20) -> None:
    """Press the visible button with this accessible name, as soon as there is one."""
    limit = time.monotonic() + seconds
    while True:
        buttons = [b for b in root.findChildren(QAbstractButton) if b.accessibleName() == name and b.isVisible()]
        if buttons or time.monotonic() > limit:
            break
        QApplication.processEvents()
    [button] = buttons
    button.click()


def texts(root: QWidget) -> str:
    """Every text that `root` and what is in it shows."""
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        for method in ("text", "toPlainText", "currentText", "placeholderText", "windowTitle", "toolTip"):
            reader = getattr(widget, method, None)
            if callable(reader):
                found.append(str(reader()))
    return "\n".join(found)


def drop(window: QWidget, *paths: Path) -> None:
    """Drag files over the window and let go."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    arguments = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), *arguments))
    QApplication.sendEvent(window, QDropEvent(QPoint(50, 50).toPointF(), *arguments))
