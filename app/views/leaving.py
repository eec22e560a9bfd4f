"""Before an address found in a record is opened in the browser: where it leads, and what that tells its owner."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from app.views.desk import Desk


def ask_to_leave(desk: Desk, parent: QWidget, address: str) -> None:
    """Open the question; the browser opens only when it is answered with yes."""
    words = desk.words
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(words("leaving.title"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    url = QUrl(address)
    box.setText(words("leaving.ask", host=url.host()))
    box.setInformativeText(address)
    leave = box.addButton(words("leaving.leave"), QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(words("leaving.stay"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    leave.clicked.connect(lambda: QDesktopServices.openUrl(url))
    box.open()
