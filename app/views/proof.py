"""The proof that nothing personal is written in clear: what it does, how far it is, what it found."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QProgressBar, QWidget

from app.prove_results import ProofReport
from app.results import Progress
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.dialog import Dialog
from app.views.notice import Notice
from app.views.parts import button, column, frame, label, rename, role

_ACTS = {
    "create": "proof.act_create",
    "import": "proof.act_import",
    "search and ask": "proof.act_ask",
    "chat": "proof.act_chat",
    "sources": "proof.act_sources",
    "window": "proof.act_window",
    "forget": "proof.act_forget",
    "passphrase and phrase": "proof.act_secrets",
    "backup": "proof.act_backup",
}
_STAGES = {"proving": "proof.proving", "searching": "proof.searching"}


class Proof(Dialog):
    """Opened with `open()`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        words = desk.words
        super().__init__(parent, words("proof.title"), 560)
        self._desk = desk
        self._what = label(words("proof.what"))
        self._stage = label("", "muted")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(words("proof.progress"))
        self._verdict = label("", "heading")
        self._figures = label("")
        self._features = label("", "small")
        self._leaks = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self._leaks.setProperty("role", "failures")
        self._leaks.setAccessibleName(words("proof.leaks"))
        self._leaks.setFixedHeight(140)
        self._result = frame("hint", column(self._verdict, self._figures, self._features, margin=SPACE * 2))
        self._notice = Notice(desk)
        self._notice.again.connect(self._begin)
        self._copy = button(words("proof.copy"))
        desk.theme.dress(self._copy, "copy")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._report_text()))
        self._close = button(words("proof.close"))
        self._close.clicked.connect(self.reject)
        self._go = button(words("proof.begin"), "primary")
        self._go.clicked.connect(self._begin)
        parts = (self._what, self._stage, self._bar, self._result, self._leaks, self._notice)
        for part in (self._stage, self._bar, self._result, self._leaks, self._copy):
            part.hide()
        self.fill(column(*parts, gap=SPACE * 2), self._copy, self._close, self._go)
        self._go.setFocus()

    def _begin(self) -> None:
        words = self._desk.words
        for part in (self._result, self._leaks, self._copy, self._go, self._notice):
            part.hide()
        self._bar.setRange(0, 0)
        self._bar.show()
        self._stage.setText(words("proof.starting"))
        self._stage.show()
        rename(self._close, words("proof.cancel"))
        self.job = self._desk.bridge.submit(
            self,
            "prove",
            on_report=self._progress,
            on_done=self._done,
            on_failed=self._failed,
            on_cancelled=self._rest,
        )

    def _progress(self, report: object) -> None:
        if not isinstance(report, Progress):
            return
        words = self._desk.words
        self._bar.setRange(0, report.total or 0)
        self._bar.setValue(report.done)
        stage = words(_STAGES.get(report.stage, "proof.proving"))
        count = words.number(report.done)
        if report.total:
            count = words("import.of", done=count, total=words.number(report.total))
        self._stage.setText(f"{stage} {count}")

    def _rest(self) -> None:
        self.job = None
        self._bar.hide()
        self._stage.hide()
        rename(self._close, self._desk.words("proof.close"))
        rename(self._go, self._desk.words("proof.again"))
        self._go.show()

    def _failed(self, error: BaseException) -> None:
        self._notice.tell(error)
        self._rest()

    def _done(self, found: ProofReport) -> None:
        words = self._desk.words
        self._verdict.setText(words("proof.holds" if found.holds else "proof.fails"))
        role(self._verdict, "heading" if found.holds else "danger")
        role(self._result, "hint" if found.holds else "notice")
        self._figures.setText(
            words(
                "proof.figures",
                files=words.number(found.files),
                size=words.size(found.bytes),
                marks=words.number(found.canaries),
                crashes=words.number(found.crashes),
                seconds=words.number(round(found.seconds)),
            )
        )
        tried = ", ".join(words(_ACTS[name]) if name in _ACTS else name for name in found.features)
        self._features.setText(words("proof.features", features=tried))
        self._features.setVisible(bool(tried))
        self._result.show()
        self._leaks.setPlainText("\n".join(_findings(found, self._desk)))
        self._leaks.setVisible(not found.holds)
        self._copy.show()
        self._what.hide()
        self._rest()

    def _report_text(self) -> str:
        parts = (self._verdict.text(), self._figures.text(), self._features.text(), self._leaks.toPlainText())
        return "\n".join(part for part in parts if part)


def _findings(found: ProofReport, desk: Desk) -> list[str]:
    """What speaks against it, one a line."""
    words = desk.words
    lines = [words("proof.leak", what=leak.what, file=leak.file) for leak in found.leaks]
    lines += [words("proof.core", name=name) for name in found.core_dumps]
    lines += [words("proof.unread", file=file) for file in found.unread]
    return lines + ([words("proof.kept", folder=found.kept)] if found.kept else [])
