"""How far an import is, with Cancel; afterwards what came of it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QProgressBar, QSizePolicy

from app.results import ImportReport, Progress
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.import_summary import ImportSummary
from app.views.importing import Importing
from app.views.parts import button, column, icon_button, label, row

_STAGES = {
    "reading": "import.reading",
    "embedding": "import.embedding",
    "hashing": "import.hashing",
}


class ImportProgress(QFrame):
    """A strip that is there while something is imported, and until its result was seen."""

    def __init__(self, desk: Desk, importing: Importing) -> None:
        super().__init__()
        self._desk = desk
        self._importing = importing
        self._report: ImportReport | None = None
        words = desk.words
        self.setProperty("role", "bar")
        self._text = label("")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("import.progress"))
        self._cancel = button(words("import.cancel"))
        self._cancel.clicked.connect(importing.cancel)
        self._details = button(words("import.details"))
        self._details.clicked.connect(self._show_details)
        self._close = icon_button(desk.theme, "x", words("import.close"), "muted")
        self._close.clicked.connect(self.hide)
        layout = row(column(self._text, self._bar, gap=6), self._cancel, self._details, self._close, margin=SPACE + 4)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        importing.began.connect(self._begin)
        importing.progressed.connect(self._progress)
        importing.finished.connect(self._finish)
        importing.failed.connect(lambda error: self._end(words.failure(error)))
        importing.cancelled.connect(lambda: self._end(words("import.cancelled")))
        self.setVisible(importing.running)
        if importing.running:
            self._begin()

    def _begin(self) -> None:
        self._report = None
        self._text.setText(self._desk.words("import.starting"))
        self._bar.setRange(0, 0)
        self._bar.show()
        self._cancel.show()
        self._details.hide()
        self._close.hide()
        self.show()

    def _progress(self, progress: Progress) -> None:
        words = self._desk.words
        if progress.total:
            self._bar.setRange(0, progress.total)
            self._bar.setValue(progress.done)
            count = words("import.of", done=words.number(progress.done), total=words.number(progress.total))
        else:
            self._bar.setRange(0, 0)
            count = words.number(progress.done)
        stage = words(_STAGES.get(progress.stage, "import.reading"))
        self._text.setText(f"{stage} {count}  {progress.item}".rstrip())

    def _finish(self, report: ImportReport) -> None:
        self._end(summary(report, self._desk))
        self._report = report
        self._details.setVisible(bool(report.failed))

    def _end(self, sentence: str) -> None:
        self._text.setText(sentence)
        self._bar.hide()
        self._cancel.hide()
        self._details.hide()
        self._close.show()

    def _show_details(self) -> None:
        if self._report is not None:
            ImportSummary(self._desk, self._report, self.window()).open()


def summary(report: ImportReport, desk: Desk) -> str:
    """What an import brought, in one line."""
    words = desk.words
    parts = [words("import.imported", count=report.imported, number=words.number(report.imported))]
    if report.duplicates:
        parts.append(words("import.duplicates", count=report.duplicates, number=words.number(report.duplicates)))
    if report.failed:
        parts.append(words("import.unreadable", count=len(report.failed), number=words.number(len(report.failed))))
    return " ".join(parts)
