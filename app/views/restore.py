"""First start, the other way: bring back a backup made on this machine or on another."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QProgressBar, QVBoxLayout, QWidget

from app.bridge import Job
from app.results import Progress
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import choose_button, line_field
from app.views.parts import button, column, label, row
from app.views.pick import pick_source_file
from app.views.secret_field import SecretField
from app.views.sheet import Sheet


class Restore(QWidget):
    """`restored` once the vault is there and open; `back` when the person wants to begin anew after all."""

    restored = Signal()
    back = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job | None = None
        words = desk.words
        choose = choose_button(words("place.choose"), words("restore.choose"), self._choose)
        self._file = line_field(words("restore.file"), beside=choose)
        self._secret = SecretField(desk, words("restore.secret"))
        self._secret.entered.connect(self._submit)
        self._wrong = label("", "danger")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("restore.progress"))
        self._go = button(words("restore.restore"), "primary")
        self._go.clicked.connect(self._submit)
        self._back = button(words("restore.back"))
        self._back.clicked.connect(self._leave)
        for part in (self._wrong, self._bar):
            part.hide()
        self._secret.edited.connect(self._wrong.hide)
        self._path.textChanged.connect(lambda _: self._wrong.hide())
        content = column(
            label(words("restore.title"), "title"),
            label(words("restore.what"), "muted"),
            self._file,
            self._secret,
            self._wrong,
            self._bar,
            row(self._go, self._back, 0),
            gap=SPACE * 2,
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content))
        self.setFocusProxy(self._file)

    @property
    def _path(self) -> QLineEdit:
        assert isinstance(self._file.control, QLineEdit)
        return self._file.control

    def _choose(self) -> None:
        words = self._desk.words

        def take(paths: list[str]) -> None:
            self._path.setText(paths[0])
            self._secret.setFocus()

        pick_source_file(self, self._desk, take, words("restore.choose"), words("backup.kind"))

    def _submit(self) -> None:
        words = self._desk.words
        if self._job is not None:
            return
        path = self._path.text().strip()
        if not path:
            self._file.wrong(words("place.no_file"))
            return
        if not self._secret.text():
            self._refuse(words("secrets.missing"))
            return
        self._busy(True)
        self._job = self._desk.bridge.submit(
            self,
            "restore_archive",
            path,
            self._secret.text(),
            on_report=self._progress,
            on_done=lambda _: self._done(),
            on_failed=self._failed,
            on_cancelled=lambda: self._busy(False),
        )

    def _busy(self, busy: bool) -> None:
        self._job = None
        self._bar.setRange(0, 0)
        self._bar.setVisible(busy)
        for part in (self._file, self._secret, self._go):
            part.setEnabled(not busy)

    def _progress(self, report: object) -> None:
        if isinstance(report, Progress) and report.total:
            self._bar.setRange(0, 1000)
            self._bar.setValue(report.done * 1000 // report.total)

    def _refuse(self, sentence: str) -> None:
        self._wrong.setText(sentence)
        self._wrong.show()
        self._secret.select()

    def _failed(self, error: BaseException) -> None:
        self._busy(False)
        self._refuse(self._desk.words.failure(error))

    def _done(self) -> None:
        self._busy(False)
        self._secret.clear()
        self.restored.emit()

    def _leave(self) -> None:
        """While it works, stop that; otherwise go back."""
        if self._job is not None:
            self._job.cancel()
        else:
            self.back.emit()
