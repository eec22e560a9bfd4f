"""Before a source is removed: what becomes of the records it brought."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.source_results import SourceRow
from app.views.desk import Desk
from app.views.parts import role


def ask_removal(desk: Desk, parent: QWidget, source: SourceRow, then: Callable[[bool], None]) -> QMessageBox:
    """A question to be opened; `then` with whether the records stay."""
    words = desk.words
    box = QMessageBox(parent)
    box.setWindowTitle(words("removal.title"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(words("removal.ask", name=source.name))
    if source.records:
        brought = words("removal.records", count=source.records, number=words.number(source.records))
        box.setInformativeText(f"{brought} {words('removal.receipts')}")
        keep = box.addButton(words("removal.keep"), QMessageBox.ButtonRole.AcceptRole)
        forget = box.addButton(words("removal.forget"), QMessageBox.ButtonRole.DestructiveRole)
        role(forget, "danger")
        forget.clicked.connect(lambda: then(False))
    else:
        keep = box.addButton(words("removal.remove"), QMessageBox.ButtonRole.AcceptRole)
    keep.clicked.connect(lambda: then(True))
    stay = box.addButton(words("removal.cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    return box
