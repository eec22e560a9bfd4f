"""Adding a source, or changing one: its kind, where it is, a check that it can be read, and what to read of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFrame, QProgressBar, QScrollArea, QStackedWidget, QWidget

from app.bridge import Job
from app.errors import code
from app.source_results import SourceCheck, SourceRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.mail_form import MailForm
from app.views.notice import Notice
from app.views.parts import button, column, label, rename, row
from app.views.source_choice import SourceChoice
from app.views.source_form import PlaceForm
from app.views.source_kinds import SourceKinds
from app.views.source_words import KINDS

_SIZE = (600, 580)
_EDGE = 32  # pixels of the window that stay seen around it


class SourceSheet(QDialog):
    """Opened with `open()`; `finished_well` once the source is stored."""

    finished_well = Signal()

    def __init__(self, desk: Desk, parent: QWidget, source: SourceRow | None = None, *, sending: bool = False) -> None:
        """`source`: one to be changed; None for a new one.  `sending`: begin where sending is set up."""
        super().__init__(parent)
        self._desk = desk
        self._source = source
        self._kind = ""
        self._job: Job | None = None
        self._form: MailForm | PlaceForm | None = None
        self._choice: SourceChoice | None = None
        words = desk.words
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._title = label("", "title")
        self._pages = QStackedWidget()
        self._notice = Notice(desk)
        self._notice.again.connect(self._forward)
        self._back = button(words("sheet.back"))
        self._back.clicked.connect(self._go_back)
        self._cancel = button(words("sheet.cancel"))
        self._cancel.clicked.connect(self._stop)
        self._go = button(words("sheet.check"), "primary")
        self._go.clicked.connect(self._forward)
        self._busy = QProgressBar(textVisible=False, minimum=0, maximum=0)
        self._busy.setAccessibleName(words("sheet.checking"))
        self._busy_text = label("", "muted")
        buttons = row(self._back, 0, self._cancel, self._go)
        waiting = column(self._busy_text, self._busy)
        layout = column(self._title, self._pages, self._notice, waiting, buttons, margin=SPACE * 3, gap=SPACE * 2)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.resize(min(_SIZE[0], parent.width() - _EDGE), min(_SIZE[1], parent.height() - _EDGE))
        self._rest()
        self._begin()
        if sending:
            self._begin_sending()

    def _begin(self) -> None:
        if self._source is not None:
            self._describe(self._source.kind)
            return
        kinds = SourceKinds(self._desk)
        kinds.chosen.connect(self._describe)
        self._turn_to(_scrolled(kinds), self._desk.words("sheet.kind"))
        self._go.hide()
        self._back.hide()
        kinds.setFocus()

    def _begin_sending(self) -> None:
        if self._form is None:
            self._describe("imap")
        if isinstance(self._form, MailForm):
            self._form.sending.begin()

    def _describe(self, kind: str) -> None:
        words = self._desk.words
        self._kind = kind
        self._form = MailForm(self._desk) if kind == "imap" else PlaceForm(self._desk, kind)
        self._form.entered.connect(self._forward)
        page = _scrolled(self._form)
        if isinstance(self._form, MailForm):
            self._form.sending.switch.toggled.connect(partial(self._follow, page, self._form.sending))
        if self._source is not None:
            self._form.fill(self._source.name, self._source.config)
            title = words("sheet.edit", name=self._source.name)
        else:
            title = words(KINDS[kind][1])
        self._turn_to(page, title)
        rename(self._go, words("sheet.check"))
        self._go.show()
        self._back.setVisible(self._source is None)
        self._form.setFocus()

    @staticmethod
    def _follow(page: QScrollArea, part: QWidget, on: bool) -> None:
        """What was switched on comes into sight, once it is arranged."""
        if on:
            QTimer.singleShot(0, part, lambda: page.ensureWidgetVisible(part))

    def _turn_to(self, page: QWidget, title: str) -> None:
        self._notice.hide()
        self._title.setText(title)
        self.setWindowTitle(title)
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)

    def _go_back(self) -> None:
        """One page back; what was put in there is still there."""
        self._notice.hide()
        page = self._pages.currentWidget()
        if page is not None:
            self._pages.removeWidget(page)
            page.deleteLater()
        if self._choice is not None:
            self._choice = None
            rename(self._go, self._desk.words("sheet.check"))
        else:
            self._form = None
            self._go.hide()
        self._back.setVisible(self._form is not None and self._source is None)

    # -- checking and storing --------------------------------------------------------------------------------------

    def _forward(self) -> None:
        if self._job is not None or self._form is None:
            return
        if self._choice is not None:
            if self._choice.complete():
                self._store(self._chosen_config(self._choice.chosen()))
        elif self._form.complete():
            self._check(self._form)

    def _check(self, form: MailForm | PlaceForm) -> None:
        self._work(self._desk.words("sheet.checking"))
        self._job = self._desk.bridge.submit(
            self,
            "check_source",
            self._kind,
            form.config(),
            form.secrets(),
            self._source.id if self._source is not None else None,  # its own secrets stand in for those not given
            on_done=self._checked,
            on_failed=self._refused,
            on_cancelled=self._rest,
        )

    def _checked(self, found: SourceCheck) -> None:
        self._rest()
        assert self._form is not None
        config = self._form.config()
        several = self._kind == "imap"
        if self._kind == "feed" and len(found.choices) == 1:
            config["address"] = found.choices[0]
        if not found.choices or not (several or self._kind == "feed") or config.get("address") in found.choices:
            self._store(config)
            return
        before = self._source.config.get("folders", ()) if self._source is not None and several else ()
        self._choice = SourceChoice(self._desk, _in_order(found, before), several=several, chosen=before)
        words = self._desk.words
        self._turn_to(self._choice, words("choice.title" if several else "choice.feed_title"))
        rename(self._go, words("sheet.save" if self._source is not None else "sheet.add"))
        self._back.show()
        self._choice.setFocus()

    def _chosen_config(self, chosen: tuple[str, ...]) -> dict[str, Any]:
        assert self._form is not None
        config = self._form.config()
        if self._kind == "imap":
            return {**config, "folders": list(chosen)}
        return {**config, "address": chosen[0]}

    def _store(self, config: dict[str, Any]) -> None:
        assert self._form is not None
        self._work(self._desk.words("sheet.saving"))
        first: tuple[object, ...] = ("add_source", self._kind)
        if self._source is not None:
            first = ("edit_source", self._source.id)
        command, key = first
        self._job = self._desk.bridge.submit(
            self,
            str(command),
            key,
            self._form.name(),
            config,
            self._form.secrets(),
            on_done=lambda _: self._stored(),
            on_failed=self._refused,
            on_cancelled=self._rest,
        )

    def _stored(self) -> None:
        self._rest()
        self.finished_well.emit()
        self.accept()

    def _refused(self, error: BaseException) -> None:
        self._rest()
        shown = False
        if self._choice is None and self._form is not None:
            shown = self._form.show_failure(code(error), self._desk.words.failure(error))
        if not shown:
            self._notice.tell(error)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def _work(self, sentence: str) -> None:
        self._notice.hide()
        self._busy_text.setText(sentence)
        self._show_busy(True)

    def _rest(self) -> None:
        self._job = None
        self._show_busy(False)

    def _show_busy(self, busy: bool) -> None:
        self._busy.setVisible(busy)
        self._busy_text.setVisible(busy)
        self._pages.setEnabled(not busy)
        self._go.setEnabled(not busy)
        self._back.setEnabled(not busy)

    def _stop(self) -> None:
        """While something is checked, stop that; otherwise leave."""
        if self._job is not None:
            self._job.cancel()
        else:
            self.reject()

    def reject(self) -> None:
        if self._job is not None:
            self._job.cancel()
        super().reject()


def _in_order(found: SourceCheck, before: tuple[str, ...] | list[str]) -> SourceCheck:
    """Folders that were chosen and that the server does not name now are listed too: they are not lost in silence."""
    return replace(found, choices=(*found.choices, *(name for name in before if name not in found.choices)))


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    holder = QWidget()
    holder.setObjectName("column")
    layout = column(page, 0)
    layout.setContentsMargins(2, 2, SPACE, 2)
    holder.setLayout(layout)
    area.setWidget(holder)
    return area
