"""The sources that Nuée keeps fresh: how each is doing, and a way to add one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.bridge import Job
from app.results import ImportFailure, ImportReport, Progress
from app.source_results import SourceRow, SyncDone
from app.theme.tokens import SPACE
from app.views.airplane import Airplane
from app.views.desk import Desk
from app.views.import_summary import ImportSummary
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, row
from app.views.sheet import Sheet
from app.views.source_card import SourceCard
from app.views.source_removal import ask_removal
from app.views.source_sheet import SourceSheet

_RETELL_MS = 30_000  # "3 minutes ago" grows old
_SOON_MS = 200  # changes come in bursts while something is read


class Sources(QWidget):
    """`changed` when sources came or went, or one was read here."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._cards: dict[int, SourceCard] = {}
        self._syncs: dict[int, Job] = {}
        words = desk.words
        self._airplane = Airplane(desk)
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._add = button(words("sources.add"), "primary")
        desk.theme.dress(self._add, "plus", "on_accent")
        self._add.clicked.connect(self.add)
        self._unread = label("")
        details = button(words("import.details"))
        details.clicked.connect(self._show_unread)
        self._failed: tuple[ImportFailure, ...] = ()
        unread = row(self._unread, details, margin=SPACE + 4)
        unread.setStretch(0, 1)
        self._warning = frame("warning", unread)
        self._warning.hide()
        self._list = column(gap=SPACE)
        head = row(label(words("sources.title"), "title"), self._add)
        head.setStretch(0, 1)
        what = label(words("sources.what"), "muted")
        content = column(head, what, self._airplane, self._notice, self._warning, self._list, gap=SPACE * 2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Sheet(content, 760, middle=False))
        self.setFocusProxy(self._add)
        self._retell = QTimer(self, interval=_RETELL_MS)
        self._retell.timeout.connect(self._say_again)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Ask the node how the sources are doing."""
        self._airplane.refresh()
        self._desk.bridge.submit(self, "sources", on_done=self._fill, on_failed=self._notice.tell)

    def source_changed(self) -> None:
        """The node says that a source is different now."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def add(self) -> None:
        """Open the sheet where a source is chosen and described."""
        sheet = SourceSheet(self._desk, self.window())
        sheet.finished_well.connect(self._came)
        sheet.open()

    def set_up_sending(self) -> None:
        """Open the form of the first mail account where sending is set up; of a new one, where there is none."""
        self._desk.bridge.submit(self, "sources", on_done=self._open_account, on_failed=self._notice.tell)

    def _open_account(self, sources: Sequence[SourceRow]) -> None:
        account = next((one for one in sources if one.kind == "imap"), None)
        sheet = SourceSheet(self._desk, self.window(), account, sending=True)
        sheet.finished_well.connect(self._came)
        sheet.open()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._retell.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._retell.stop()

    # -- the list --------------------------------------------------------------------------------------------------

    def _fill(self, sources: Sequence[SourceRow]) -> None:
        """Cards of the same sources stay, so that the focus does."""
        self._notice.hide()
        if sources and list(self._cards) == [source.id for source in sources]:
            for source in sources:
                self._cards[source.id].show_source(source)
            return
        clear(self._list)
        self._cards = {source.id: self._card(source) for source in sources}
        for card in self._cards.values():
            self._list.addWidget(card)
        if not sources:
            self._list.addWidget(self._nothing())

    def _say_again(self) -> None:
        for card in self._cards.values():
            card.retell()

    def _nothing(self) -> QWidget:
        words = self._desk.words
        first = button(words("sources.add_first"))
        first.clicked.connect(self.add)
        title, what = label(words("sources.none"), "heading"), label(words("sources.none_what"), "muted")
        return frame("card", column(title, what, row(first, 0), margin=SPACE * 3))

    def _card(self, source: SourceRow) -> SourceCard:
        card = SourceCard(self._desk, source)
        number = source.id
        card.wanted_sync.connect(partial(self._sync, number))
        card.wanted_stop.connect(partial(self._stop, number))
        card.wanted_pause.connect(partial(self._pause, number))
        card.wanted_edit.connect(lambda: self._edit(card.source))
        card.wanted_remove.connect(lambda: self._remove(card.source))
        if number in self._syncs:
            card.show_progress(None, running=True)
        return card

    # -- what is done with one -------------------------------------------------------------------------------------

    def _sync(self, source: int) -> None:
        if source in self._syncs:
            return
        self._syncs[source] = self._desk.bridge.submit(
            self,
            "sync_source",
            source,
            on_report=partial(self._progress, source),
            on_done=partial(self._synced, source),
            on_failed=lambda _: self._ended(source),  # the row says what went wrong
            on_cancelled=partial(self._ended, source),
        )
        self._cards[source].show_progress(Progress("reading", 0, None), running=True)

    def _stop(self, source: int) -> None:
        if source in self._syncs:
            self._syncs[source].cancel()

    def _progress(self, source: int, report: object) -> None:
        if isinstance(report, Progress) and source in self._cards and source in self._syncs:
            self._cards[source].show_progress(report, running=True)

    def _synced(self, source: int, done: SyncDone) -> None:
        """What could not be read is told with its reasons; the rest came in."""
        self._ended(source)
        self._failed = tuple(ImportFailure(where, reason) for where, reason in done.failed)
        words = self._desk.words
        self._unread.setText(
            words("import.unreadable", count=len(self._failed), number=words.number(len(self._failed)))
        )
        self._warning.setVisible(bool(self._failed))
        self.changed.emit()

    def _show_unread(self) -> None:
        ImportSummary(self._desk, ImportReport(0, 0, self._failed, 0.0), self.window()).open()

    def _ended(self, source: int) -> None:
        self._syncs.pop(source, None)
        if source in self._cards:
            self._cards[source].show_progress(None, running=False)
        self.refresh()

    def _pause(self, source: int, paused: bool) -> None:
        self._desk.bridge.submit(
            self, "pause_source", source, paused, on_done=lambda _: self.refresh(), on_failed=self._notice.tell
        )

    def _edit(self, source: SourceRow) -> None:
        sheet = SourceSheet(self._desk, self.window(), source)
        sheet.finished_well.connect(self._came)
        sheet.open()

    def _remove(self, source: SourceRow) -> None:
        box = ask_removal(self._desk, self.window(), source, lambda keep: self._do_remove(source.id, keep))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _do_remove(self, source: int, keep: bool) -> None:
        self._desk.bridge.submit(
            self, "remove_source", source, keep, on_done=lambda _: self._came(), on_failed=self._notice.tell
        )

    def _came(self) -> None:
        self.refresh()
        self.changed.emit()
