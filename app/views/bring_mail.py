"""First start, last page: the sample mailbox, or your own."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QVBoxLayout, QWidget

from app.results import ImportReport
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.import_progress import ImportProgress
from app.views.importing import Importing, dropped_paths
from app.views.parts import button, column, frame, label, role, row
from app.views.pick import pick_files, pick_folder
from app.views.sheet import Sheet


class BringMail(QWidget):
    """`done` when there is something in the vault, or the person wants to go on without."""

    done = Signal()

    def __init__(self, desk: Desk, importing: Importing) -> None:
        super().__init__()
        self._importing = importing
        words = desk.words
        self._sample = button(words("bring.sample"), "primary")
        self._files = button(words("bring.files"))
        self._folder = button(words("bring.folder"))
        self._later = button(words("bring.later"), "quiet")
        self._progress = ImportProgress(desk, importing)
        self._area = _DropArea(desk, column(row(self._files, self._folder, 0)))
        content = column(
            label(words("bring.title"), "title"),
            _card(desk, "envelope-open", words("bring.sample_title"), words("bring.sample_what"), row(self._sample, 0)),
            self._area,
            row(self._later, 0),
            gap=SPACE * 2,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(Sheet(content, 600))
        outer.addWidget(self._progress)
        self.setFocusProxy(self._sample)
        self._sample.clicked.connect(importing.sample)
        self._files.clicked.connect(lambda: pick_files(self, desk, importing.paths))
        self._folder.clicked.connect(lambda: pick_folder(self, desk, importing.paths))
        self._area.dropped.connect(importing.paths)
        self._later.clicked.connect(self.done)
        importing.began.connect(lambda: self._offer(False))
        importing.failed.connect(lambda _: self._offer(True))
        importing.cancelled.connect(lambda: self._offer(True))
        importing.finished.connect(self._finished)

    def _offer(self, offered: bool) -> None:
        for choice in (self._sample, self._files, self._folder, self._later):
            choice.setEnabled(offered)

    def _finished(self, report: ImportReport) -> None:
        self._offer(True)
        if report.imported or report.duplicates:
            self.done.emit()


def _card(desk: Desk, glyph: str, title: str, what: str, below: QLayout) -> QFrame:
    picture = QLabel()
    desk.theme.picture(picture, glyph, "accent", 32)
    text = column(label(title, "heading"), label(what, "muted"), gap=4)
    inner = row(picture, text, gap=SPACE * 2)
    inner.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
    inner.setStretch(1, 1)
    return frame("card", column(inner, below, margin=SPACE * 2, gap=SPACE * 2))


class _DropArea(QFrame):
    """Where files and folders are dropped; `dropped` with their paths."""

    dropped = Signal(list)

    def __init__(self, desk: Desk, below: QVBoxLayout) -> None:
        super().__init__()
        words = desk.words
        inner = _card(desk, "tray", words("bring.own_title"), words("bring.own_what"), below)
        inner.setProperty("role", "")
        self.setProperty("role", "card")
        self.setAcceptDrops(True)
        self.setLayout(column(inner))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            role(self, "drop")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        role(self, "card")
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        role(self, "card")
        event.acceptProposedAction()
        self.dropped.emit(dropped_paths(event.mimeData()))
