"""An answer: how it comes about, its text as it streams, what it rests on, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.results import CitationView, Passages, Piece, Restated, Searching, ToolChosen, ToolDone, Waiting
from app.views.chip import Chip
from app.views.desk import Desk
from app.views.notice import Notice
from app.views.parts import button, clear, column, label, row
from app.views.sealed_text import SealedText
from app.views.steps import Steps

_RENDER_MS = 33
_RENDER_SHARE = 6  # rendering takes at most a sixth of the Qt thread, however long the answer


class Answer(QWidget):
    """`opened` with a CitationView; `again` when the answer is to be made anew; `wanted_approvals`."""

    opened = Signal(object)
    again = Signal()
    wanted_approvals = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        words = desk.words
        self.text = ""
        self._citations: tuple[CitationView, ...] = ()
        self._stage = label("", "muted")
        self._view = SealedText(words("chat.answer"))
        self._view.cited.connect(self._cited)
        self._steps = Steps(desk)
        self._steps.wanted_approvals.connect(self.wanted_approvals)
        self._chips = column(gap=4)
        self._stopped = label(words("chat.stopped"), "small")
        self._copy = button(words("chat.copy"), "quiet")
        desk.theme.dress(self._copy, "copy", "muted")
        self._copy.clicked.connect(self._copy_text)
        self._retry = button(words("chat.retry"), "quiet")
        desk.theme.dress(self._retry, "arrow-clockwise", "muted")
        self._retry.clicked.connect(self.again)
        self._notice = Notice(desk)
        self._notice.again.connect(self.again)
        self._render_soon = QTimer(self, singleShot=True, interval=_RENDER_MS)
        self._render_soon.timeout.connect(self._render)
        self.setLayout(
            column(
                self._stage,
                self._steps,
                self._view,
                self._stopped,
                self._chips,
                row(self._copy, self._retry, 0, gap=4),
                self._notice,
                gap=6,
            )
        )
        for part in (self._stage, self._view, self._stopped, self._copy, self._retry):
            part.hide()

    def restart(self) -> None:
        """Forget the text: the answer begins anew."""
        self.text = ""
        self._citations = ()
        clear(self._chips)
        self._steps.restart()
        self._view.show_plain("")
        for part in (self._view, self._stopped, self._copy, self._retry, self._notice):
            part.hide()
        self.hear(Searching())

    def hear(self, report: object) -> None:
        """One report of `ask`."""
        words = self._desk.words
        if isinstance(report, Searching):
            self._stage.setText(words("chat.searching"))
            self._stage.show()
        elif isinstance(report, Passages):
            self._stage.setText(words("chat.reading", count=report.count))
            self._stage.show()
        elif isinstance(report, Piece | Restated):
            self.text = report.text if isinstance(report, Restated) else self.text + report.text
            if not self._render_soon.isActive():
                self._render_soon.start()
        else:
            self._hear_of_steps(report)

    def _hear_of_steps(self, report: object) -> None:
        if isinstance(report, ToolChosen):
            told = (report.skill, report.entry, report.title, report.arguments, report.step, report.steps)
            self._steps.chosen(*told)
            self._stage.hide()
        elif isinstance(report, ToolDone):
            self._steps.done(report.skill, report.entry, report.state)
        elif isinstance(report, Waiting):
            self._steps.waits(report.what)

    def finish(self, text: str, citations: Sequence[CitationView], *, stopped: bool) -> None:
        """The final text, with its citations."""
        self.text = text
        self._citations = tuple(citations)
        self._render()
        self._stage.hide()
        self._stopped.setVisible(stopped)
        self._copy.setVisible(bool(text))
        clear(self._chips)
        for citation in self._citations:
            chip = Chip(self._desk, citation)
            chip.opened.connect(self.opened)
            self._chips.addWidget(chip)

    def stop(self) -> None:
        """Ended by the user; what was streamed stays."""
        self.finish(self.text, (), stopped=True)

    def fail(self, error: BaseException) -> None:
        self._render()
        self._stage.hide()
        self._notice.tell(error)

    def offer_retry(self, offered: bool) -> None:
        """Only the last answer can be made anew."""
        self._retry.setVisible(offered)

    def _render(self) -> None:
        self._render_soon.stop()
        begun = time.perf_counter()
        self._view.setVisible(bool(self.text))
        self._view.show_markdown(self.text, {citation.number for citation in self._citations})
        if self.text:
            self._stage.hide()
        spent = (time.perf_counter() - begun) * 1000
        self._render_soon.setInterval(max(_RENDER_MS, int(spent * _RENDER_SHARE)))

    def _cited(self, number: int) -> None:
        for citation in self._citations:
            if citation.number == number and citation.id:
                self.opened.emit(citation)
                return

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
