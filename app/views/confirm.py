"""A question before something is done that cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.views.parts import role


def confirm(
    parent: QWidget, title: str, question: str, do: str, keep: str, then: Callable[[], object], more: str = ""
) -> QMessageBox:
    """Open the question; `then` if the button `do` is pressed.  `keep` is the button that Enter and Esc press."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    box.setInformativeText(more)
    doing = box.addButton(do, QMessageBox.ButtonRole.DestructiveRole)
    role(doing, "danger")
    keeping = box.addButton(keep, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keeping)
    box.setEscapeButton(keeping)
    doing.clicked.connect(lambda: then())
    box.open()
    return box
