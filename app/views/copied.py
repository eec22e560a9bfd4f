"""A label whose text is copied as it is, without the places where a long word may be broken (app.views.plain)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QClipboard, QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLabel, QMenu

_BREAK = "\u200b"  # an address with it in is no address


class CopiedLabel(QLabel):
    """Plain text, to be marked with the mouse and copied."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self._copy()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """What X11 pastes with the middle button is set by the release."""
        super().mouseReleaseEvent(event)
        if self.hasSelectedText() and QGuiApplication.clipboard().supportsSelection():
            self._copy(QClipboard.Mode.Selection)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Qt's own menu would copy what stands there."""
        copying = QMenu(self)
        copying.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = copying.addAction(QGuiApplication.translate("QWidgetTextControl", "&Copy"))
        action.triggered.connect(lambda: self._copy())
        action.setEnabled(self.hasSelectedText())
        copying.popup(event.globalPos())

    def _copy(self, mode: QClipboard.Mode = QClipboard.Mode.Clipboard) -> None:
        QGuiApplication.clipboard().setText(self.selectedText().replace(_BREAK, ""), mode)
