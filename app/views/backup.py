"""A copy of everything: encrypted, to be restored elsewhere; or in open formats, for other programs."""

from __future__ import annotations

from datetime import date

from PySide6.QtWidgets import QProgressBar, QRadioButton, QWidget

from app.backup_results import Exported
from app.results import Progress
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.parts import button, column, frame, label, rename
from app.views.pick import pick_new_file
from app.views.secret_field import SecretField


class Backup(Dialog):
    """Opened with `open()`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("backup.title"), 560)
        self._desk = desk
        self._sealed = QRadioButton(words("backup.sealed"))
        self._open = QRadioButton(words("backup.open"))
        self._sealed.setChecked(True)
        for choice in (self._sealed, self._open):
            choice.setAccessibleName(choice.text())
        self._wrong = label("", "danger")
        self._secret = SecretField(desk, words("backup.secret"))
        self._secret.edited.connect(self._wrong.hide)
        self._secret.entered.connect(self._choose)
        self._warning = frame("warning", column(label(words("backup.open_warning")), margin=SPACE + 4))
        self._stage = label("", "muted")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("backup.progress"))
        self._done = label("", "good")
        for part in (self._warning, self._wrong, self._stage, self._bar, self._done):
            part.hide()
        self._close = button(words("backup.cancel"))
        self._close.clicked.connect(self.reject)
        self._go = button(words("backup.choose"), "primary")
        self._go.clicked.connect(self._choose)
        sealed = column(self._sealed, label(words("backup.sealed_what"), "small"), gap=2)
        unsealed = column(self._open, label(words("backup.open_what"), "small"), gap=2)
        self._choices = QWidget()
        self._choices.setLayout(column(sealed, unsealed, self._secret, self._warning, self._wrong, gap=SPACE * 2))
        self.fill(column(self._choices, self._stage, self._bar, self._done, gap=SPACE * 2), self._close, self._go)
        self._open.toggled.connect(self._chosen)
        self._secret.setFocus()

    def _chosen(self, unsealed: bool) -> None:
        self._secret.setVisible(not unsealed)
        self._warning.setVisible(unsealed)
        self._wrong.hide()

    def _choose(self) -> None:
        words = self._desk.words
        if self._sealed.isChecked() and not self._secret.text():
            self._refuse(words("secrets.missing"))
            return
        today = f"{date.today():%Y-%m-%d}"
        if self._open.isChecked():
            pick_new_file(self, self._write, words("backup.pick"), f"nuee-{today}", words("pick.all"))
        else:
            pick_new_file(self, self._write, words("backup.pick"), f"nuee-{today}.nuee-backup", words("backup.kind"))

    def _refuse(self, sentence: str) -> None:
        self._wrong.setText(sentence)
        self._wrong.show()

    def _write(self, paths: list[str]) -> None:
        self._wrong.hide()
        self._choices.setEnabled(False)
        self._go.setEnabled(False)
        self._bar.setRange(0, 0)
        self._bar.show()
        self._stage.setText(self._desk.words("backup.writing"))
        self._stage.show()
        command: tuple[object, ...] = ("export_open", paths[0])
        if self._sealed.isChecked():
            command = ("export_archive", paths[0], self._secret.text())
        name, *args = command
        self.job = self._desk.bridge.submit(
            self,
            str(name),
            *args,
            on_report=self._progress,
            on_done=self._written,
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _progress(self, report: object) -> None:
        if isinstance(report, Progress) and report.total:
            self._bar.setRange(0, 1000)  # a file may have more bytes than the bar can count
            self._bar.setValue(report.done * 1000 // report.total)

    def _rest(self) -> None:
        self.job = None
        self._bar.hide()
        self._stage.hide()
        self._choices.setEnabled(True)
        self._go.setEnabled(True)

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self._refuse(self._desk.words.failure(error))

    def _written(self, made: Exported) -> None:
        words = self._desk.words
        self._secret.clear()
        self._rest()
        self._choices.hide()
        self._go.hide()
        rename(self._close, words("backup.close"))
        key = "backup.done_open" if made.open else "backup.done"
        self._done.setText(words(key, path=made.path, size=words.size(made.bytes), number=words.number(made.records)))
        self._done.show()
