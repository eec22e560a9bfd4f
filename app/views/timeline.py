"""What came in, day by day: from where, how much, and the last few of it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.source_results import TimelineEntry
from app.theme.tokens import SPACE
from app.views.chip import short_name
from app.views.desk import Desk
from app.views.jump import Jump
from app.views.kinds import COUNTS, GLYPHS
from app.views.notice import Notice
from app.views.parts import button, clear, column, frame, label, row
from app.views.sheet import Sheet

_DAYS = 14  # on which something came in, at a time
_SOON_MS = 1000


class Timeline(QWidget):
    """`opened` with a record's id; `wanted_sources` where there is nothing to show."""

    opened = Signal(str)
    wanted_sources = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[TimelineEntry, ...] = ()
        words = desk.words
        self._notice = Notice(desk)
        self._notice.again.connect(self.refresh)
        self._list = column(gap=SPACE)
        self._more = button(words("timeline.more"))
        self._more.clicked.connect(self._show_more)
        self._more.hide()
        content = column(
            label(words("timeline.title"), "title"),
            label(words("timeline.what"), "muted"),
            self._notice,
            self._list,
            row(self._more, 0),
            gap=SPACE * 2,
        )
        self._sheet = Sheet(content, 760, middle=False)
        self._sheet.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._sheet.setAccessibleName(words("timeline.title"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._sheet)
        self.setFocusProxy(self._sheet)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Ask again for as many days as are shown."""
        days = max(_DAYS, len({entry.day for entry in self._shown}))
        self._ask(days, None)

    def library_changed(self) -> None:
        """Records came or went."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _show_more(self) -> None:
        self._ask(_DAYS, self._shown[-1].day)

    def _ask(self, days: int, before: str | None) -> None:
        """The last `days` days on which something came in, those before the day `before` where it is given."""
        self._desk.bridge.submit(
            self,
            "timeline",
            days,
            before,
            on_done=lambda found: self._fill(found, days, before),
            on_failed=self._notice.tell,
        )

    def _fill(self, entries: Sequence[TimelineEntry], days: int, before: str | None) -> None:
        self._notice.hide()
        self._more.setVisible(len({entry.day for entry in entries}) >= days)
        if before is None and tuple(entries) == self._shown and self._list.count():
            return
        if before is None:
            clear(self._list)
            self._shown = ()
        self._shown = (*self._shown, *entries)
        for day, of_day in itertools.groupby(entries, key=lambda entry: entry.day):
            self._list.addSpacing(SPACE)
            self._list.addWidget(label(self._desk.words.day(day), "heading"))
            for entry in of_day:
                self._list.addWidget(self._card(entry))
        if not self._shown:
            self._list.addWidget(self._nothing())

    def _nothing(self) -> QWidget:
        words = self._desk.words
        go = button(words("timeline.sources"))
        go.clicked.connect(self.wanted_sources)
        title, what = label(words("timeline.none"), "heading"), label(words("timeline.none_what"), "muted")
        return frame("card", column(title, what, row(go, 0), margin=SPACE * 3))

    def _card(self, entry: TimelineEntry) -> QFrame:
        words = self._desk.words
        picture = QLabel()
        self._desk.theme.picture(picture, GLYPHS.get(entry.kind, "file-text"), "accent", 20)
        name = entry.name or words("timeline.by_hand")
        count = words(COUNTS.get(entry.kind, "count.record"), count=entry.count, number=words.number(entry.count))
        head = row(picture, label(name), label(count, "muted", wrap=False), gap=SPACE + 2)
        head.setStretch(1, 1)
        latest = column(*(self._item(item) for item in entry.latest), gap=2)
        if entry.count > len(entry.latest) > 0:
            rest = entry.count - len(entry.latest)
            latest.addWidget(label(words("timeline.rest", count=rest, number=words.number(rest)), "small"))
        return frame("card", column(head, latest, margin=SPACE + 4, gap=SPACE))

    def _item(self, item: tuple[str, str, str, str]) -> Jump:
        record, kind, title, sender = item
        caption = title or self._desk.words("record.untitled")
        who = short_name(sender)
        jump = Jump(self._desk, f"{caption} · {who}" if who else caption, GLYPHS.get(kind, "file-text"), "item")
        jump.clicked.connect(lambda: self.opened.emit(record))
        return jump
