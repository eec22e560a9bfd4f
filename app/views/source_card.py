"""One source on its card: how it is doing, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy

from app.results import Progress
from app.source_results import SourceRow
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.parts import button, column, icon_button, label, role, row
from app.views.source_words import KINDS, facts, glyph, state

_EDITABLE = ("source-auth", "source-unreachable", "source-tls", "source-gone", "source-refused")


class SourceCard(QFrame):
    """Each signal asks for what its name says; the page does it."""

    wanted_sync = Signal()
    wanted_stop = Signal()
    wanted_pause = Signal(bool)
    wanted_edit = Signal()
    wanted_remove = Signal()

    def __init__(self, desk: Desk, source: SourceRow) -> None:
        super().__init__()
        self._desk = desk
        self.source = source
        self._progress: Progress | None = None
        self._running = False
        self.setProperty("role", "card")
        picture = QLabel()
        desk.theme.picture(picture, glyph(source.kind), "accent", 28)
        if source.kind in KINDS:
            picture.setToolTip(desk.words(KINDS[source.kind][1]))
        self._name = label(source.name, "heading")
        self._place = label("", "muted")
        self._state = label("")
        self._facts = label("", "small")
        self._mend = button(desk.words("sources.mend"), "filter")
        self._mend.clicked.connect(self.wanted_edit)
        self._try = button(desk.words("sources.try"), "filter")
        self._try.setAccessibleName(desk.words("sources.try_name", name=source.name))
        self._try.clicked.connect(self._try_sending)
        self._tried = label("")
        self._tried.hide()
        self._buttons = self._make_buttons()
        text = column(
            self._name, self._place, self._state, self._facts, self._tried, row(self._mend, self._try, 0), gap=4
        )
        tools = row(*self._buttons, gap=2)
        head = row(picture, text, tools, margin=SPACE * 2, gap=SPACE * 2)
        head.setAlignment(picture, Qt.AlignmentFlag.AlignTop)
        head.setAlignment(tools, Qt.AlignmentFlag.AlignTop)
        head.setStretch(1, 1)
        self.setLayout(head)
        for line in (self._name, self._place, self._state, self._facts, self._tried):
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_source(source)

    def _make_buttons(self) -> tuple[QPushButton, ...]:
        theme, words, name = self._desk.theme, self._desk.words, self.source.name
        self._sync = icon_button(theme, "arrows-clockwise", words("sources.sync", name=name))
        self._pause = icon_button(theme, "pause", words("sources.pause", name=name))
        edit = icon_button(theme, "pencil-simple", words("sources.edit", name=name))
        remove = icon_button(theme, "trash", words("sources.remove", name=name))
        self._sync.clicked.connect(lambda: (self.wanted_stop if self._running else self.wanted_sync).emit())
        self._pause.clicked.connect(lambda: self.wanted_pause.emit(self.source.state != "paused"))
        edit.clicked.connect(self.wanted_edit)
        remove.clicked.connect(self.wanted_remove)
        return self._sync, self._pause, edit, remove

    def show_source(self, source: SourceRow) -> None:
        self.source = source
        self._name.setText(source.name)
        self._place.setText(source.place)
        self._place.setToolTip(source.place)
        self._try.setVisible(bool(source.config.get("smtp_host")))
        self.retell()

    def show_progress(self, progress: Progress | None, *, running: bool) -> None:
        """How far the sync is that was asked for here; `running` lets it be stopped."""
        self._progress = progress
        self._running = running
        self.retell()

    def retell(self) -> None:
        """Say how it is doing, and how long ago that was."""
        theme, words, source = self._desk.theme, self._desk.words, self.source
        sentence, look = state(source, words, self._progress)
        self._state.setText(sentence)
        role(self._state, look)
        self._facts.setText(facts(source, words))
        self._mend.setVisible(not self._running and source.error in _EDITABLE and source.state in ("error", "waiting"))
        paused = source.state == "paused"
        _rename(self._pause, words("sources.resume" if paused else "sources.pause", name=source.name))
        theme.dress(self._pause, "play" if paused else "pause")
        _rename(self._sync, words("sources.stop" if self._running else "sources.sync", name=source.name))
        theme.dress(self._sync, "stop" if self._running else "arrows-clockwise")
        self._sync.setEnabled(self._running or source.state not in ("syncing", "airplane"))

    # -- a mail to oneself -----------------------------------------------------------------------------------------

    def _try_sending(self) -> None:
        self._say_tried(self._desk.words("sources.trying"), "muted")
        self._try.setEnabled(False)
        self._desk.bridge.submit(
            self, "try_sending", self.source.id, on_done=self._sent, on_failed=self._not_sent, on_cancelled=self._rest
        )

    def _sent(self, address: str) -> None:
        self._rest()
        self._say_tried(self._desk.words("sources.tried", address=address), "good")

    def _not_sent(self, error: BaseException) -> None:
        self._rest()
        self._say_tried(self._desk.words.failure(error), "danger")

    def _rest(self) -> None:
        self._try.setEnabled(True)
        self._tried.hide()

    def _say_tried(self, sentence: str, look: str) -> None:
        self._tried.setText(sentence)
        role(self._tried, look)
        self._tried.show()


def _rename(control: QPushButton, name: str) -> None:
    control.setToolTip(name)
    control.setAccessibleName(name)
