"""What could not be imported and why, to be read and copied."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from app.results import ImportReport
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, label, row


class ImportSummary(QDialog):
    """Opened with `open()`."""

    def __init__(self, desk: Desk, report: ImportReport, parent: QWidget) -> None:
        super().__init__(parent)
        words = desk.words
        self.setWindowTitle(words("summary.title"))
        self.resize(640, 420)
        listing = "\n".join(f"{failure.path}\n    {failure.reason}" for failure in report.failed)
        failures = QPlainTextEdit(listing, readOnly=True, tabChangesFocus=True)
        failures.setProperty("role", "failures")
        failures.setAccessibleName(words("summary.failures"))
        copy = button(words("summary.copy"))
        desk.theme.dress(copy, "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(listing))
        close = button(words("summary.close"), "primary")
        close.clicked.connect(self.accept)
        self.setLayout(
            column(
                label(words("summary.title"), "heading"),
                label(words("summary.why"), "muted"),
                failures,
                row(0, copy, close),
                margin=SPACE * 2,
                gap=SPACE + 4,
            )
        )
